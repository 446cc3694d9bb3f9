"""The gates before a verdict: why nothing can be said of a statement here, whatever came out."""

import math
from collections.abc import Sequence

import numpy as np

from duality.experiments.infer import power
from duality.experiments.infer.verdict import Judgement
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast, Part
from duality.experiments.run.record import CellResult, Results

ROOM = 10
"""How many δ the room between the untrained network and the best arm must hold."""


def room(scale: Scale, results: Results) -> float:
    """Points of accuracy between the untrained network and the best arm; NaN where either was not measured."""
    untrained = results.untrained().values()
    arms = [results.accuracy(arm.method, arm.projector).values() for arm in scale.preregistration.arms]
    means = [np.mean([*values]) for values in arms if values]
    return float(max(means) - np.mean([*untrained])) if untrained and means else math.nan


def shut_gates(parts: Sequence[Part], scale: Scale, judged: Judgement, found: Sequence[CellResult]) -> list[str]:
    """The reasons, none if every gate is open.

    Args:
        parts: of the statement.
        scale: at which is judged.
        judged: what came out, with the power of the design.
        found: the results that it rests on.
    """
    reasons = list(dict.fromkeys(finding.reason for finding in judged.findings if finding.reason))
    foreign = [result for result in found if not _made_under(result, scale)]
    if foreign and not scale.preregistration.after_data:
        reasons.append(f"{len(foreign)} of its runs were not made under this declaration")
    in_points = any(isinstance(part, Contrast) and part.measure == "linear" for part in parts)
    if in_points and not judged.room >= ROOM * scale.delta:
        reasons.append(f"the room is {judged.room:.1f} points, less than {ROOM} δ")
    if judged.power is not None and judged.power < power.ENOUGH:
        reasons.append(f"were the paper right, these runs would show it with a chance of {judged.power:.2f} only")
    return reasons


def _made_under(result: CellResult, scale: Scale) -> bool:
    declared = scale.preregistration
    return result.document.get("preregistration") in (declared.sha256, *declared.earlier)
