"""Results without training: every cell of every experiment, with the accuracies that a test plants."""

import dataclasses
import math
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from duality.experiments import all_experiments, cells, declared
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.preregistration import preregistration_from
from duality.experiments.plan.scale import Scale, load_scale
from duality.experiments.run.record import CellResult, Results, Trial
from duality.training.recipe import OptimizerRecipe

Plant = Callable[[Cell], float]
STEPS = list(range(0, 248, 8))
LEVELS = "[0.05]"
TWO_LOOKS = "[0.0304, 0.0304]"
"""Pocock's, for two looks of which the second has twice as many values."""

_DECLARED = """
declared = 2026-01-01
after_data = false
seen = "nothing"
trials = 48

[delta]
share = 0.1
points = 1.0
origin = "a tenth of a room of ten points"

[spread]
linear = 0.3
width = 0.02
"fourth powers" = 0.02
"Gram dominance" = 0.02
"covariance dominance" = 0.02
origin = "what `synthetic` plants, twice"

[looks]
levels = {levels}

[blocks.methods]
title = "every method"
projectors = ["512-512-512"]
methods = [
    "VICReg", "VICReg-exp", "VICReg-ctr", "SimCLR-original", "SimCLR", "SpectralContrastive", "BarlowTwins",
    "SimCLR-A", "SimCLR-B", "SimCLR-sq", "SimCLR-abs",
]
seeds = {many}

[blocks.projectors]
title = "other projectors"
projectors = ["128-512", "16-16-16", "512-512-16", "64-64-64", "512-512-64", "128-128-128", "512-512-128"]
methods = ["VICReg", "VICReg-ctr", "SimCLR"]
seeds = {few}
"""


@cache
def roomy_scale(levels: str = LEVELS) -> Scale:
    """A scale of which every experiment can be judged: fashion-mnist's cells, declared with less noise."""
    looks = len(levels.split(","))
    text = _DECLARED.format(levels=levels, many=[5, 10][:looks], few=[4, 8][:looks])
    return as_declared(dataclasses.replace(load_scale("fashion-mnist"), preregistration=preregistration_from(text)))


def as_declared(scale: Scale) -> Scale:
    """The scale with what its experiments test declared, as a committed file has it."""
    written = dataclasses.replace(scale.preregistration, statements=declared(scale))
    return dataclasses.replace(scale, preregistration=written)


def paper_holds(cell: Cell) -> float:
    """Accuracies in percent as the paper would have them: capacity helps, the original SimCLR loses two points."""
    first, *_, dimension = map(int, cell.projector.split("-"))
    lost = 2.0 if cell.method == "SimCLR-original" else 0.0
    # Behind the large projector only the smallest embeddings lose; a narrow one loses two points a halving.
    lost += 1.5 * (dimension == cell.scale.dimensions[0]) + 1.6 * math.log2(cell.scale.hidden / first)
    return 84.0 - lost


def document(cell: Cell, accuracy: float, **measures) -> dict:
    """What a cell's file holds, as far as judges read it; ``measures`` replace single ones."""
    noise = np.random.default_rng([cell.seed, *cell.name.encode()])
    measured = {
        "online": accuracy - 2 + 0.1 * noise.standard_normal(),
        "width": 0.25,
        "ratio": 1.6,
        "dominance": 0.6,
    } | measures
    optimizer = _optimizer(cell.scale, cell.method)
    ratios = [1000.0 if step < STEPS[-1] / 8 else _near(measured["ratio"], noise) for step in STEPS]
    names = ("gram_dominance", "centered_gram_dominance", "covariance_dominance")
    dominances = dict.fromkeys(names, measured["dominance"])
    found = {
        "method": cell.method,
        "projector": cell.projector,
        "seed": cell.seed,
        "accuracy": {"linear": accuracy / 100, "online": measured["online"] / 100, "knn": accuracy / 100 - 0.05},
        "recipe": {"optimizer": {"epochs": optimizer.epochs, "warmup_epochs": optimizer.warmup_epochs}},
        "gram_histogram": {"mean": 0.0, "std": _near(measured["width"], noise)},
        "log": {"step": STEPS, "row_fourth_powers": ratios, "column_fourth_powers": ratios},
        "representations": {name: _near(value, noise) for name, value in dominances.items()},
        "embeddings": dominances,
        "command": cell.command,
        "commit": "0123456789abcdef",
        "environment": {"threads": 1},
        "finished": "2026-01-02T03:04:05+00:00",
        "seconds": 60.0,
        "preregistration": cell.scale.preregistration.sha256,
    }
    measures_untrained = {"untrained": {"linear": 0.7, "knn": 0.6}} if cell.measures_untrained else {}
    return found | measures_untrained


@cache
def _optimizer(scale: Scale, method: str) -> OptimizerRecipe:
    """Of a method's cells, whatever their projector and seed."""
    return Cell(scale, method, scale.projector, 0).recipe().optimizer


def _near(value: float, noise: np.random.Generator) -> float:
    return value * math.exp(0.01 * noise.standard_normal())


def synthetic(
    scale: Scale,
    accuracy: Plant = paper_holds,
    *,
    spread: float = 0.15,
    draw: int = 1,
    look: int = 1,
    only: Iterable[str] | None = None,
    measures: Callable[[Cell], dict] = lambda cell: {},
) -> Results:
    """Results of all cells, or of those of the experiments in ``only``, and trials of tuning.

    Args:
        scale: the scale.
        accuracy: percent, for each cell; its seed adds a part common to all methods and one of its own.
        spread: standard deviation of the latter, in points.
        draw: another number gives other noise.
        look: whose cells there are.
        only: ids of experiments.
        measures: replaces ``online`` (percent), ``width`` of cosines, ``ratio`` to the bounds, ``dominance``.
    """
    chosen = [each for each in all_experiments() if only is None or each.id in only]
    found = []
    for cell in cells(chosen, scale, look):
        common = np.random.default_rng(cell.seed).normal(0, 0.5)
        own = np.random.default_rng([draw, cell.seed, *cell.name.encode()]).normal(0, spread)
        planted = document(cell, accuracy(cell) + common + own, **measures(cell))
        found.append(CellResult(cell, planted))
    noise = np.random.default_rng(draw)
    accuracies = noise.uniform(60, 80, scale.preregistration.trials)
    trials = (Trial("VICReg", each, each - 3 + noise.normal(0, 0.2)) for each in accuracies.tolist())
    return Results(scale, tuple(found), tuple(trials))
