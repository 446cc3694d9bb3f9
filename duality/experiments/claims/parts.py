"""How the claims' files write their parts: alike, better, as far as the paper's own numbers go with them."""

from collections.abc import Iterable
from dataclasses import replace

from duality.experiments.claims.published import published_value
from duality.experiments.infer.region import Region, above_zero, inside
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast, Weights, difference, difference_label

ACROSS_PROJECTORS = ("VICReg", "VICReg-ctr", "SimCLR")
"""Methods that are run behind every projector."""
SEVEN = ("VICReg", "VICReg-exp", "VICReg-ctr", "SimCLR", "SimCLR-original", "SpectralContrastive", "BarlowTwins")
"""Methods that are run behind the large projector with the largest embeddings."""


def alike(a: Arm, b: Arm, scale: Scale, published: float | None = None) -> Contrast:
    """The accuracies of two arms are no more than δ apart. ``published``: what the paper's text says of them."""
    part = in_points(difference_label(a, b), difference(a, b), inside(scale.delta), scale)
    return part if published is None else replace(part, published=published)


def better(a: Arm, b: Arm, scale: Scale) -> Contrast:
    """The first arm is more accurate."""
    return in_points(difference_label(a, b), difference(a, b), above_zero(scale.delta), scale)


def in_points(label: str, weights: Weights, region: Region, scale: Scale) -> Contrast:
    """A contrast of accuracies, with the paper's own value where it has one."""
    return Contrast(label, weights, region, published=published_value(weights, scale))


def behind(projector: str, methods: Iterable[str]) -> list[Arm]:
    """An arm of each method with this projector."""
    return [Arm(method, projector) for method in methods]
