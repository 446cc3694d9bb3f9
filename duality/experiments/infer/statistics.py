"""The statistics that judge an experiment: verdicts that may be "undecided", with intervals and numbers of seeds.

- `compare`: are two methods equivalent, different, or is it undecided?
- `bound`, `greater`: does a mean lie inside given limits; is one method better by more than so much?
- `correlation`: how closely do two quantities go together?
- `holm`: the verdicts of a family of comparisons, or of bounds, corrected for their number.

Accuracies are in points (percent) and given by seed; methods are paired by seed, and a seed that only one of them
has is left out. Fewer than three seeds decide nothing.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from scipy import stats

from duality.experiments.infer.sample import MOST, Regions, Sample

Verdict = Literal["equivalent", "different", "undecided"]
Place = Literal["inside", "outside", "undecided"]

_FEWEST_POINTS = 4
"""Fisher's interval divides by √(n − 3)."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its confidence interval.

    Attributes:
        label: what of: ``VICReg − VICReg-exp, 512-512-512``.
        n: seeds; for a correlation, points.
        effect: mean difference or mean, in the values' unit; for a correlation, Pearson's r.
        low, high: the confidence interval of this one effect (`holm` does not widen it); infinite where n is too
            small.
        level: of the interval, 0.95 for 95 %.
    """

    label: str
    n: int
    effect: float
    low: float
    high: float
    level: float

    def __str__(self) -> str:
        interval = f"[{self.low:+.2f}, {self.high:+.2f}]"
        return f"{self.label}: {self.effect:+.2f} {interval} ({self.level:.0%}), n = {self.n}"


@dataclass(frozen=True, kw_only=True)
class Judged(Estimate, ABC):
    """An estimate with a verdict between two statements, the first of which goes first.

    Attributes:
        sd: standard deviation over the seeds; NaN of fewer than two.
        seeds_needed: where undecided, how many seeds would decide it with 80 % power if the effect and the standard
            deviation were exactly those seen. They are not: take it as an order of magnitude. In a family of m, at
            the level α/m, which is enough whatever the others give. None where that takes more than 10,000 seeds.
    """

    sd: float
    verdict: str
    seeds_needed: int | None

    def __str__(self) -> str:
        needed = ""
        if self.verdict == "undecided" and self.sd > 0:
            needed = f" ({self.seeds_needed or f'more than {MOST:,}'} seeds would decide)"
        return f"{super().__str__()}: {self.verdict}{needed}"

    @property
    @abstractmethod
    def statements(self) -> Mapping[str, Regions]:
        """The two verdicts, and where the mean lies if they are true."""

    @property
    @abstractmethod
    def p_values(self) -> tuple[float, float]:
        """Those of the two statements."""

    @property
    def sample(self) -> Sample:
        """The seeds' values, as far as tests need them."""
        return Sample(self.n, self.effect, self.sd)


@dataclass(frozen=True, kw_only=True)
class Comparison(Judged):
    """Two methods, by `compare`. ``effect`` is the first's mean advantage in points.

    Attributes:
        margin: what difference is of no interest, in points; stated before there are data.
        p_equivalent: of "the means differ by less than the margin": two one-sided t-tests.
        p_different: of "the means differ": the two-sided t-test.
        verdict: ``equivalent``, else ``different``, else ``undecided``.
    """

    margin: float
    p_equivalent: float
    p_different: float
    verdict: Verdict

    @property
    def statements(self) -> Mapping[str, Regions]:
        """Equivalent: the difference lies within the margin. Different: it lies on one side of zero."""
        return {
            "equivalent": ((-self.margin, self.margin),),
            "different": ((-math.inf, 0.0), (0.0, math.inf)),
        }

    @property
    def p_values(self) -> tuple[float, float]:
        """Of "equivalent" and of "different"."""
        return self.p_equivalent, self.p_different


