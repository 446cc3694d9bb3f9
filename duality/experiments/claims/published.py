"""The paper's own numbers: Table S5, which lists what Figure 1 shows, and those that its text states.

Top-1 accuracy in percent of the online linear probe on ImageNet: ResNet-50, 100 epochs, LARS. Every number is one
run, so none comes with a spread. The table's come from a secondary reading; the text's stand in the paper itself.
"""

from dataclasses import dataclass
from typing import Literal

from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Weights

DELTA = 0.8
"""Points on ImageNet that the paper's own numbers are held against. The paper measures no untrained network, so
the room is not known; it counts 0.4 points between the VICReg variants as none, and 0.86 are the smallest gain of
a larger projector in its table."""
REPRESENTATION = 2048
"""Dimensions of the paper's representations. Embeddings have 256 to 8192: 1/8 to 4 times as many."""


@dataclass(frozen=True)
class Published:
    """One run of the paper.

    Attributes:
        method: under our name for it.
        projector: X-Y-Z; its last width is the embedding's dimension.
        accuracy: top-1, percent.
        source: where it stands.
        epochs: of pretraining.
    """

    method: str
    projector: str
    accuracy: float
    source: Literal["Table S5", "text"] = "Table S5"
    epochs: int = 100

    @property
    def dimension(self) -> int:
        """Of the embedding."""
        return int(self.projector.rpartition("-")[2])


_DIMENSIONS = (256, 512, 1024, 2048, 8192)
_HIDDEN = 8192
_LARGE = {
    "VICReg": (65.01, 66.72, 68.06, 68.07, 68.13),
    "VICReg-exp": (65.24, 66.71, 67.86, 68.00, 67.93),
    "VICReg-ctr": (67.72, 67.86, 67.84, 67.92, 67.73),
    "SimCLR-original": (66.11, 66.33, 66.00, 66.02, 66.08),
    "SimCLR": (68.45, 68.61, 68.49, 68.48, 68.68),
}
_NARROW = {
    "VICReg": (61.36, 63.50, 65.35, 66.74, 68.13),
    "SimCLR": (63.42, 65.35, 66.36, 67.62, 68.68),
}

TABLE_S5 = (
    *(
        Published(method, f"{_HIDDEN}-{_HIDDEN}-{d}", accuracy)
        for method, row in _LARGE.items()
        for d, accuracy in zip(_DIMENSIONS, row, strict=True)
    ),
    # At d = 8192 the two projectors are one, and so are the runs.
    *(
        Published(method, f"{d}-{d}-{d}", accuracy)
        for method, row in _NARROW.items()
        for d, accuracy in zip(_DIMENSIONS[:-1], row, strict=False)
    ),
)
"""Figure 1's points, where we know them: not VICReg-exp and VICReg-ctr behind d-d-d, nor anything behind 2048-d."""

TEXT = (
    Published("SimCLR-abs", "8192-8192-512", 68.71, "text"),
    Published("SimCLR", "8192-8192-512", 68.61, "text"),
    Published("SimCLR-B", "8192-8192-8192", 72.6, "text", epochs=1000),
    Published("VICReg", "8192-8192-8192", 73.3, "text", epochs=1000),
)
"""Runs that the text states, in the pairs that it compares. Their projectors are our reading: it names none."""


def published_arm(arm: Arm, scale: Scale) -> Published | None:
    """The paper's run that an arm of a scale stands for, if the paper has its number.

    Methods correspond by name; embeddings by the ratio of their dimension to that of the representations, 1/8, 1/2,
    1 and 4 at every scale; projectors by whether the hidden layers are as wide as the embedding or all alike.
    """
    projector = published_projector(arm.projector, scale)
    return next((run for run in TABLE_S5 if (run.method, run.projector) == (arm.method, projector)), None)


def published_projector(projector: str, scale: Scale) -> str:
    """The paper's projector that one of the scale's stands for, ``512-512-16`` for ``8192-8192-256``.

    Raises:
        ValueError: the scale has no such projector.
    """
    for dimension in scale.dimensions:
        theirs = dimension * REPRESENTATION // scale.representation
        if projector == scale.large_projector(dimension):
            return f"{_HIDDEN}-{_HIDDEN}-{theirs}"
        if projector == scale.narrow_projector(dimension):
            return f"{theirs}-{theirs}-{theirs}"
        if projector == scale.small_projector(dimension):
            return f"{REPRESENTATION}-{theirs}"
    raise ValueError(f"the scale {scale.name} has no projector {projector}")


def published_value(weights: Weights, scale: Scale) -> float | None:
    """The same combination of the paper's single runs, in points, if it has them all."""
    runs = [(published_arm(arm, scale), weight) for arm, weight in weights]
    known = [weight * run.accuracy for run, weight in runs if run is not None]
    return round(sum(known), 2) if len(known) == len(runs) else None


def difference_in_text(method: str, other: str) -> float:
    """How much more accurate one method is than another where the text compares them, in points."""
    accuracy = {run.method: run.accuracy for run in TEXT}
    return round(accuracy[method] - accuracy[other], 2)
