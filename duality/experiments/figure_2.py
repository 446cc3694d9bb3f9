"""Figure 2: SimCLR under other normalisations of its embeddings."""

from duality.experiments.experiment import Arm, Experiment
from duality.experiments.scale import Scale


def _normalisations(scale: Scale) -> tuple[Arm, ...]:
    return tuple(Arm(method, scale.projector, scale.seeds) for method in ("SimCLR", "SimCLR-A", "SimCLR-B"))


EXPERIMENTS = (Experiment(id="fig-2", title="SimCLR's normalisation", source="Figure 2", arms=_normalisations),)
