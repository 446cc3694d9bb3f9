"""Figure 2: SimCLR under other normalisations of its embeddings."""

from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.parts import alike, behind
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast


def _parts(scale: Scale) -> tuple[Contrast, ...]:
    plain, centered, standardized = behind(scale.projector, ("SimCLR", "SimCLR-A", "SimCLR-B"))
    return alike(centered, plain, scale), alike(standardized, plain, scale)


FIG_2 = Experiment(
    id="fig-2",
    title="SimCLR's normalisation",
    source="Figure 2, section 5.1",
    wording="SimCLR's accuracy is unchanged by centring its embeddings (A), and by standardising their dimensions "
    "instead of normalising the embeddings (B).",
    statement="Behind the large projector with the largest embeddings, SimCLR-A and SimCLR-B each differ from "
    "SimCLR by less than δ.",
    fair="A and B take SimCLR's temperature and learning rate: normalisation alone is changed. The paper gives no "
    "numbers for Figure 2 but one, 72.6 % for B after 1000 epochs.",
    parts=_parts,
)
