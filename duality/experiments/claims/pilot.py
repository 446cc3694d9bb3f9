"""What can be told before the rest of a grid is run: how long that takes, and how far seeds scatter so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from duality.experiments.claims.measures import MEASURES, Measure
from duality.experiments.infer.model import Model
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import CellResult, Results

_ENOUGH = 10
"""Degrees of freedom below which a spread is not worth telling: it may be off by a quarter either way."""


@dataclass(frozen=True)
class Hours:
    """What cells take on one machine such as the scale names.

    Attributes:
        hours: of all of them; None where nobody knows.
        origin: where the number comes from.
    """

    hours: float | None
    origin: str


def hours_of(cells: Sequence[Cell], scale: Scale, results: Results) -> Hours:
    """By the seconds an epoch that recorded cells took, else by what the scale declares for a cell."""
    recorded = [result.document for result in results.cells]
    if recorded:
        epochs = sum(document["recipe"]["optimizer"]["epochs"] for document in recorded)
        hours = sum(document["seconds"] for document in recorded) / 3600 / epochs
        return Hours(hours * _epochs(cells), f"by {len(recorded)} recorded cells of {scale.name}")
    if scale.cell_hours is None:
        return Hours(None, f"no cell of {scale.name} is recorded, and the scale declares no hours")
    usual = _epochs([Cell(scale, scale.baseline, scale.projector, 0)])
    return Hours(scale.cell_hours / usual * _epochs(cells), f"as {scale.name} declares: no cell is recorded")


def spread_seen(scale: Scale, results: Results) -> dict[str, float]:
    """By measure, the standard deviation over seeds in the declared cells that are there.

    It knows of no contrast: to look at it decides nothing. Measures that older records lack are left out, and all
    where the cells are too few to tell.
    """
    seeds = {arm: block.seeds[-1] for block in scale.preregistration.blocks for arm in block.arms}
    found = [result for result in results.cells if result.cell.seed < seeds.get(result.cell.arm, 0)]
    try:
        model = Model([(result.cell.arm, result.cell.seed) for result in found])
    except ValueError:
        return {}
    if model.df < _ENOUGH:
        return {}
    spreads = {name: _spread(model, measure, found) for name, measure in MEASURES.items()}
    return {name: spread for name, spread in spreads.items() if spread is not None}


def _spread(model: Model, measure: Measure, found: Sequence[CellResult]) -> float | None:
    try:
        return model.spread(np.array([measure.of(result.document) for result in found])).sd
    except KeyError:
        return None


def _epochs(cells: Sequence[Cell]) -> int:
    return sum(cell.recipe_with([]).optimizer.epochs for cell in cells)  # tuned or not
