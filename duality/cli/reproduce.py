"""``duality-verify reproduce``: run the experiments' grid, or take it as recorded, and judge the paper's claims.

Exit codes: 0 whatever the verdicts are, which are findings and not failures; 1 a cell run again did not give what
is recorded; 3 a cell could not be run; 2 and 130 as everywhere.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duality.cli.grids import PartOfGrid, leave_by, part_of, run_here
from duality.cli.options import BadInputError, Json
from duality.cli.output import console, print_json
from duality.cli.runs import Overrides, Quiet, Results, Runs, ScaleName, TrainingDevice, bad_input

if TYPE_CHECKING:
    from duality.experiments import Experiment
    from duality.experiments.plan.cell import Cell
    from duality.experiments.plan.scale import Scale
    from duality.experiments.run.queue import Failure
    from duality.training.monitor import Reporter

ExperimentIds = Annotated[
    list[str] | None, typer.Argument(metavar="[EXPERIMENT]...", help="Experiments by id; all by default.")
]
Look = Annotated[int, typer.Option(min=1, help="Run what this look needs; scales say how many they declare.")]
FromResults = Annotated[bool, typer.Option("--from-results", help="Judge the results that are there; run nothing.")]
CellName = Annotated[
    str | None, typer.Option("--cell", metavar="NAME", help="Run one cell again and compare with its result.")
]
Figures = Annotated[
    Path | None, typer.Option(help="Where to write the figures.", show_default="RESULTS/SCALE/figures")
]


def reproduce(
    ids: ExperimentIds = None,
    scale: ScaleName = "fashion-mnist",
    look: Look = 1,
    part: PartOfGrid = "1/1",
    from_results: FromResults = False,
    cell: CellName = None,
    figures: Figures = None,
    overrides: Overrides = None,
    runs: Runs = Path("runs"),
    results: Results = Path("results"),
    device: TrainingDevice = "auto",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run or resume the experiments' grid, then judge the paper's empirical claims by its results."""
    with bad_input(trains=not from_results):
        from duality.cli.judgements import present
        from duality.experiments import cells
        from duality.experiments.plan.scale import load_scale
        from duality.experiments.run.record import missing
        from duality.experiments.run.tuning_record import as_tuned
        from duality.training.monitor import Reporter

        loaded, reporter = as_tuned(load_scale(scale, tuple(overrides or ())), results), Reporter(quiet)
        if cell is not None:
            _run_again(loaded, cell, runs, results, device, reporter, json)
        experiments = _chosen(ids)
        if from_results and not results.is_dir():
            raise BadInputError(f"there is no folder {results}: name one that holds results by --results")
        grid = part_of(cells(experiments, loaded, look), part)
        failures = [] if from_results else _run(grid, runs, results, device, reporter)
        counts = {"total": len(grid), "done": len(grid) - len(missing(grid, results))}
        present(experiments, loaded, results, figures or results / scale / "figures", counts, failures, json)
    leave_by(failures)


def _chosen(ids: Sequence[str] | None) -> "tuple[Experiment, ...]":
    from duality.experiments import UnknownExperimentError, all_experiments, find_experiment

    try:
        return tuple(find_experiment(id) for id in dict.fromkeys(ids)) if ids else all_experiments()
    except UnknownExperimentError as error:
        raise BadInputError(str(error)) from None


def _run(grid: "Sequence[Cell]", runs: Path, results: Path, device: str, reporter: "Reporter") -> "list[Failure]":
    """Run what is missing. Returns the cells that failed."""
    from duality.experiments.run.cells import run_cells

    return run_here(lambda process: run_cells(grid, runs, results, process, reporter), device, reporter)


def _run_again(
    scale: "Scale", name: str, runs: Path, results: Path, device: str, reporter: "Reporter", json: bool
) -> None:
    """Run one cell again, say how it compares with its record, and leave."""
    from duality.experiments.plan.cell import cell_named
    from duality.experiments.run.rerun import run_again

    again = run_again(cell_named(scale, name), runs, results, device, reporter)
    if json:
        accuracies = {"recorded": again.recorded.document["accuracy"], "again": again.again.document["accuracy"]}
        print_json({"cell": name, **accuracies, "equal": again.equal, "spread": again.spread, "ok": again.ok})
    else:
        console().print(f"{name}: {again}")
    raise typer.Exit(0 if again.ok else 1)
