"""Figure 1c: a larger projector helps every method."""

from dataclasses import replace

from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.parts import ACROSS_PROJECTORS, better
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast

_HEADLINE = {"VICReg": 3.75, "VICReg-ctr": 3.75}
"""The paper's "3.5 to 4 points", in its middle."""


def _parts(scale: Scale) -> tuple[Contrast, ...]:
    return tuple(part for method in ACROSS_PROJECTORS for part in _gains(scale, method))


def _gains(scale: Scale, method: str) -> tuple[Contrast, ...]:
    """The headline first, then against d-d-d at each dimension at which it is another projector."""
    small = Arm(method, scale.small_projector(scale.dimensions[-1]))
    headline = better(Arm(method, scale.projector), small, scale)
    dimensions = [d for d in scale.dimensions if d < scale.hidden]
    return (
        replace(headline, published=_HEADLINE.get(method)),
        *(
            better(Arm(method, scale.large_projector(d)), Arm(method, scale.narrow_projector(d)), scale)
            for d in dimensions
        ),
    )


FIG_1C = Experiment(
    id="fig-1c",
    title="A larger projector",
    source="Figure 1, section 5",
    wording="A larger projector helps every method: 3.5 to 4 points for VICReg and VICReg-ctr from 2048-d to "
    "8192-8192-d, with d-d-d in between.",
    statement="For VICReg, VICReg-ctr and SimCLR the large projector is better than one hidden layer as wide as "
    "the representations (the paper's 2048-d), with the largest embeddings, and better than d-d-d at each smaller "
    "dimension of the embeddings.",
    fair="The headline of the paper first, then its figure point by point. Only a loss counts against a part; a "
    "gain that is certain to be smaller than δ is told, and decides nothing.",
    parts=_parts,
)
