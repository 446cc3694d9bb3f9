"""Running a grid: every cell once, whoever runs it, resumed where it stopped, and one failure stops nothing else.

Processes and machines may share the folders of runs and results: each cell is taken under a lock that falls with
the process that holds it. (Over a network file system that needs one that honours flock, as NFS does on Linux.)
"""

import datetime
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch.distributed as dist

from duality.experiments.plan.cell import Cell
from duality.experiments.run.measure import measure
from duality.experiments.run.provenance import provenance
from duality.experiments.run.record import find_result, missing, write_result
from duality.training.errors import DataError, InterruptedRunError, LockedError, RecipeError, RunError
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.processes import Process
from duality.training.run_folder import locked


@dataclass(frozen=True)
class CellFailure:
    """A cell that could not be run, and why, in one line."""

    cell: Cell
    reason: str


def run_cells(
    cells: Sequence[Cell], runs: Path, results: Path, process: Process, reporter: Reporter
) -> list[CellFailure]:
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
        RunError: a result that is there is damaged, or of another recipe.
        InterruptedRunError: SIGINT or SIGTERM came; the cell at hand was saved and will be resumed.
    """
    failures = []
    begun, missing_at_first = time.monotonic(), len(missing(cells, results))
    for number, cell in _taken(cells, runs, results, process):
        reporter.say(f"cell {number}/{len(cells)}: {cell.name}")
        try:
            said = _run_cell(cell, runs, results, process, reporter)
        except InterruptedRunError:
            raise
        except Exception as error:  # whatever it is, the other cells can still be run
            said = f"failed: {_reason(error)}"
            failures.append(CellFailure(cell, _reason(error)))
        left = len(missing(cells, results))
        # By the pace of all who share the grid, not of this process alone.
        done, minutes = missing_at_first - left, (time.monotonic() - begun) / 60
        rest = f", about {left * minutes / done:.0f} min left" if done > 0 and left else ""
        reporter.say(f"{cell.name}: {said}; {len(cells) - left} of {len(cells)} cells done{rest}")
    return failures


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
    if not process.leads:
        return None
    return {
        "scale": cell.scale.name,
        "method": cell.method,
        "projector": cell.projector,
        "seed": cell.seed,
        "command": cell.command,
        "recipe": recipe.to_dict(),
        **provenance(),
        "processes": process.world,
        **measure(cell, folder, reporter, process.device.type),
        "seconds": round(time.perf_counter() - begun, 1),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _run_cell(cell: Cell, runs: Path, results: Path, process: Process, reporter: Reporter) -> str:
    """Run a cell and keep its result. Returns what there is to say about it."""
    document = run_cell(cell, cell.run_folder(runs), process, reporter)
    if document is None:
        return "done"
    result = write_result(cell, results, document)
    return f"linear probe {result.accuracy():.2f} %, {document['seconds']:.0f} s"


def _reason(error: Exception) -> str:
    """One line. What has gone wrong with a recipe, data or a run says so itself; a fault is named by its type."""
    line = (str(error).splitlines() or [""])[0]
    return line if isinstance(error, RecipeError | DataError | RunError) else f"{type(error).__name__}: {line}"


def _taken(cells: Sequence[Cell], runs: Path, results: Path, process: Process) -> Iterator[tuple[int, Cell]]:
    """The cells that this process may run, each locked while it is at work on it."""
    if process.world > 1:
        yield from _followed(cells, runs, results, process)
        return
    tried: set[Cell] = set()
    while True:
        before = len(tried)
        for number, cell in enumerate(cells, 1):
            if cell in tried or find_result(cell, results) is not None:
                continue
            # Another process may hold it now, and have finished it the moment before.
            with suppress(LockedError), locked(cell.run_folder(runs), "cell.lock"):
                if find_result(cell, results) is None:
                    tried.add(cell)
                    yield number, cell
        # Once more after every pass that ran something: a process may have been killed, its cell left behind.
        if len(tried) == before:
            return


def _followed(cells: Sequence[Cell], runs: Path, results: Path, process: Process) -> Iterator[tuple[int, Cell]]:
    """As `_taken`, where the leading process takes cells and the others follow it."""
    # Its own group: the others wait here while the leader measures, longer than collectives on GPUs may.
    group = dist.new_group(backend="gloo", timeout=timedelta(days=1))
    alone = Process(0, 1, process.device)
    own = _taken(cells, runs, results, alone) if process.leads else iter(())
    while True:
        chosen = [next(own, (0, None))[0]]
        dist.broadcast_object_list(chosen, src=0, group=group)  # pyright: ignore[reportArgumentType]
        if chosen[0] == 0:
            return
        yield chosen[0], cells[chosen[0] - 1]