@dataclass(frozen=True, kw_only=True)
class Bound(Judged):
    """A mean next to limits, by `bound` or `greater`.

    Attributes:
        at_least, at_most: the limits; one of them may be infinite.
        p_inside: of "the mean lies between the limits": a one-sided t-test for each.
        p_outside: of "the mean lies beyond one of the limits".
        verdict: ``inside``, else ``outside``, else ``undecided``.
    """

    at_least: float
    at_most: float
    p_inside: float
    p_outside: float
    verdict: Place

    @property
    def statements(self) -> Mapping[str, Regions]:
        """Inside: between the limits. Outside: below the one, or above the other."""
        beyond = ((-math.inf, self.at_least), (self.at_most, math.inf))
        return {
            "inside": ((self.at_least, self.at_most),),
            "outside": tuple((low, high) for low, high in beyond if low < high),
        }

    @property
    def p_values(self) -> tuple[float, float]:
        """Of "inside" and of "outside"."""
        return self.p_inside, self.p_outside


@dataclass(frozen=True, kw_only=True)
class Correlation(Estimate):
    """Two quantities over the same points, by `correlation`. ``effect`` is Pearson's r.

    Attributes:
        spearman: the rank correlation.
        p_uncorrelated: the two-sided p-value of Pearson's r under no correlation.
    """

    spearman: float
    p_uncorrelated: float


def compare(
    label: str, a: Mapping[int, float], b: Mapping[int, float], margin: float, alpha: float = 0.05
) -> Comparison:
    """Whether two methods are equivalent or different, from their seeds in common.

    Equivalent if two one-sided t-tests on the differences find them within the margin (Schuirmann 1987); else
    different if the two-sided paired t-test does; else undecided. Hence a difference that is certain but within the
    margin is equivalent: its interval shows it. Each of the two errors, a wrong "equivalent" and a wrong
    "different", has a chance of at most ``alpha``.

    Args:
        label: what is compared.
        a: accuracy in points by seed.
        b: the other's.
        margin: the largest difference that is of no interest, in points.
        alpha: level of either test; the interval's level is 1 − alpha.

    Raises:
        ValueError: a margin that is not positive, or an accuracy that is not finite.
    """
    if not 0 < margin < math.inf:
        raise ValueError(f"the margin is {margin}: give a positive number of points")
    estimate = _estimate(label, _differences(a, b), alpha)
    unjudged = Comparison(**estimate, margin=margin, p_equivalent=1.0, p_different=1.0, verdict="undecided")
    return _judge(unjudged, alpha)


def bound(
    label: str,
    values: Mapping[int, float],
    at_least: float = -math.inf,
    at_most: float = math.inf,
    alpha: float = 0.05,
) -> Bound:
    """Whether the mean of values, one for each seed, lies between limits or beyond one of them.

    Args:
        label: what the values are.
        values: by seed, in any unit in which they are about normal: logarithms for factors.
        at_least: the lower limit, if there is one.
        at_most: the upper limit, if there is one.
        alpha: level of either statement; the interval's level is 1 − alpha.

    Raises:
        ValueError: no limits, limits in the wrong order, or a value that is not finite.
    """
    if not at_least < at_most or (math.isinf(at_least) and math.isinf(at_most)):
        raise ValueError(f"the limits are {at_least} and {at_most}: give one, or a lower and a larger upper one")
    estimate = _estimate(label, values, alpha)
    unjudged = Bound(
        **estimate, at_least=at_least, at_most=at_most, p_inside=1.0, p_outside=1.0, verdict="undecided"
    )
    return _judge(unjudged, alpha)


def greater(
    label: str, a: Mapping[int, float], b: Mapping[int, float], by: float = 0.0, alpha: float = 0.05
) -> Bound:
    """Whether ``a`` is larger than ``b`` by more than ``by`` points on average, over their seeds in common.

    ``inside`` says yes, ``outside`` that the advantage is smaller. Raises ValueError as `bound` does.
    """
    return bound(label, _differences(a, b), at_least=by, alpha=alpha)


