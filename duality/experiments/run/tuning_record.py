"""Records of searches: one JSON file for each method with every trial in it, and the settings that were chosen."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from duality.experiments.plan.cell import as_recorded
from duality.experiments.plan.scale import Method, Scale
from duality.experiments.run.choice import choose, edges, positions
from duality.experiments.run.trials import POINTS_SEED, TRIAL_SEED, Trial, load_recipe_of, total_trials
from duality.files import write_atomically
from duality.training.errors import RecipeError, RunError
from duality.training.recipe import first_difference, recipe_from_dict

Record = dict[str, Any]
"""A search as it is recorded: see `record_trial`."""


def tuning_path(results: Path, scale: Scale, method: str) -> Path:
    """Where the search of a method is recorded."""
    return results / scale.name / "tuning" / f"{method}.json"


def as_tuned(scale: Scale, results: Path) -> Scale:
    """The scale with what its searches chose, where the folder has their records.

    Raises:
        RunError: a record is damaged, or of another search than the scale now declares.
    """
    methods = {name: _as_tuned(method, scale, results) for name, method in scale.methods.items()}
    taken = {
        name: method.taking(methods[method.tuned_as])
        for name, method in methods.items()
        if method.tuned_as is not None
    }
    return dataclasses.replace(scale, methods=methods | taken)


def _as_tuned(method: Method, scale: Scale, results: Path) -> Method:
    path = tuning_path(results, scale, method.name)
    if not method.ranges or not path.exists():
        return method
    record = read_record(path)
    if record["budget"] != total_trials(scale):
        return method  # its ranges were widened since, and the second round is not done
    return dataclasses.replace(method, tuned=tuple(record["best"]["set"]) if record["best"] else None)


def read_record(path: Path) -> Record:
    """A search's record.

    Raises:
        RunError: the file is no such record.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
        if not record.keys() >= {"method", "budget", "recipe", "ranges", "trials", "best", "provenance"}:
            raise ValueError
        if record["best"] is not None and not all("=" in item for item in record["best"]["set"]):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise _damaged(path) from None
    return record


def _damaged(path: Path) -> RunError:
    return RunError(f"{path} is not the record of a search: remove it, and tune will do it again")


def find_record(scale: Scale, method: str, results: Path) -> Record | None:
    """A search's record, if there is one.

    Raises:
        RunError: it is damaged, or of other trials than the scale now declares.
    """
    path = tuning_path(results, scale, method)
    if not path.exists():
        return None
    record = read_record(path)
    try:
        there = as_recorded(recipe_from_dict(record["recipe"]))
    except (RecipeError, TypeError):
        raise _damaged(path) from None
    planned = {number: Trial(scale, method, number).settings for number in range(total_trials(scale))}
    same = all(trial.get("settings") == planned.get(trial.get("number")) for trial in record["trials"])
    difference = None if same else "other settings were tried"
    difference = difference or first_difference(there, as_recorded(load_recipe_of(scale, method, [])))
    if difference:
        raise RunError(f"{path} is of another search ({difference}): remove it, or give another --results")
    return record


def record_trial(trial: Trial, outcome: Mapping[str, Any], provenance: Mapping[str, Any], results: Path) -> Record:
    """Add a trial to its search's record, and choose once all are there.

    Nobody else may write the record meanwhile.

    Args:
        trial: which.
        outcome: ``state`` (scored or diverged), ``accuracy`` of the offline linear probe, ``online`` and ``knn``,
            all three in [0, 1] on the validation images, ``seconds``, and for one that diverged ``error``.
        provenance: where it was run.
        results: the folder of results.

    Returns:
        The record: ``scale``, ``method``, ``command``, ``objective``, ``budget``, ``seeds``, ``recipe``,
        ``ranges``, ``provenance`` (a list, each that occurs once), ``trials`` (each also with its ``number``, its
        ``settings``, and the place of its ``provenance``), ``best`` and ``edges``: see
        `duality.experiments.run.choice`.

    Raises:
        RunError: as `find_record`, or the file cannot be written.
    """
    record = find_record(trial.scale, trial.method, results) or _begun(trial)
    record["budget"] = total_trials(trial.scale)
    if provenance not in record["provenance"]:
        record["provenance"].append(dict(provenance))
    place = record["provenance"].index(provenance)
    added = {"number": trial.number, "settings": trial.settings, **outcome, "provenance": place}
    record["trials"] = sorted([*record["trials"], added], key=lambda each: each["number"])
    record |= _chosen(record, trial.scale.method(trial.method))
    path = tuning_path(results, trial.scale, trial.method)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot write {path} ({error.strerror}): choose another --results") from None
    write_atomically(path, (json.dumps(record, allow_nan=False, indent=2) + "\n").encode())
    return record


def _begun(trial: Trial) -> Record:
    return {
        "scale": trial.scale.name,
        "method": trial.method,
        "command": f"duality-verify tune {trial.method} --scale {trial.scale.as_options}",
        "objective": "accuracy of the offline linear probe on the validation images",
        "budget": 0,
        "seeds": {"points": POINTS_SEED, "training": TRIAL_SEED},
        "recipe": as_recorded(load_recipe_of(trial.scale, trial.method, [])).to_dict(),
        "ranges": {},
        "provenance": [],
        "trials": [],
    }


def _chosen(record: Record, method: Method) -> Record:
    """``ranges``, ``best`` and ``edges`` of the trials that are there: nothing is chosen before all are."""
    ranges = {**method.ranges, **method.widened}
    accuracies = np.array([trial["accuracy"] for trial in record["trials"]], dtype=float)  # NaN for None
    spans = {key: list(span) for key, span in ranges.items()}
    if len(accuracies) < record["budget"] or np.isnan(accuracies).all():
        return {"ranges": spans, "best": None, "edges": {}}
    places = positions([trial["settings"] for trial in record["trials"]], ranges)
    index, means = choose(places, accuracies)
    trial = record["trials"][index]
    best = {
        "trial": trial["number"],
        "accuracy": trial["accuracy"],
        "neighbourhood": round(float(means[index]), 6),
        "set": [f"{key}={value!r}" for key, value in trial["settings"].items()],
    }
    return {"ranges": spans, "best": best, "edges": edges(places, accuracies, index, list(ranges))}
