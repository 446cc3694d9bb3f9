"""From statistics to a verdict: what a statement needs, whether the data grant it, and the line that says so."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from duality.experiments.claims.experiment import Arm, Judgement
from duality.experiments.claims.published import published_difference
from duality.experiments.infer.sample import POWER
from duality.experiments.infer.statistics import (
    Bound,
    Comparison,
    Correlation,
    Place,
    compare,
    holm,
)
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import Results

Statistic = Comparison | Bound | Correlation
Pair = tuple[Arm, Arm]
_GRANTED: dict[Place, bool | None] = {"inside": True, "outside": False, "undecided": None}


@dataclass(frozen=True)
class Part:
    """One thing that a statement needs.

    Attributes:
        statistic: what the data say.
        granted: True if they decide for it, False if against it, None if they do not decide.
        doubt: larger where it is less clear; comparable between parts of one kind.
        hint: what would decide it, where the statistic itself does not say.
    """

    statistic: Statistic
    granted: bool | None
    doubt: float
    hint: str = ""


def alike(family: Sequence[Comparison]) -> list[Part]:
    """Needed of each: the two differ by less than the margin. Against it: by more.

    A difference that is certain, but not whether it is larger than the margin, decides nothing.
    """
    return [_alike(*each) for each in zip(family, holm([_margins(one) for one in family]), strict=True)]


def _alike(comparison: Comparison, margins: Bound) -> Part:
    granted = _GRANTED[margins.verdict]
    certain = granted is None and comparison.verdict == "different"
    seeds = f", which about {margins.seeds_needed} seeds would decide" if margins.seeds_needed else ""
    hint = f"whether by more than the margin is open{seeds}" if certain else ""
    return Part(comparison, granted, margins.p_inside, hint)


def _margins(one: Comparison) -> Bound:
    """The same difference held against both margins, still to be judged: beyond them says more than different."""
    return Bound(
        label=one.label,
        n=one.n,
        effect=one.effect,
        low=one.low,
        high=one.high,
        level=one.level,
        sd=one.sd,
        seeds_needed=None,
        at_least=-one.margin,
        at_most=one.margin,
        p_inside=one.sample.p_value(((-one.margin, one.margin),)),
        p_outside=one.sample.p_value(((-math.inf, -one.margin), (one.margin, math.inf))),
        verdict="undecided",
    )


def better(comparison: Comparison) -> Part:
    """Needed: the first is better. Against it: they are equivalent within the margin, or the second is better."""
    decided = comparison.verdict != "undecided"
    granted = comparison.verdict == "different" and comparison.effect > 0 if decided else None
    return Part(comparison, granted, comparison.p_different)


def inside(bound: Bound) -> Part:
    """Needed: the mean lies within the limits."""
    return Part(bound, _GRANTED[bound.verdict], bound.p_inside)


def correlated(found: Correlation, above: float) -> Part:
    """Needed: the correlation's interval lies above a value; against it, the interval lies below."""
    granted = True if found.low > above else False if found.high < above else None
    points = points_needed(found, above)
    hint = f"about {points} points would decide" if granted is None and points is not None else ""
    return Part(found, granted, -found.low, hint)


def points_needed(found: Correlation, limit: float) -> int | None:
    """Points at which a correlation like this one would leave the limit outside its interval, with 80 % power.

    By Fisher: atanh r is about normal with variance 1/(n − 3). None where r is at the limit, or no number.
    """
    gap = abs(math.atanh(found.effect) - math.atanh(limit)) if abs(found.effect) < 1 else math.nan
    if not gap > 0:
        return None
    normal = NormalDist()
    return math.ceil(3 + ((normal.inv_cdf((1 + found.level) / 2) + normal.inv_cdf(POWER)) / gap) ** 2)


def difference_label(a: Arm, b: Arm) -> str:
    """What is subtracted from what, the common part said once."""
    if a.projector == b.projector:
        return f"{a.method} − {b.method}, {a.projector}"
    return f"{a.method}, {a.projector} − {b.projector}"


def compared(scale: Scale, results: Results, pairs: Iterable[Pair]) -> tuple[Comparison, ...]:
    """The offline linear probe's accuracy of each pair of arms, paired by seed: one family."""
    return holm(
        [
            compare(
                difference_label(a, b),
                results.accuracy(a.method, a.projector),
                results.accuracy(b.method, b.projector),
                scale.margin,
            )
            for a, b in pairs
        ]
    )


def published_for(scale: Scale, pairs: Iterable[Pair]) -> dict[str, float]:
    """The paper's own differences for these pairs, by label, where it has them."""
    found = {difference_label(a, b): published_difference(a, b, scale) for a, b in pairs}
    return {label: difference for label, difference in found.items() if difference is not None}


def judgement(
    parts: Sequence[Part], besides: tuple[Statistic, ...] = (), published: dict[str, float] | None = None
) -> Judgement:
    """The verdict on a statement that needs all these parts. What `Judgement` calls the remark is left out."""
    granted = [part.granted for part in parts]
    verdict = "refuted" if False in granted else "undecided" if None in granted else "holds"
    return Judgement(
        verdict=verdict,
        summary=_summary(parts),
        comparisons=tuple(part.statistic for part in parts),
        besides=besides,
        published=published or {},
    )


def _summary(parts: Sequence[Part]) -> str:
    """How many parts are decided which way, and the one that decides the verdict, or else is least clear."""
    granted = [part.granted for part in parts]
    counts = {"as stated": granted.count(True), "against": granted.count(False), "undecided": granted.count(None)}
    tally = ", ".join(f"{count} of {len(parts)} {word}" for word, count in counts.items() if count)
    shown = min(parts, key=lambda part: ((False, None, True).index(part.granted), -part.doubt))
    return "; ".join(filter(None, (tally, str(shown.statistic), shown.hint)))
