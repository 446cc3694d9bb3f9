"""``duality-verify tune``: a method's settings searched on validation images, with the same budget for each."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from duality.cli.options import BadInputError, Json
from duality.cli.output import console, print_json, table
from duality.cli.runs import Quiet, Results, Runs, ScaleName, TrainingDevice, bad_input

Method = Annotated[str, typer.Argument(metavar="METHOD", help="A method of the scale, such as VICReg-ctr.")]
Trials = Annotated[int, typer.Option(min=1, help="The budget; give every method the same.")]
Storage = Annotated[
    str | None, typer.Option(help="A database's URL, for several machines.", show_default="SQLite under --runs")
]


def tune(
    method: Method,
    scale: ScaleName,
    trials: Trials = 8,
    storage: Storage = None,
    runs: Runs = Path("runs"),
    results: Results = Path("results"),
    device: TrainingDevice = "auto",
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Search a method's learning rate and own settings on validation images, and go on where a search stopped."""
    if find_spec("optuna") is None:
        raise BadInputError('tuning needs optuna: install "duality-ssl[train]"')
    with bad_input():
        from duality.experiments.plan.scale import load_scale
        from duality.experiments.run import tune as tuning
        from duality.training.monitor import Reporter

        loaded = load_scale(scale)
        options = {"trials": trials, "storage": storage, "device": device}
        document = tuning.tune(method, loaded, runs, results, Reporter(quiet), **options)
    if json:
        print_json(document)
        return
    _print_trials(document)
    console().print(f"Recorded in {tuning.tuning_path(results, loaded, method)}")


def _print_trials(document: dict[str, Any]) -> None:
    out = console()
    rows = table(out, "Trial", "Validation", *(key.rpartition(".")[2] for key in document["ranges"]), "Time")
    for trial in document["trials"]:
        accuracy = trial["state"] if trial["accuracy"] is None else f"{trial['accuracy']:.2%}"
        settings = trial["settings"] or {}
        seconds = "" if trial["seconds"] is None else f"{trial['seconds']:.0f} s"
        rows.add_row(
            str(trial["number"]), accuracy, *(f"{settings.get(key, '')}" for key in document["ranges"]), seconds
        )
    out.print(rows)
    best = document["best"]
    if best is None:
        out.print("No trial gave an accuracy.", style="red")
        return
    settings = " ".join(f"--set {item}" for item in best["set"])
    out.print(f"Best: {best['accuracy']:.2%} with {settings}", style="bold")
