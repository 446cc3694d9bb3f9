"""``duality-verify reproduce``: run the experiments' grid, or take it as recorded, and judge the paper's claims.

Figures are drawn where ``--figures`` says so; ``--dry-run``, and ``--from-results`` without it, write nothing.

Exit codes: 0 whatever the verdicts are, which are findings and not failures; 1 a cell run again did not give what
is recorded; 3 a cell could not be run; 2 and 130 as everywhere.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duality.cli.grids import PartOfGrid, leave_by, part_of, reasons, run_here
from duality.cli.options import BadInputError, Json
from duality.cli.output import console, print_json
from duality.cli.runs import Overrides, Quiet, Results, Runs, ScaleName, TrainingDevice, bad_input

if TYPE_CHECKING:
    from duality.experiments import Experiment
    from duality.experiments.plan.cell import Cell
    from duality.experiments.plan.scale import Scale
    from duality.experiments.run.queue import Failure
    from duality.experiments.run.record import Results as Found

ExperimentIds = Annotated[
    list[str] | None, typer.Argument(metavar="[EXPERIMENT]...", help="Experiments by id; all by default.")
]
Look = Annotated[int, typer.Option(min=1, help="Run what this look needs; scales say how many they declare.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what is left to run, its hours and its power; write nothing.")
]
FromResults = Annotated[bool, typer.Option("--from-results", help="Judge the results that are there; run nothing.")]
CellName = Annotated[
    str | None, typer.Option("--cell", metavar="NAME", help="Run one cell again and compare with its result.")
]
Figures = Annotated[
    Path | None, typer.Option(help="Draw the figures of all experiments here.", show_default="none are drawn")
]


def reproduce(
    ids: ExperimentIds = None,
    scale: ScaleName = "fashion-mnist",
    look: Look = 1,
    part: PartOfGrid = "1/1",
    dry_run: DryRun = False,
    from_results: FromResults = False,
    cell: CellName = None,
    figures: Figures = None,
    overrides: Overrides = None,
    runs: Runs = Path("runs"),
    results: Results = None,
    device: TrainingDevice = "auto",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Run or resume the experiments' grid, then judge the paper's empirical claims by its results."""
    with bad_input(trains=not (from_results or dry_run)):
        from duality.experiments import cells
        from duality.experiments.plan.scale import load_scale
        from duality.experiments.run.committed import readable_results, writable_results
        from duality.experiments.run.record import load_results
        from duality.experiments.run.tuning_record import as_tuned

        declared = load_scale(scale, tuple(overrides or ()))
        experiments = _chosen(ids)
        reads, results = from_results or dry_run or cell is not None, results or declared.own_results
        folder = readable_results(results) if reads else writable_results(results)
        loaded = as_tuned(declared, folder)
        if cell is not None and dry_run:
            raise BadInputError("--dry-run plans a grid and runs nothing: leave out --cell")
        if cell is not None:
            _run_again(loaded, cell, runs, folder, device, quiet, json)
        grid = part_of(cells(experiments, loaded, look), part)
        if dry_run:
            _print_plan(experiments, loaded, grid, load_results(folder, loaded), json)
            return
        if from_results and not folder.is_dir():
            raise BadInputError(f"there is no folder {folder}: name one that holds results by --results")
        failures = [] if from_results else _run(grid, runs, folder, device, quiet)
        _judge(experiments, loaded, grid, folder, failures, figures, json)
    leave_by(failures)


def _print_plan(
    experiments: "Sequence[Experiment]", scale: "Scale", grid: "Sequence[Cell]", there: "Found", json: bool
) -> None:
    from duality.cli.dry_run import print_dry_run
    from duality.experiments.show.document import plan_document

    plan = plan_document(experiments, scale, grid, there)
    if json:
        print_json(plan)
    else:
        print_dry_run(console(), plan)


def _judge(
    experiments: "Sequence[Experiment]",
    scale: "Scale",
    grid: "Sequence[Cell]",
    results: Path,
    failures: "Sequence[Failure]",
    figures: Path | None,
    json: bool,
) -> None:
    """Judge by the results that are there, draw the figures if that is asked for, and print it all."""
    from duality.cli.judgements import print_judgements
    from duality.experiments.run.record import load_results, missing
    from duality.experiments.show.document import SCHEMA, judgement_document

    there = load_results(results, scale)
    judged = [(experiment, experiment.judge(scale, there)) for experiment in experiments]
    drawn, not_drawn = _draw(scale, there, figures)
    done = len(grid) - len(missing(grid, results))
    if json:
        failed = [{"cell": failure.name, "reason": failure.reason} for failure in failures]
        print_json(
            {
                "schema": SCHEMA,
                "scale": scale.name,
                "cells": {"total": len(grid), "done": done, "failed": failed},
                "experiments": [judgement_document(experiment, scale, each) for experiment, each in judged],
                "figures": list(map(str, drawn)),
            }
        )
        return
    out = console()
    for line in reasons(failures):
        out.print(line, style="red")
    print_judgements(out, judged)
    for line in not_drawn:
        out.print(line, style="dim")
    if drawn:
        out.print(f"{len(drawn) // 2} figures, each for light and dark backgrounds, in {figures}")
    out.print(f"{scale.name}: {done} of {len(grid)} cells have a result", style="bold")


def _draw(scale: "Scale", there: "Found", folder: Path | None) -> tuple[list[Path], list[str]]:
    """The files of the figures that can be drawn, and why the others cannot; nothing where there is no folder."""
    if folder is None:
        return [], []
    from duality.experiments.show.pictures import draw_all, write_pictures

    gallery = draw_all(scale, there)
    missing = [f"Figure {name} not drawn: {reason}" for name, reason in gallery.missing.items()]
    return write_pictures(gallery, folder), missing


def _chosen(ids: Sequence[str] | None) -> "tuple[Experiment, ...]":
    from duality.experiments import UnknownExperimentError, all_experiments, find_experiment

    try:
        return tuple(find_experiment(id) for id in dict.fromkeys(ids)) if ids else all_experiments()
    except UnknownExperimentError as error:
        raise BadInputError(str(error)) from None


def _run(grid: "Sequence[Cell]", runs: Path, results: Path, device: str, quiet: bool) -> "list[Failure]":
    """Run what is missing. Returns the cells that failed."""
    from duality.experiments.run.cells import run_cells
    from duality.training.monitor import Reporter

    reporter = Reporter(quiet)
    return run_here(lambda process: run_cells(grid, runs, results, process, reporter), device, reporter)


def _run_again(scale: "Scale", name: str, runs: Path, results: Path, device: str, quiet: bool, json: bool) -> None:
    """Run one cell again, say how it compares with its record, and leave."""
    from duality.experiments.plan.cell import cell_named
    from duality.experiments.run.rerun import run_again
    from duality.training.monitor import Reporter

    again = run_again(cell_named(scale, name), runs, results, device, Reporter(quiet))
    if json:
        accuracies = {"recorded": again.recorded.document["accuracy"], "again": again.again.document["accuracy"]}
        print_json({"cell": name, **accuracies, "equal": again.equal, "spread": again.spread, "ok": again.ok})
    else:
        console().print(f"{name}: {again}")
    raise typer.Exit(0 if again.ok else 1)
