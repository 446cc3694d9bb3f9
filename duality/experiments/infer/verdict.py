"""The words in which experiments are judged, and what stands behind them. There are no others."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from duality.experiments.infer.model import Spread

Outcome = Literal["supported", "contradicted", "smaller than δ", "open", "not testable"]
"""Of a part. ``supported``: its (1 − 2α) interval lies inside the region. ``contradicted``: it lies beyond the
region, and beyond what is of no interest. ``smaller than δ``: of a statement "better", the gain may be there, but
it is certain to be less than δ. ``not testable``: there is no estimate, and the finding says why. ``open``: none of
these."""

Verdict = Literal["holds", "refuted", "undecided", "not testable here", "not run"]
"""``holds``: every part is supported. ``refuted``: some part is contradicted, corrected for their number.
``not testable here``: a gate is shut, whatever came out; the reason says which."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One part of a statement and what the data say of it.

    Attributes:
        label: what was estimated.
        unit: ``points`` of accuracy, ``r``, or ``factor``, whose values are natural logarithms.
        region: where the statement puts it, in words.
        outcome: what the interval says of that.
        n: values that went in.
        value: the estimate; NaN where there is none.
        low, high: its interval; NaN where there is none.
        level: of the interval, 0.9 for 90 %: with 1 − 2α it decides as one-sided tests at α do.
        se, df: of the estimate; NaN for correlations.
        p_inside: of "the truth lies in the region".
        p_beyond: of "it lies beyond", adjusted by Holm's method for the number of parts.
        published: the paper's own value, if it has one, of single runs.
        published_fits: whether that lies in the same region of the paper's own scale.
        reason: why there is no estimate, or none that counts.
    """

    label: str
    unit: str
    region: str
    outcome: Outcome
    n: int
    value: float
    low: float
    high: float
    level: float
    se: float
    df: float
    p_inside: float
    p_beyond: float
    published: float | None = None
    published_fits: bool | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.n == 0:
            return f"{self.label}: {self.outcome} ({self.reason})"
        interval = f"{self.shown(self.value)} [{self.shown(self.low)}, {self.shown(self.high)}]"
        return f"{self.label}: {interval} ({self.level:.0%}), {self.region}: {self.outcome}"

    def shown(self, value: float) -> str:
        """A value of this finding as it is written: factors are kept as logarithms."""
        return f"×{math.exp(value):.3g}" if self.unit == "factor" else f"{value:+.2f}"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the results of one scale say of an experiment.

    Attributes:
        verdict: one word.
        summary: one line: how many parts came out which way, and the one that decides, or else is least clear.
        reason: why it is not testable, or not run.
        findings: what the verdict rests on.
        besides: what it does not rest on, but a reader will want to see.
        delta: what difference of accuracy is of no interest, in points.
        room: points between the untrained network and the best arm; NaN where it is not known.
        level: the one-sided level α of the look at which was judged.
        look: its number, the first being 1; 0 where nothing was judged.
        power: the simulated chance that this design says "holds" where the paper is right; None: not simulated.
        spread: of each measure, how far its values scatter, and whether alike.
        remark: what limits the conclusion.
        declaration: what was declared when, in a sentence.
    """

    verdict: Verdict
    summary: str
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    besides: tuple[Finding, ...] = ()
    delta: float = float("nan")
    room: float = float("nan")
    level: float = float("nan")
    look: int = 0
    power: float | None = None
    spread: "Mapping[str, Spread]" = field(default_factory=dict)
    remark: str = ""
    declaration: str = ""

    @property
    def ok(self) -> bool | None:
        """True for ``holds``, False for ``refuted``, None for all that decides nothing."""
        return {"holds": True, "refuted": False}.get(self.verdict)
