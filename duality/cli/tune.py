"""``duality-verify tune``: methods' settings searched on validation images, with the same trials for each.

Exit codes: 0 all trials were run, here or elsewhere; 2 bad input; 3 a trial could not be run; 130 as everywhere.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from duality.cli.grids import PartOfGrid, leave_by, part_of, reasons, run_here
from duality.cli.options import Json
from duality.cli.output import console, print_json
from duality.cli.runs import Overrides, Quiet, Results, Runs, ScaleName, TrainingDevice, bad_input
from duality.cli.tables import table

Methods = Annotated[
    list[str] | None,
    typer.Argument(metavar="[METHOD]...", help="Methods of the scale, such as VICReg-ctr; all by default."),
]


def tune(
    methods: Methods = None,
    scale: ScaleName = "fashion-mnist",
    part: PartOfGrid = "1/1",
    overrides: Overrides = None,
    runs: Runs = Path("runs"),
    results: Results = None,
    device: TrainingDevice = "auto",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Search methods' learning rates and own settings on validation images, and go on where a search stopped."""
    with bad_input():
        from duality.experiments.plan.scale import load_scale
        from duality.experiments.run.committed import writable_results
        from duality.experiments.run.tune import all_trials, run_trials
        from duality.experiments.run.tuning_record import find_record, tuning_path
        from duality.training.monitor import Reporter

        loaded, reporter = load_scale(scale, tuple(overrides or ())), Reporter(quiet)
        chosen = part_of(all_trials(loaded, list(dict.fromkeys(methods or []))), part)
        folder = writable_results(results or loaded.own_results)
        failures = run_here(lambda process: run_trials(chosen, runs, folder, process, reporter), device, reporter)
        names = dict.fromkeys(trial.method for trial in chosen)
        records = {name: find_record(loaded, name, folder) for name in names}
    for line in reasons(failures):
        console(stderr=True).print(line, style="red")
    if json:
        print_json([record for record in records.values() if record is not None])
    else:
        for name, record in records.items():
            if record is not None:
                _print_search(record, tuning_path(folder, loaded, name))
    leave_by(failures)


def _print_search(record: dict[str, Any], path: Path) -> None:
    out = console()
    settings = list(record["ranges"])
    rows = table(out, record["method"], "Validation", *(key.rpartition(".")[2] for key in settings), "Time")
    for trial in record["trials"]:
        accuracy = trial["state"] if trial["accuracy"] is None else f"{trial['accuracy']:.2%}"
        values = (f"{trial['settings'][key]}" for key in settings)
        rows.add_row(f"trial {trial['number']}", accuracy, *values, f"{trial['seconds']:.0f} s")
    out.print(rows)
    done = f"{len(record['trials'])} of {record['budget']} trials"
    best = record["best"]
    if best is not None:
        chosen = " ".join(f"--set {item}" for item in best["set"])
        out.print(f"Chosen: trial {best['trial']}, {best['accuracy']:.2%}, with {chosen}", style="bold")
        for setting, side in record["edges"].items():
            out.print(f"{setting} is at the {side} edge of its range: widen it in the scale's file", style="red")
    elif len(record["trials"]) == record["budget"]:
        out.print("No trial gave an accuracy.", style="red")
    out.print(f"{done}, recorded in {path}")
    out.print()
