"""What is measured of a finished run: probes, the log of its training, and how its embeddings lie."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from duality.experiments.plan.cell import Cell
from duality.normalization import center, unit_embeddings
from duality.training.embed import evaluate, features_of, load_everywhere
from duality.training.features import Features
from duality.training.monitor import Reporter, embedding_metrics
from duality.training.processes import Process

_LOGGED = (
    "loss",
    "effective_rank",
    "row_fourth_powers",
    "column_fourth_powers",
    "gram_dominance",
    "covariance_dominance",
)
_MEASURED = 1024
"""Test images whose similarities are looked at."""
_BINS = 80
_HEAT_MAP_SIDE = 64


def measure(cell: Cell, folder: Path, process: Process, reporter: Reporter) -> dict[str, Any] | None:
    """Measures of a cell's finished run, its probes fitted by all processes; the leader has the folder.

    Returns:
        None on the processes that do not lead; else
        ``accuracy``: of the offline linear probe, the online probe and nearest neighbours on the test split, in
        [0, 1]; ``extra_accuracy``: the same on the extra images, if there are any; ``probe``: how the linear probe
        was fitted; ``untrained``: of the network as initialised, for some cells; ``log`` and ``epochs``: lists over
        logged steps and epochs (`embedding_metrics` says what they are); ``embeddings`` and ``representations``:
        `embedding_metrics` of 1024 test images, and of the latter centred the Gram matrix's dominance
        (``centered_gram_dominance``); ``gram_histogram``: of the cosines of different images' embeddings;
        ``heat_maps``: for seed 0, see `heat_maps`.
    """
    trained = load_everywhere(folder, process, reporter)
    evaluation, untrained = evaluate(trained, group=None), None
    if cell.measures_untrained:
        untrained = evaluate(load_everywhere(folder, process, reporter, untrained=True), group=None)
    if not process.leads:
        return None
    test = features_of(trained, "test", samples=_MEASURED)
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text("utf-8").splitlines()]
    steps, epochs = [line for line in lines if "loss" in line], [line for line in lines if "epoch" in line]
    measures: dict[str, Any] = {
        "accuracy": evaluation.accuracy["test"],
        "probe": dataclasses.asdict(evaluation.linear),
        "log": {name: [line[name] for line in steps] for name in ("step", *_LOGGED)},
        "epochs": {
            "epoch": [line["epoch"] for line in epochs],
            "online": [line["test_probe_accuracy"] for line in epochs],
        },
        "embeddings": embedding_metrics(test.embeddings),
        "representations": {
            **embedding_metrics(test.representations),
            "centered_gram_dominance": embedding_metrics(center(test.representations))["gram_dominance"],
        },
        "gram_histogram": gram_histogram(test.embeddings),
    }
    if "extra" in evaluation.accuracy:
        measures["extra_accuracy"] = evaluation.accuracy["extra"]
    if untrained is not None:
        measures["untrained"] = untrained.accuracy["test"]
    if cell.seed == 0:
        measures["heat_maps"] = heat_maps(test)
    return measures


def gram_histogram(z: Float[Tensor, "N M"]) -> dict[str, Any]:
    """Counts of the cosines between different embeddings in equal bins of [−1, 1], their mean and deviation."""
    x = unit_embeddings(z)
    n = len(x)
    cosines = (x @ x.T)[~torch.eye(n, dtype=torch.bool)].double().clamp(-1, 1)
    counts = torch.histc(cosines.float(), _BINS, -1, 1).long()
    return {
        "edges": [-1.0, 1.0],
        "counts": counts.tolist(),
        "mean": float(cosines.mean()),
        "std": float(cosines.std(correction=0)),
    }


def heat_maps(features: Features) -> dict[str, list[list[int]]]:
    """Absolute cosines of centred representations between 64 images, sorted by class, and between 64 dimensions.

    Levels 0 to 255 for 0 to 1: the Gram matrix and the covariance of supplement G, scaled to a unit diagonal.
    """
    centered = center(features.representations[:_MEASURED])
    chosen = torch.argsort(features.labels[:_HEAT_MAP_SIDE], stable=True)
    samples, dimensions = unit_embeddings(centered[chosen]), unit_embeddings(centered.T[:_HEAT_MAP_SIDE])
    return {
        "gram": _levels(samples @ samples.T),
        "covariance": _levels(dimensions @ dimensions.T),
    }


def _levels(matrix: Float[Tensor, "n n"]) -> list[list[int]]:
    return (matrix.abs().clamp(0, 1) * 255).round().int().tolist()
