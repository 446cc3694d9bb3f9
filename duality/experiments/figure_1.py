"""Figure 1: the variants of VICReg and SimCLR perform alike, and what the projector has to do with it."""

from duality.experiments.experiment import Arm, Experiment
from duality.experiments.scale import Scale

VICREG_FAMILY = ("VICReg", "VICReg-exp", "VICReg-ctr")
AGAINST_SIMCLR = ("VICReg", "VICReg-ctr", "SimCLR-original", "SimCLR", "SpectralContrastive", "BarlowTwins")
ACROSS_PROJECTORS = ("VICReg", "VICReg-ctr", "SimCLR")
SEEDS_ACROSS_PROJECTORS = 3


def _family(scale: Scale) -> tuple[Arm, ...]:
    return tuple(Arm(method, scale.projector, scale.seeds) for method in VICREG_FAMILY)


def _against_simclr(scale: Scale) -> tuple[Arm, ...]:
    return tuple(Arm(method, scale.projector, scale.seeds) for method in AGAINST_SIMCLR)


def _large_projectors(scale: Scale) -> tuple[Arm, ...]:
    return _each_method(scale, [scale.large_projector(dimension) for dimension in scale.dimensions])


def _both_projectors(scale: Scale) -> tuple[Arm, ...]:
    kinds = (scale.narrow_projector, scale.large_projector)
    # Where the embedding is as wide as the hidden layers, the two are one.
    return _each_method(scale, [kind(dimension) for dimension in scale.dimensions for kind in kinds])


def _each_method(scale: Scale, projectors: list[str]) -> tuple[Arm, ...]:
    seeds = min(SEEDS_ACROSS_PROJECTORS, scale.seeds)
    return tuple(Arm(m, projector, seeds) for m in ACROSS_PROJECTORS for projector in dict.fromkeys(projectors))


EXPERIMENTS = (
    Experiment(id="fig-1a", title="VICReg, VICReg-exp and VICReg-ctr", source="Figure 1", arms=_family),
    Experiment(id="fig-1b", title="SimCLR, tuned", source="Figure 1", arms=_against_simclr),
    Experiment(id="fig-1c", title="A larger projector", source="Figure 1", arms=_both_projectors),
    Experiment(id="fig-1d", title="The embedding's dimension", source="Figure 1", arms=_large_projectors),
)