JudgedT = TypeVar("JudgedT", bound=Judged)


def holm(family: Sequence[JudgedT], alpha: float = 0.05) -> tuple[JudgedT, ...]:
    """The same comparisons, or bounds, with p-values adjusted for their number and verdicts renewed (Holm 1979).

    The two statements are corrected separately, each over the whole family. Hence the chance of any wrong
    "equivalent" in the family is at most ``alpha``, and so is that of any wrong "different"; that of one or the
    other is at most 2 ``alpha``. Intervals stay those of single effects.
    """
    if not family:
        return ()
    adjusted = [_holm_adjusted(p_values) for p_values in zip(*(one.p_values for one in family), strict=True)]
    return tuple(
        _with_verdict(one, p_values, alpha, len(family))
        for one, p_values in zip(family, zip(*adjusted, strict=True), strict=True)
    )


def correlation(label: str, x: Sequence[float], y: Sequence[float], level: float = 0.95) -> Correlation:
    """How closely two quantities go together: Pearson's r with Fisher's interval, and Spearman's rank correlation.

    The interval takes the points as independent. Runs of one method are less than that: it is then too narrow.
    NaN, in the interval [−1, 1], for fewer than four points or where one quantity does not vary.

    Raises:
        ValueError: quantities of different length.
    """
    if len(x) != len(y):
        raise ValueError(f"{len(x)} points against {len(y)}: give one of each for every point")
    if len(x) < _FEWEST_POINTS or min(np.ptp(x), np.ptp(y)) == 0:
        r, low, high, spearman, p = math.nan, -1.0, 1.0, math.nan, 1.0
    else:
        pearson: Any = stats.pearsonr(x, y)
        ranks: Any = stats.spearmanr(x, y)
        r, p, spearman = float(pearson.statistic), float(pearson.pvalue), float(ranks.statistic)
        low, high = map(float, pearson.confidence_interval(level))
    return Correlation(
        label=label, n=len(x), effect=r, low=low, high=high, level=level, spearman=spearman, p_uncorrelated=p
    )


def _differences(a: Mapping[int, float], b: Mapping[int, float]) -> dict[int, float]:
    return {seed: a[seed] - b[seed] for seed in sorted(a.keys() & b.keys())}


def _estimate(label: str, values: Mapping[int, float], alpha: float) -> dict[str, Any]:
    for seed, value in values.items():
        if not math.isfinite(value):
            raise ValueError(f"{label}: seed {seed} gives {value}: run it again, or leave it out")
    sample = Sample.of(values.values())
    low, high = sample.interval(1 - alpha)
    interval = {"low": low, "high": high, "level": 1 - alpha}
    return {"label": label, "n": sample.n, "effect": sample.mean, "sd": sample.sd, "seeds_needed": None, **interval}


def _judge(one: JudgedT, alpha: float) -> JudgedT:
    return _with_verdict(one, [one.sample.p_value(regions) for regions in one.statements.values()], alpha)


def _with_verdict(one: JudgedT, p_values: Sequence[float], alpha: float, family: int = 1) -> JudgedT:
    """The same estimate with these p-values and the verdict that they give."""
    named = dict(zip(one.statements, p_values, strict=True))
    verdict = next((name for name, p in named.items() if p <= alpha), "undecided")
    undecided = verdict == "undecided"
    needed = one.sample.enough(one.statements.values(), alpha / family) if undecided else None
    fields = {f"p_{name}": p for name, p in named.items()}
    return replace(one, verdict=verdict, seeds_needed=needed, **fields)


def _holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's p-values: the k-th smallest of m times m − k + 1, and no smaller than the one before it.

    Not by statsmodels, which collects garbage at every call, 0.1 s each, and there are thousands of resamplings.
    """
    p = np.array(p_values)
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted.tolist()
