"""What of judging an experiment at a scale hangs on no result: its parts, the cells of each look, the power."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from duality.experiments.claims.experiment import Experiment, cells_of
from duality.experiments.claims.measures import MEASURES
from duality.experiments.infer import power
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Association, Part

Key = tuple[Arm, int]
"""An arm and a seed."""
Looks = tuple[tuple[Key, ...], ...]
"""The cells of each look."""


@dataclass(frozen=True)
class Plan:
    """An experiment at a scale.

    Attributes:
        parts: what must all be true.
        looks: the cells that the verdict rests on.
        besides: what is estimated too, each with the cells of its own blocks at each look.
    """

    parts: tuple[Part, ...]
    looks: Looks
    besides: tuple[tuple[Part, Looks], ...]


@cache
def plan_of(experiment: Experiment, scale: Scale) -> Plan:
    """Worked out once: judging looks at it at every turn."""
    looks = range(1, len(scale.preregistration.looks) + 1)
    besides = experiment.besides(scale)
    return Plan(
        experiment.parts(scale),
        tuple(_keys(experiment.cells(scale, look)) for look in looks),
        tuple((part, tuple(_keys(cells_of(scale, part.arms, look)) for look in looks)) for part in besides),
    )


@cache
def planned_power(experiment: Experiment, scale: Scale) -> float | None:
    """`power_at` the spread over seeds that the declaration counts on."""
    return power_at(experiment, scale, scale.preregistration.spread)


def power_at(experiment: Experiment, scale: Scale, spread: Mapping[str, float]) -> float | None:
    """The chance that the design says ``holds`` where the statement is true as the paper has it.

    Args:
        experiment: which.
        scale: at which size, with the cells and the looks that it declares.
        spread: the standard deviation over seeds of each measure.

    Returns:
        None where the scale lacks an arm that the experiment needs.
    """
    arms = [arm for part in plan_of(experiment, scale).parts for arm in part.arms]
    if any(scale.preregistration.block_of(arm) is None for arm in arms):
        return None
    return power.rates(replace(design(experiment, scale), spread=spread)).holds


def design(experiment: Experiment, scale: Scale) -> power.Design:
    """What `duality.experiments.infer.power` imagines of an experiment at a scale."""
    declared, plan = scale.preregistration, plan_of(experiment, scale)
    parts = [
        power.Cloud(part.points, part.region, part.truth)
        if isinstance(part, Association)
        else power.Line(part.measure, dict(part.weights), part.region, part.truth, MEASURES[part.measure].pooled)
        for part in plan.parts
    ]
    return power.Design(parts, plan.looks, [look.level for look in declared.looks], declared.spread)


def _keys(cells: Iterable[Cell]) -> tuple[Key, ...]:
    return tuple((cell.arm, cell.seed) for cell in cells)
