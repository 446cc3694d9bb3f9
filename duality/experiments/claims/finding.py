"""From parts and their estimates to what a reader sees of them, next to the paper's own numbers."""

import math
from collections.abc import Sequence

from duality.experiments.claims.measures import MEASURES
from duality.experiments.claims.published import DELTA
from duality.experiments.infer.model import Estimate
from duality.experiments.infer.region import Judged
from duality.experiments.infer.rule import Decision
from duality.experiments.infer.verdict import Finding, Outcome
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast, Part


def findings_of(
    parts: Sequence[Part],
    estimates: Sequence[Judged | str],
    decision: Decision | None,
    level: float,
    scale: Scale,
) -> tuple[Finding, ...]:
    """A finding for each part.

    Args:
        parts: in their order.
        estimates: of each, or the reason why it has none.
        decision: on those that have one; None where none has.
        level: α.
        scale: theirs.
    """
    found, row = [], 0
    for part, estimate in zip(parts, estimates, strict=True):
        if isinstance(estimate, str) or decision is None:
            found.append(unestimated(part, str(estimate), level, scale))
            continue
        found.append(_finding(part, estimate, decision, row, level, scale))
        row += 1
    return tuple(found)


def unestimated(part: Part, reason: str, level: float, scale: Scale) -> Finding:
    """A part without an estimate, and why."""
    nan = math.nan
    return Finding(
        label=part.label,
        unit=unit_of(part),
        region=part.region.wording,
        outcome="not testable",
        n=0,
        value=nan,
        low=nan,
        high=nan,
        level=1 - 2 * level,
        se=nan,
        df=nan,
        p_inside=nan,
        p_beyond=nan,
        reason=reason,
        **_published(part, scale),
    )


def _finding(part: Part, estimate: Judged, decision: Decision, row: int, level: float, scale: Scale) -> Finding:
    low, high = estimate.interval(1 - 2 * level)
    linear = isinstance(estimate, Estimate)
    return Finding(
        label=part.label,
        unit=unit_of(part),
        region=part.region.wording,
        outcome=_outcome(decision, row),
        n=estimate.n,
        value=float(estimate.value),
        low=float(low),
        high=float(high),
        level=1 - 2 * level,
        se=float(estimate.se) if linear else math.nan,
        df=float(estimate.df) if linear else math.nan,
        p_inside=float(decision.p_inside[row]),
        p_beyond=float(decision.p_beyond[row]),
        **_published(part, scale),
    )


def _outcome(decision: Decision, row: int) -> Outcome:
    if decision.supported[row]:
        return "supported"
    if decision.contradicted[row]:
        return "contradicted"
    return "smaller than δ" if decision.smaller[row] else "open"


def unit_of(part: Part) -> str:
    """``points``, ``factor`` or ``r``."""
    return MEASURES[part.measure].unit if isinstance(part, Contrast) else "r"


def _published(part: Part, scale: Scale) -> dict:
    """The paper's value, and whether it lies in the region with the δ of the paper's own scale."""
    if not isinstance(part, Contrast) or part.published is None:
        return {}
    return {
        "published": part.published,
        "published_fits": part.region.holds(part.published * scale.delta / DELTA),
    }
