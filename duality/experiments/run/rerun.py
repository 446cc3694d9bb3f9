"""Running one cell again from its record: the same accuracy to the last digit, or within the spread over seeds."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from duality.experiments.plan.cell import Cell
from duality.experiments.run.cells import run_cell
from duality.experiments.run.record import CellResult, find_result, load_results, write_result
from duality.training.errors import RunError
from duality.training.monitor import Reporter
from duality.training.processes import Process, choose_device

_DECISIVE = ("processor", "instructions", "threads", "device", "torch", "torchvision")
"""What of the environment must agree for results to agree in every bit. Processors of one name may offer this
process other instructions, and with these sums are added up in another order."""


@dataclass(frozen=True)
class Rerun:
    """A cell run again, next to its record.

    Attributes:
        recorded: the committed result.
        again: the new one, rounded as that is.
        spread: points of accuracy between the best and the worst recorded seed of this method and projector.
    """

    recorded: CellResult
    again: CellResult
    spread: float

    @property
    def equal(self) -> bool:
        """Whether all accuracies are the same to the last digit."""
        return self.recorded.document["accuracy"] == self.again.document["accuracy"]

    @property
    def differing(self) -> tuple[str, ...]:
        """What of the environment is another here, or not recorded, and must be the same for equal results."""
        there, here = (result.document["environment"] for result in (self.recorded, self.again))
        return tuple(key for key in _DECISIVE if there.get(key) != here.get(key))

    @property
    def ok(self) -> bool:
        """Equal, or, in another environment or on a GPU, which adds up in no fixed order, within the spread."""
        bitwise = not self.differing and self.recorded.document["environment"]["device"] == "cpu"
        return self.equal or (not bitwise and abs(self.difference) <= self.spread)

    @property
    def difference(self) -> float:
        """The new accuracy of the linear probe less the recorded one, in points."""
        return self.again.accuracy() - self.recorded.accuracy()

    def __str__(self) -> str:
        numbers = f"recorded {self.recorded.accuracy():.4f} %, again {self.again.accuracy():.4f} %"
        if self.equal:
            return f"{numbers}: exactly equal, as are the online probe and the neighbours"
        environment = self.recorded.document["environment"]
        others = [f"{'another' if environment.get(key) else 'unrecorded'} {key}" for key in self.differing]
        place = ", ".join(others) or "the same environment"
        return f"{numbers}: {self.difference:+.4f} points, {place}; the seeds' spread is {self.spread:.4f} points"


def run_again(cell: Cell, runs: Path, results: Path, device: str, reporter: Reporter) -> Rerun:
    """Run a cell from the beginning, with as many threads as its record names, and compare.

    It is trained under ``runs``/SCALE/again, where an interrupted call is resumed; the folder goes at the end.

    Raises:
        RunError: the cell has no record, or one of another recipe.
        RecipeError, DataError, InterruptedRunError: as `run_cell` does.
    """
    recorded = find_result(cell, results)
    if recorded is None:
        raise RunError(f"{cell.name} has no result in {results}: name a cell that has one, or other --results")
    arm = load_results(results, cell.scale).accuracy(cell.method, cell.projector).values()
    folder = runs / cell.scale.name / "again" / cell.name
    threads = torch.get_num_threads()
    torch.set_num_threads(recorded.document["environment"]["threads"])
    try:
        document = run_cell(cell, folder, Process(0, 1, choose_device(device)), reporter)
    finally:
        torch.set_num_threads(threads)
    again = write_result(cell, folder, document or {})
    shutil.rmtree(folder)
    return Rerun(recorded, again, max(arm) - min(arm))
