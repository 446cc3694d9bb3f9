"""Tuning: the learning rate and a method's own settings, searched with optuna on validation images.

Every method gets the same number of trials. A trial is a cell of the grid at other settings, with some training
images kept apart; it is scored on these, and the test split is not even read. The first trial takes the settings
that the scale gives, so that tuning never does worse than no tuning.
"""

import dataclasses
import fcntl
import json
import shutil
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale
from duality.experiments.run.provenance import provenance
from duality.training.checkpoint import write_atomically
from duality.training.data import set_sizes
from duality.training.embed import evaluate, load_network
from duality.training.errors import DivergedError, RecipeError, RunError
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.objective import build_loss
from duality.training.processes import Process, choose_device
from duality.training.recipe import Recipe, recipe_from_dict

_LR = "optimizer.base_lr"
_TEMPERATURE = "loss.arguments.temperature"
_COVARIANCE = "loss.arguments.covariance_weight"
SETTINGS: dict[str, tuple[str, ...]] = {
    "VICReg": (_LR, _COVARIANCE),
    "VICReg-exp": (_LR, _COVARIANCE, _TEMPERATURE),
    "VICReg-ctr": (_LR, _COVARIANCE, _TEMPERATURE),
    "SimCLR": (_LR, _TEMPERATURE),
    "SpectralContrastive": (_LR, "loss.arguments.max_norm"),
    "BarlowTwins": (_LR, "loss.arguments.redundancy_weight"),
}
"""What is tuned of each method. The other methods of a scale are SimCLR as published, and variants of SimCLR that
take its settings, as in the paper."""

_AROUND: dict[str, tuple[float, float]] = {
    _LR: (1 / 4, 4),
    _TEMPERATURE: (1 / 3, 6),
    _COVARIANCE: (1 / 10, 10),
    "loss.arguments.max_norm": (1 / 3, 3),
    "loss.arguments.redundancy_weight": (1 / 10, 10),
}
"""The range of each, on a logarithmic scale, as multiples of the scale's own setting. Ours."""

TRIAL_SEED = 1000
"""The seed that every trial is trained with: none of the grid's."""

_VALIDATION_SIZE = 10_000
"""Training images kept apart, but no more than a sixth of the set."""
_SAMPLER_SEED = 0
_RANDOM_TRIALS = 4
"""Before the sampler learns from what has been scored; optuna's ten are more than a budget."""
_HEARTBEAT_SECONDS = 60
_DIGITS = 3
"""Significant digits of a setting that is tried, so that what is recorded is what was tried."""


