"""Supplement F: accuracy follows the projector's capacity."""

import math
from collections.abc import Mapping
from itertools import pairwise

from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.parts import ACROSS_PROJECTORS
from duality.experiments.claims.published import published_arm
from duality.experiments.infer.region import at_least
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast

_SLOPE = 2.0
"""Points that the paper's own table has for ten times the weights: 2.3 for VICReg, 2.1 for SimCLR."""

_FEWEST = 3
"""Projectors that make a trend."""


def _trend(scale: Scale, method: str) -> Contrast:
    """Points for ten times as many weights: the slope of a line through the arms' means."""
    projectors = dict.fromkeys(arm.projector for arm in scale.preregistration.arms if arm.method == method)
    if len(projectors) < _FEWEST:
        projectors = _every_projector(scale)
    capacity = {Arm(method, each): math.log10(projector_weights(each, scale)) for each in projectors}
    label = f"{method}, points for ten times the weights"
    weights = tuple(_slope(capacity).items())
    return Contrast(label, weights, at_least(0.0), published=_published_slope(capacity, scale), expected=_SLOPE)


def _every_projector(scale: Scale) -> dict[str, None]:
    """What a scale would have to run of a method; it runs fewer than make a trend."""
    kinds = (scale.large_projector, scale.narrow_projector)
    return dict.fromkeys(kind(dimension) for dimension in scale.dimensions for kind in kinds)


def _slope(capacity: Mapping[Arm, float]) -> dict[Arm, float]:
    """The weights that make a slope of the arms' means: least squares, each arm counting alike."""
    mean = sum(capacity.values()) / len(capacity)
    squares = sum((x - mean) ** 2 for x in capacity.values())
    return {arm: (x - mean) / squares for arm, x in capacity.items()}


def _published_slope(capacity: Mapping[Arm, float], scale: Scale) -> float | None:
    """The slope of the paper's runs behind both kinds of projectors, if it has numbers for all of these."""
    three = {arm: x for arm, x in capacity.items() if arm.projector.count("-") == 2}
    runs = {arm: run for arm in three if (run := published_arm(arm, scale)) is not None}
    if len(runs) < len(three):
        return None
    return round(sum(weight * runs[arm].accuracy for arm, weight in _slope(three).items()), 2)


def projector_weights(projector: str, scale: Scale) -> int:
    """How many weights the linear layers of X-Y-Z have behind the scale's representations."""
    widths = [scale.representation, *map(int, projector.split("-"))]
    return sum(a * b for a, b in pairwise(widths))


SUPP_F = Experiment(
    id="supp-f",
    title="The projector's capacity",
    source="section 5, supplement F",
    wording="Accuracy follows the projector's capacity: it increases with the number of parameters for every "
    "method.",
    statement="For each of VICReg, VICReg-ctr and SimCLR the slope of accuracy over the logarithm of the number of "
    "the projector's weights, over all projectors, is above zero.",
    fair="A linear trend over the arms' means with the error that the seeds leave: no correlation of a handful of "
    "means. Capacity varies together with the embedding's dimension, as in the paper.",
    parts=lambda scale: tuple(_trend(scale, method) for method in ACROSS_PROJECTORS),
)
