"""Tuning: the learning rate and each method's own settings, searched on validation images.

Every method gets the same number of trials, at the same points of its own ranges, which the scale's file declares
(`duality.experiments.run.trials`). A trial is a cell of the grid at other settings, with some training images kept
apart; it is scored on these, and the test split is not even read. What is chosen among them, and when a range was
too narrow, says `duality.experiments.run.choice`.
"""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from duality.experiments.plan.scale import Scale
from duality.experiments.run.queue import Failure, Queue
from duality.experiments.run.trials import Trial, total_trials, tuned_methods
from duality.experiments.run.tuning_record import find_record, record_trial
from duality.files import alone
from duality.provenance import provenance
from duality.training.embed import evaluate, load_everywhere
from duality.training.errors import DivergedError, RecipeError
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.processes import Process


def all_trials(scale: Scale, methods: Sequence[str] = ()) -> list[Trial]:
    """The trials of some methods, or of all that have ranges: first the first of each, then the second of each.

    Raises:
        RecipeError: a method is not tuned, or not in this scale.
    """
    tuned = tuned_methods(scale)
    for method in methods:
        if method not in tuned:
            known = f"is not tuned at {scale.name}" if method in scale.methods else f"is no method of {scale.name}"
            choices = f"choose {', '.join(tuned)}" if tuned else "its file declares no ranges"
            raise RecipeError(f"{method} {known}: {choices}")
    if not tuned:
        raise RecipeError(f"no method is tuned at {scale.name}: its file declares no ranges")
    return [Trial(scale, method, number) for number in range(total_trials(scale)) for method in methods or tuned]


def run_trials(
    trials: Sequence[Trial], runs: Path, results: Path, process: Process, reporter: Reporter
) -> list[Failure]:
    """Run the trials that are not recorded yet and that nobody else is running. Those that diverge are recorded.

    Args:
        trials: from `all_trials`, or some of these.
        runs: where trials are trained; each one's folder goes once it is recorded.
        results: the folder of results, for the records.
        process: from `join_processes`; under torchrun all processes train each trial together.
        reporter: hears of every trial.

    Returns:
        The trials that failed otherwise than by diverging. A later call tries them again.

    Raises:
        RunError, DataError, InterruptedRunError: as `Queue.run` does.
    """

    def is_done(trial: Trial) -> bool:
        record = find_record(trial.scale, trial.method, results)
        return record is not None and any(each["number"] == trial.number for each in record["trials"])

    def work(trial: Trial) -> str:
        return _run_and_record(trial, runs, results, process, reporter)

    return Queue("trial", trials, is_done, work, runs, process, reporter).run()


def _run_and_record(trial: Trial, runs: Path, results: Path, process: Process, reporter: Reporter) -> str:
    """Run a trial and record it. Returns what there is to say about it."""
    folder = trial.run_folder(runs)
    begun = time.perf_counter()
    try:
        train(trial.recipe(), folder, process, reporter)
        outcome = _scores(folder, process, reporter)
    except DivergedError as error:
        outcome = {"state": "diverged", "accuracy": None, "online": None, "knn": None, "error": str(error)}
    if not process.leads:
        return "done"
    outcome["seconds"] = round(time.perf_counter() - begun, 1)
    with alone(folder.parent / "record.lock"):  # the record is all trials'
        record_trial(trial, outcome, provenance(), results)
    shutil.rmtree(folder)
    settings = " ".join(f"{key}={value!r}" for key, value in trial.settings.items())
    score = outcome.get("error") or f"{outcome['accuracy']:.2%}"
    return f"{settings}: {score}, {outcome['seconds']:.0f} s"


def _scores(folder: Path, process: Process, reporter: Reporter) -> dict[str, Any]:
    """What a finished trial's network is worth on the validation images, which its recipe has for a test split."""
    found = evaluate(load_everywhere(folder, process, reporter), group=None).accuracy["test"]
    # Single precision has no more digits.
    scores = {"accuracy": found["linear"], "online": found["online"], "knn": found["knn"]}
    return {"state": "scored", **{name: round(value, 6) for name, value in scores.items()}}
