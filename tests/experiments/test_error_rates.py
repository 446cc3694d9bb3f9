"""The whole rule in 2,000 imagined worlds for each experiment: how often it is wrong, with one look and two."""

import dataclasses
import math
import re
from functools import cache
from pathlib import Path

import pytest

from duality.experiments import Experiment, all_experiments
from duality.experiments.claims.planned import design, planned_power
from duality.experiments.infer.power import WORLDS, Design, Line, Rates, Worlds, attained, rates
from duality.experiments.plan.scale import Scale, load_scale, scale_names
from tests.experiments.synthetic import as_declared

WRONG = 0.05 + 3 * math.sqrt(0.05 * 0.95 / WORLDS)
"""α and three standard errors of a share of 2,000 worlds."""
LOOKS = {"one look": (1, [0.05]), "two looks": (2, [0.0304, 0.0304])}
DOCS = Path(__file__).parents[2] / "docs" / "background" / "experiments.md"


def scale_with(looks: str) -> Scale:
    """cifar10-jpeg as it is declared, or with a second look at twice the seeds, at Pocock's levels."""
    scale = load_scale("cifar10-jpeg")
    number, levels = LOOKS[looks]
    declared = scale.preregistration
    blocks = tuple(
        dataclasses.replace(block, seeds=tuple(k * block.seeds[0] for k in range(1, number + 1)))
        for block in declared.blocks
    )
    changed = dataclasses.replace(
        declared, blocks=blocks, looks=tuple(dataclasses.replace(declared.looks[0], level=each) for each in levels)
    )
    return as_declared(dataclasses.replace(scale, preregistration=changed))


SCALES = {looks: scale_with(looks) for looks in LOOKS}


@cache
def worlds(experiment: Experiment, looks: str) -> Worlds:
    return Worlds(design(experiment, SCALES[looks]))


@cache
def rates_where(experiment: Experiment, looks: str, truth: tuple[float, ...]) -> Rates:
    return worlds(experiment, looks).rates(truth)


GRID = pytest.mark.parametrize(
    ("experiment", "looks"),
    [pytest.param(each, looks, id=f"{each.id}-{looks}") for each in all_experiments() for looks in LOOKS],
)


def moved(imagined: Design, number: int, end: float) -> tuple[float, ...]:
    """The statement's world, with one part moved to an end by the arms that it is made of, and others with it."""
    part, truth = imagined.parts[number], [each.truth for each in imagined.parts]
    step = end - part.truth
    for i, other in enumerate(imagined.parts):
        if i == number:
            truth[i] = end
        elif isinstance(part, Line) and isinstance(other, Line) and part.measure == other.measure:
            along = sum(weight * other.weights.get(arm, 0.0) for arm, weight in part.weights.items())
            truth[i] += step * along / sum(weight**2 for weight in part.weights.values())
    return tuple(truth)


def some(worlds: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Eight at most, from all over the list: parts of every kind."""
    return worlds[:: -(-len(worlds) // 8)] if worlds else []


def borders(imagined: Design, *, beyond: bool) -> list[tuple[float, ...]]:
    """Worlds with one part at an end of its region or, ``beyond``, where it is just not contradicted."""
    worlds = []
    for number, part in enumerate(imagined.parts):
        slack = part.region.indifference if beyond else 0.0
        ends = [end for end in (part.region.low - slack, part.region.high + slack) if math.isfinite(end)]
        worlds += [moved(imagined, number, end) for end in ends]
    return worlds


@GRID
def test_what_does_not_hold_is_seldom_said_to_hold(experiment, looks):
    imagined = worlds(experiment, looks).design
    for truth in some(borders(imagined, beyond=False)):
        assert attained(imagined, truth) == pytest.approx(truth, abs=1e-9)
        assert rates_where(experiment, looks, truth).holds <= WRONG


@GRID
def test_what_holds_is_seldom_said_to_be_refuted(experiment, looks):
    imagined = worlds(experiment, looks).design
    true = [imagined_truth for imagined_truth in borders(imagined, beyond=True) if _true(imagined, imagined_truth)]
    everywhere = tuple(
        part.region.low - part.region.indifference
        if math.isfinite(part.region.low)
        else part.region.high + part.region.indifference
        for part in imagined.parts
    )
    if attained(imagined, everywhere) == pytest.approx(everywhere, abs=1e-9):
        true.append(everywhere)  # no world makes wrong refutations more often
    assert true
    for truth in [tuple(part.truth for part in imagined.parts), *some(true[:-1]), true[-1]]:
        assert rates_where(experiment, looks, truth).refuted <= WRONG


@GRID
def test_a_null_world_is_seldom_called_wrong(experiment, looks):
    """No arm differs from another: if the statement says so it is not refuted, else it is not said to hold."""
    imagined = worlds(experiment, looks).design
    null = tuple(
        0.0 if isinstance(part, Line) and abs(sum(part.weights.values())) < 1e-9 else part.truth
        for part in imagined.parts
    )
    found = rates_where(experiment, looks, null)
    assert found.refuted <= WRONG if _true(imagined, null) else True
    inside = all(part.region.holds(value) for part, value in zip(imagined.parts, null, strict=True))
    assert inside or found.holds <= WRONG


def _true(imagined: Design, truth: tuple[float, ...]) -> bool:
    return all(_allowed(part, value) for part, value in zip(imagined.parts, truth, strict=True))


def _allowed(part, value: float) -> bool:
    low, high = part.region.low - part.region.indifference, part.region.high + part.region.indifference
    return low - 1e-9 <= value <= high + 1e-9


@pytest.mark.parametrize(
    "name", [name for name in scale_names() if not load_scale(name).preregistration.after_data]
)
def test_every_experiment_has_the_power_that_is_asked_for(name):
    scale = load_scale(name)
    power = {each.id: planned_power(each, scale) for each in all_experiments()}
    assert not {id: value for id, value in power.items() if value is None or value < 0.8}


def test_a_rule_without_correction_would_be_caught():
    """The simulation sees what it is there to see: with α at 0.3 the rates are not kept."""
    imagined = worlds(all_experiments()[4], "one look").design
    loose = dataclasses.replace(imagined, levels=[0.3])
    assert rates(loose, borders(loose, beyond=False)[0]).holds > WRONG


def told() -> dict[str, list[float]]:
    """The table in the docs: power, wrong "holds" and wrong "refuted", with one look and with two."""
    rows = re.findall(r"^\| `([\w-]+)` ((?:\| \.?[.\d]+ ){6})\|$", DOCS.read_text("utf-8"), re.MULTILINE)
    return {id: [float(each) for each in numbers.split("|")[1:]] for id, numbers in rows}


def measured(experiment: Experiment) -> list[float]:
    """What the table tells of an experiment."""
    designs = {looks: worlds(experiment, looks).design for looks in LOOKS}
    power = [worlds(experiment, looks).rates().holds for looks in LOOKS]
    holds = [
        max(rates_where(experiment, looks, truth).holds for truth in some(borders(each, beyond=False)))
        for looks, each in designs.items()
    ]
    refuted = [
        max(
            rates_where(experiment, looks, truth).refuted
            for truth in borders(each, beyond=True)
            if _true(each, truth)
        )
        for looks, each in designs.items()
    ]
    return [*power, *holds, *refuted]


@pytest.mark.parametrize("experiment", all_experiments(), ids=lambda experiment: experiment.id)
def test_the_table_in_the_docs_is_what_comes_out(experiment):
    assert told()[experiment.id] == pytest.approx(measured(experiment), abs=0.011)
