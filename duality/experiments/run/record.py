"""Results: one JSON file for each cell, written when the cell is done, and all of a scale's read back."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from duality.experiments.plan.cell import Cell, as_recorded
from duality.experiments.plan.scale import Scale
from duality.files import write_atomically
from duality.training.errors import RecipeError, RunError
from duality.training.recipe import first_difference, recipe_from_dict

Measure = Literal["linear", "online", "knn"]
"""The offline linear probe, the online one at the end of training, and nearest neighbours."""

_REQUIRED = {
    "command",
    "commit",
    "embeddings",
    "environment",
    "finished",
    "gram_histogram",
    "log",
    "recipe",
    "representations",
    "seconds",
}
"""What every record holds besides what `read_result` looks into: where it comes from, and what was measured."""


@dataclass(frozen=True)
class CellResult:
    """What a trained cell gave. ``document`` is the whole record: see `duality.experiments.run.measure`."""

    cell: Cell
    document: Mapping[str, Any]

    def accuracy(self, measure: Measure = "linear") -> float:
        """Top-1 accuracy on the test split, in percent."""
        return 100 * self.document["accuracy"][measure]


@dataclass(frozen=True)
class Trial:
    """A trial of tuning that was scored: accuracies in percent on validation images.

    ``online`` is NaN where the record does not hold it.
    """

    method: str
    linear: float
    online: float


class Results:
    """The results of one scale that are there.

    Attributes:
        scale: the scale.
        cells: in the order of method, projector and seed.
        trials: of tuning, all that were scored.
    """

    def __init__(self, scale: Scale, cells: tuple[CellResult, ...], trials: tuple[Trial, ...] = ()) -> None:
        self.scale, self.cells, self.trials = scale, cells, trials

    def of(self, method: str, projector: str) -> tuple[CellResult, ...]:
        """One method's results with one projector, by seed."""
        return self._by_arm.get((method, projector), ())

    def accuracy(self, method: str, projector: str, measure: Measure = "linear") -> dict[int, float]:
        """Accuracy in percent for each seed that was run."""
        return {result.cell.seed: result.accuracy(measure) for result in self.of(method, projector)}

    def untrained(self, measure: Literal["linear", "knn"] = "linear") -> dict[int, float]:
        """Accuracy in percent of the network as each seed initialises it."""
        measured = self.of(self.scale.baseline, self.scale.projector)
        return {
            each.cell.seed: 100 * each.document["untrained"][measure]
            for each in measured
            if "untrained" in each.document
        }

    @cached_property
    def _by_arm(self) -> dict[tuple[str, str], tuple[CellResult, ...]]:
        arms: dict[tuple[str, str], list[CellResult]] = {}
        for result in self.cells:
            arms.setdefault((result.cell.method, result.cell.projector), []).append(result)
        return {arm: tuple(results) for arm, results in arms.items()}


def load_results(folder: Path, scale: Scale) -> Results:
    """All results of a scale under ``folder``/SCALE/cells; none where there is no such folder.

    Raises:
        RunError: a file there is not a cell's result.
    """
    paths = (folder / scale.name / "cells").glob("*/*/seed-*.json")
    found = sorted((read_result(path, scale) for path in paths), key=lambda each: (each.cell.arm, each.cell.seed))
    records = sorted((folder / scale.name / "tuning").glob("*.json"))
    return Results(scale, tuple(found), tuple(trial for path in records for trial in read_trials(path)))


def read_trials(path: Path) -> list[Trial]:
    """The scored trials of a method's tuning.

    Raises:
        RunError: the file is not such a record.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        return [
            Trial(document["method"], 100 * trial["accuracy"], 100 * trial.get("online", math.nan))
            for trial in document["trials"]
            if trial["accuracy"] is not None
        ]
    except (OSError, ValueError, KeyError, TypeError):
        raise RunError(f"{path} is not the record of a tuning: remove it, and tune will write it") from None


def read_result(path: Path, scale: Scale) -> CellResult:
    """One cell's result at a scale.

    Raises:
        RunError: the file is not such a result, or its name is that of another cell.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        accuracies = [float(document["accuracy"][measure]) for measure in ("linear", "online", "knn")]
        if not all(0 <= value <= 1 for value in accuracies) or not isinstance(document["seed"], int):
            raise ValueError
        if not document.keys() >= _REQUIRED:
            raise KeyError
        cell = Cell(scale, str(document["method"]), str(document["projector"]), document["seed"])
        if path.parts[-3:] != Path(f"{cell.name}.json").parts:
            raise ValueError
        return CellResult(cell, document)
    except (OSError, ValueError, KeyError, TypeError):
        raise _damaged(path) from None


def find_result(cell: Cell, results: Path) -> CellResult | None:
    """A cell's result, if it has one.

    Raises:
        RunError: the file is damaged, or was made by another recipe than the cell now has.
    """
    path = cell.result_path(results)
    if not path.exists():
        return None
    result = read_result(path, cell.scale)
    try:
        there = recipe_from_dict(result.document["recipe"])
    except (KeyError, TypeError, RecipeError):
        raise _damaged(path) from None
    difference = first_difference(as_recorded(there), as_recorded(cell.recipe()))
    if difference:
        raise RunError(f"{path} is of another recipe ({difference}): remove it, and reproduce will run the cell")
    return result


def missing(cells: Sequence[Cell], results: Path) -> list[Cell]:
    """The cells without a result.

    Raises:
        RunError: a result that is there is damaged, or of another recipe.
    """
    return [cell for cell in cells if find_result(cell, results) is None]


def write_result(cell: Cell, results: Path, document: Mapping[str, Any]) -> CellResult:
    """Write a cell's result, whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    path = cell.result_path(results)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(_rounded(document), allow_nan=False) + "\n").encode())
    except OSError as error:
        raise RunError(f"cannot write {path} ({error.strerror}): choose another --results") from None
    return read_result(path, cell.scale)


def _damaged(path: Path) -> RunError:
    return RunError(f"{path} is not the result of a cell: remove it, and reproduce will run the cell")


def _rounded(value: Any) -> Any:
    """Six significant digits of what is not an accuracy of few images: the files are kept under version control."""
    if isinstance(value, float):
        return (
            value if value == 0 or not math.isfinite(value) else round(value, 6 - math.ceil(math.log10(abs(value))))
        )
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list | tuple) else value
