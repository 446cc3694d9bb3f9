"""The supplement's claims: probes (C), histograms (D), bounds in practice (E), capacity (F), dominance (G)."""

from duality.experiments import figure_1, figure_2
from duality.experiments.experiment import Arm, Experiment
from duality.experiments.scale import Scale


def _methods(scale: Scale) -> tuple[Arm, ...]:
    arms = [arm for experiment in figure_1.EXPERIMENTS[:2] for arm in experiment.arms(scale)]
    return tuple(dict.fromkeys(arms))


def _repulsions(scale: Scale) -> tuple[Arm, ...]:
    seeds = min(3, scale.seeds)
    return tuple(Arm(method, scale.projector, seeds) for method in ("SimCLR", "SimCLR-sq", "SimCLR-abs"))


def _capacities(scale: Scale) -> tuple[Arm, ...]:
    return figure_1.EXPERIMENTS[2].arms(scale)


def _all_runs(scale: Scale) -> tuple[Arm, ...]:
    others = (*figure_1.EXPERIMENTS, *figure_2.EXPERIMENTS)
    arms = [arm for experiment in others for arm in experiment.arms(scale)]
    return tuple(dict.fromkeys((*arms, *_repulsions(scale))))


EXPERIMENTS = (
    Experiment(id="supp-c", title="Online and offline probes", source="supplement C", arms=_all_runs),
    Experiment(id="supp-d", title="Similarities of negative pairs", source="supplement D", arms=_repulsions),
    Experiment(id="supp-e", title="Near the lower bounds", source="supplement E", arms=_methods),
    Experiment(id="supp-f", title="The projector's capacity", source="supplement F", arms=_capacities),
    Experiment(id="supp-g", title="Dominance of the diagonals", source="supplement G", arms=_methods),
)
