"""Running a grid's cells: each is trained, measured, and its result kept."""

import datetime
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from duality.experiments.plan.cell import Cell, as_recorded
from duality.experiments.run.measure import measure
from duality.experiments.run.queue import Failure, Queue
from duality.experiments.run.record import find_result, write_result
from duality.provenance import provenance
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.processes import Process


def run_cells(
    cells: Sequence[Cell], runs: Path, results: Path, process: Process, reporter: Reporter
) -> list[Failure]:
    """Run the cells that have no result yet and that nobody else is running.

    Args:
        cells: the grid.
        runs: the folder of run folders.
        results: the folder of results.
        process: from `join_processes`; under torchrun all processes train each cell together.
        reporter: hears of each cell.

    Returns:
        The cells that failed. A later call tries them again.

    Raises:
        DataError, RunError, InterruptedRunError: as `Queue.run` does.
    """

    def is_done(cell: Cell) -> bool:
        return find_result(cell, results) is not None

    work = partial(_run_and_keep, runs=runs, results=results, process=process, reporter=reporter)
    return Queue("cell", cells, is_done, work, runs, process, reporter).run()


def run_cell(cell: Cell, folder: Path, process: Process, reporter: Reporter) -> dict | None:
    """Train one cell in a folder, resuming what is there, and measure it.

    Returns:
        The result's document, which `write_result` keeps; None on the processes that do not lead.

    Raises:
        RecipeError, DataError, RunError, InterruptedRunError: as `train` does.
    """
    begun = time.perf_counter()
    recipe = cell.recipe()
    train(recipe, folder, process, reporter)
    measures = measure(cell, folder, process, reporter)
    if measures is None:
        return None
    return {
        "scale": cell.scale.name,
        "method": cell.method,
        "projector": cell.projector,
        "seed": cell.seed,
        "command": cell.command,
        "preregistration": cell.scale.preregistration.sha256,
        "recipe": as_recorded(recipe).to_dict(),
        **provenance(),
        "processes": process.world,
        **measures,
        "seconds": round(time.perf_counter() - begun, 1),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _run_and_keep(cell: Cell, runs: Path, results: Path, process: Process, reporter: Reporter) -> str:
    """Run a cell and keep its result. Returns what there is to say about it."""
    document = run_cell(cell, cell.run_folder(runs), process, reporter)
    if document is None:
        return "done"
    result = write_result(cell, results, document)
    return f"linear probe {result.accuracy():.2f} %, {document['seconds']:.0f} s"
