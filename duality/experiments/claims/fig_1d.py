"""Figure 1d: with a large projector the embedding's dimension hardly matters."""

from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.parts import ACROSS_PROJECTORS, alike, in_points
from duality.experiments.infer.region import inside
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast


def _parts(scale: Scale) -> tuple[Contrast, ...]:
    return tuple(_middle_against_largest(scale, method) for method in ACROSS_PROJECTORS)


def _middle_against_largest(scale: Scale, method: str) -> Contrast:
    middle = [d for d in scale.dimensions[:-1] if 2 * d >= scale.representation]
    weights = tuple((Arm(method, scale.large_projector(d)), 1 / len(middle)) for d in middle)
    label = f"{method}, mean of d = {' and '.join(map(str, middle))} − {scale.dimensions[-1]}"
    return in_points(label, (*weights, (Arm(method, scale.projector), -1.0)), inside(scale.delta), scale)


def _besides(scale: Scale) -> tuple[Contrast, ...]:
    smallest = scale.large_projector(scale.dimensions[0])
    return tuple(alike(Arm(method, smallest), Arm(method, scale.projector), scale) for method in ACROSS_PROJECTORS)


FIG_1D = Experiment(
    id="fig-1d",
    title="The embedding's dimension",
    source="Figure 1, section 5",
    wording="Behind a large projector the embedding's dimension hardly matters: VICReg peaks from 1024 dimensions, "
    "half of its representations', and a drop remains at 256.",
    statement="For each of VICReg, VICReg-ctr and SimCLR behind the large projector, the mean accuracy over "
    "embeddings from half the representation's dimensions upward differs by less than δ from that with the "
    "largest.",
    fair="One contrast a method, over the dimensions that the paper calls enough. The smallest stands besides: "
    "there the paper itself reports a drop.",
    parts=_parts,
    besides=_besides,
)