def tune(
    method: str,
    scale: Scale,
    runs: Path,
    results: Path,
    reporter: Reporter,
    *,
    trials: int = 8,
    storage: str | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Search a method's settings, from where the study stopped, and record it in ``results``/SCALE/tuning/.

    Processes that share the storage share the trials. A trial that a killed process leaves is taken up by a later
    one, once it has been silent for two minutes.

    Args:
        method: one of `SETTINGS`.
        scale: gives the recipe and the projector.
        runs: where trials are trained; each one's folder goes when it has been scored.
        results: the results folder.
        reporter: hears of every trial.
        trials: the budget, those that diverge included.
        storage: a database's URL; by default an SQLite file under ``runs``.
        device: where to train, as for `duality.training.processes.choose_device`.

    Returns:
        The document that was written: every trial, and the best one's settings as ``--set`` overrides.

    Raises:
        RecipeError: the method is not tuned, or not in this scale.
        RunError: the storage cannot be used, or holds a study of another recipe.
        DataError, InterruptedRunError: as `duality.training.loop.train` does.
    """
    search = _Search(method, scale, runs / scale.name / "tuning", reporter, trials, device)
    path = tuning_path(results, scale, method)
    with _study(search, storage) as study:
        while len(_counted(study.trials)) < trials:
            study.optimize(search.accuracy, n_trials=1, catch=(DivergedError,))
            _write(path, search.document(study))
        document = search.document(study)
    _write(path, document)
    running = sum(trial["state"] == "running" for trial in document["trials"])
    if running:
        reporter.say(f"{running} of {trials} trials run elsewhere, or were killed: run it again to see them done")
    return document


def tuning_path(results: Path, scale: Scale, method: str) -> Path:
    """Where the tuning of a method is recorded."""
    return results / scale.name / "tuning" / f"{method}.json"


class _Search:
    """What all trials of a method share."""

    def __init__(
        self, method: str, scale: Scale, folder: Path, reporter: Reporter, budget: int, device: str
    ) -> None:
        self.scale, self.method, self.folder = scale, method, folder
        self.reporter, self.budget, self.device = reporter, budget, device
        settings = _settings_of(method, scale)
        cell = Cell(scale, method, scale.projector, TRIAL_SEED).recipe(tuned=False)
        images, _, _ = set_sizes(dataclasses.replace(cell.data, train_size=0))
        self.recipe = _with(cell, {"data.validation_size": min(_VALIDATION_SIZE, images // 6)})
        given = self.recipe.to_flat()
        own = {f"loss.arguments.{key}": value for key, value in build_loss(self.recipe.loss).settings.items()}
        self.defaults = {key: (given | own)[key] for key in settings}
        self.ranges = {
            key: [_rounded(factor * default) for factor in _AROUND[key]] for key, default in self.defaults.items()
        }

    @property
    def name(self) -> str:
        """``SCALE/METHOD``."""
        return f"{self.scale.name}/{self.method}"

    def accuracy(self, trial: Trial) -> float:
        """Train a trial and score it on the validation images: the accuracy of the offline linear probe."""
        before = [other for other in _counted(trial.study.trials) if other.number < trial.number]
        if len(before) >= self.budget:
            raise optuna.TrialPruned  # another process has taken the last one
        # Seeded by trial: processes that share a study, or resume it, must not repeat each other's draws.
        trial.study.sampler = TPESampler(seed=_SAMPLER_SEED + trial.number, n_startup_trials=_RANDOM_TRIALS)
        settings = {key: trial.suggest_float(key, *span, log=True) for key, span in self.ranges.items()}
        settings = {key: _rounded(value) for key, value in settings.items()}
        trial.set_user_attr("settings", settings)
        trial.set_user_attr("provenance", provenance())
        started = time.perf_counter()
        try:
            score = self._score(settings)
        except DivergedError as error:
            trial.set_user_attr("error", str(error))
            self._say(len(before), settings, str(error))
            raise
        except BaseException:
            trial.study.enqueue_trial(trial.params)
            raise
        finally:
            trial.set_user_attr("seconds", round(time.perf_counter() - started, 1))
        self._say(len(before), settings, f"{score:.2%}")
        return score

    def _score(self, settings: Mapping[str, float]) -> float:
        folder = self.folder / self.method / ",".join(_overrides(settings))
        process = Process(0, 1, choose_device(self.device))
        try:
            train(_with(self.recipe, settings), folder, process, self.reporter)
        except DivergedError:
            shutil.rmtree(folder)
            raise
        accuracy = evaluate(load_network(folder, self.reporter, device=self.device)).linear.accuracy
        shutil.rmtree(folder)
        return round(accuracy, 6)  # single precision has no more

    def _say(self, before: int, settings: Mapping[str, float], outcome: str) -> None:
        self.reporter.say(f"{self.name} {before + 1}/{self.budget}: {' '.join(_overrides(settings))}: {outcome}")

    def document(self, study: Study) -> dict[str, Any]:
        """The study as it is recorded."""
        scored = any(trial.state == TrialState.COMPLETE for trial in study.trials)
        best = study.best_trial if scored else None
        return {
            "scale": self.scale.name,
            "method": self.method,
            "command": f"duality-verify tune {self.method} --scale {self.scale.name} --trials {self.budget}",
            "objective": "accuracy of the offline linear probe on the validation images",
            "budget": self.budget,
            "seeds": {"sampler": _SAMPLER_SEED, "training": TRIAL_SEED},
            "recipe": self.recipe.to_dict(),
            "ranges": self.ranges,
            "provenance": _distinct(trial.user_attrs.get("provenance") for trial in study.trials),
            "trials": [_record(trial) for trial in _counted(study.trials)],
            "best": best and {"accuracy": best.value, "set": _overrides(best.user_attrs["settings"])},
        }


def _settings_of(method: str, scale: Scale) -> tuple[str, ...]:
    tuned = [name for name in scale.methods if name in SETTINGS]
    if method not in tuned:
        known = f"is not tuned at {scale.name}" if method in scale.methods else f"is no method of {scale.name}"
        raise RecipeError(f"{method} {known}: choose {', '.join(tuned)}")
    return SETTINGS[method]


@contextmanager
def _study(search: _Search, storage: str | None) -> Iterator[Study]:
    """The method's study: made, with the default settings to begin with, or gone on with."""
    search.folder.mkdir(parents=True, exist_ok=True)
    url = storage or f"sqlite:///{search.folder / f'{search.method}.db'}"
    # Trials are reported by ours; what optuna logs of a failed one is a traceback.
    optuna.logging.disable_default_handler()
    with (search.folder / "lock").open("w") as lock:
        # Two processes that begin at once must not both make the tables, or both ask for the default settings.
        fcntl.flock(lock, fcntl.LOCK_EX)
        database = _database(url)
        study = optuna.create_study(
            storage=database, study_name=search.name, direction="maximize", load_if_exists=True
        )
        recipe = search.recipe.to_dict()
        if study.user_attrs.get("recipe", recipe) != recipe:
            raise RunError(f"{url} holds a study of another recipe: give another --storage, or another --runs")
        study.set_user_attr("recipe", recipe)
        study.enqueue_trial(search.defaults, skip_if_exists=True)
    try:
        yield study
    finally:
        database.remove_session()
        database.engine.dispose()


def _database(url: str) -> RDBStorage:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            return RDBStorage(url, heartbeat_interval=_HEARTBEAT_SECONDS, heartbeat_stale_trial_callback=_try_again)
    except (SQLAlchemyError, StorageInternalError, ImportError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(
            f"cannot use {url} ({reason}): give a URL such as sqlite:///tuning.db by --storage"
        ) from None


def _try_again(study: Study, trial: FrozenTrial) -> None:
    """Put a trial whose process died back into the queue."""
    study.enqueue_trial(trial.params)


def _counted(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that take part of the budget: not those that wait, or that something but divergence stopped."""
    taken = (TrialState.RUNNING, TrialState.COMPLETE)
    return [trial for trial in trials if trial.state in taken or "error" in trial.user_attrs]


def _record(trial: FrozenTrial) -> dict[str, Any]:
    state = {TrialState.COMPLETE: "scored", TrialState.FAIL: "diverged"}.get(trial.state, "running")
    kept = {key: trial.user_attrs.get(key) for key in ("settings", "seconds", "error")}
    return {"number": trial.number, "state": state, "accuracy": trial.value, **kept}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _overrides(settings: Mapping[str, float]) -> list[str]:
    return [f"{key}={value!r}" for key, value in settings.items()]


def _write(path: Path, document: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot write {path} ({error.strerror}): choose another --results") from None
    write_atomically(path, (json.dumps(document, allow_nan=False, indent=2) + "\n").encode())


def _distinct(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value is not None and value not in found:
            found.append(value)
    return found


def _with(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """The recipe with other values of some ``section.key``."""
    table = recipe.to_dict()
    for key, value in settings.items():
        *sections, name = key.split(".")
        place = table
        for section in sections:
            place = place[section]
        place[name] = value
    return recipe_from_dict(table)
