"""Figure 2: SimCLR under other normalisations of its embeddings."""

from duality.experiments.claims.experiment import Arm, Experiment, Judgement
from duality.experiments.infer.judging import alike, compared, judgement
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import Results


def _normalisations(scale: Scale) -> tuple[Arm, ...]:
    return tuple(Arm(method, scale.projector, scale.seeds) for method in ("SimCLR", "SimCLR-A", "SimCLR-B"))


def _judge_normalisations(scale: Scale, results: Results) -> Judgement:
    plain, centered, standardized = _normalisations(scale)
    pairs = [(centered, plain), (standardized, plain)]
    return judgement(alike(compared(scale, results, pairs)))


FIG_2 = Experiment(
    id="fig-2",
    title="SimCLR's normalisation",
    source="Figure 2, section 5.1",
    wording="SimCLR's accuracy is unchanged by centring its embeddings (A), and by standardising their dimensions "
    "instead of normalising the embeddings (B).",
    statement="Behind the large projector with the largest embeddings, SimCLR-A and SimCLR-B are each equivalent "
    "to SimCLR within the margin.",
    remark="The paper gives no numbers for Figure 2 but one: 72.6 % for B after 1000 epochs. A and B take SimCLR's "
    "temperature and learning rate.",
    arms=_normalisations,
    test=_judge_normalisations,
)

EXPERIMENTS = (FIG_2,)
