"""From a run to files: its network, its embeddings with their provenance, and what probes make of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from jaxtyping import Float
from torch import Tensor

from duality.distributed import Group, process_count, process_rank, reduced
from duality.files import write_atomically
from duality.provenance import provenance
from duality.training.checkpoint import (
    checkpoints,
    fitting,
    load_checkpoint,
    load_newest,
    parse_checkpoint,
    read_newest,
)
from duality.training.data import Split, load_split, scored_splits, take_rows
from duality.training.encoder import Encoder, PretrainingNetwork
from duality.training.errors import RunError, writing
from duality.training.features import LAYERS, Features, Layer, extract_features
from duality.training.loop import build_network
from duality.training.monitor import Reporter
from duality.training.online_probe import OnlineProbe, online_right
from duality.training.probes import LinearProbe, knn_accuracy, linear_probe
from duality.training.processes import Process, choose_device, from_leader
from duality.training.recipe import Recipe, recipe_from_dict
from duality.training.run_folder import read_recipe


@dataclass(frozen=True)
class TrainedNetwork:
    """A network, its recipe, how many steps it has seen (0: as initialised), and its online probe."""

    encoder: Encoder
    recipe: Recipe
    step: int
    online: OnlineProbe | None = None


def load_network(source: Path, reporter: Reporter, untrained: bool = False, device: str = "cpu") -> TrainedNetwork:
    """The network of a run's newest whole checkpoint, or of one checkpoint file.

    Args:
        source: a run's folder, or a ``checkpoint-*.pt`` in it.
        reporter: hears of damaged checkpoints that are passed over.
        untrained: the same network as its seed initialises it.
        device: where it is put, as for `choose_device`.

    Raises:
        RunError: no run or no checkpoint there, or all damaged; no such device.
    """
    place = choose_device(device)
    if untrained:
        recipe = read_recipe(source if source.is_dir() else source.parent)
        network = build_network(recipe, load_split(recipe.data, "train"))
        return TrainedNetwork(network.encoder.to(place), recipe, 0)
    if source.is_dir():
        state = load_newest(source, lambda problem: reporter.say(f"warning: {problem}"))
    else:
        state = load_checkpoint(source)
    if state is None:
        read_recipe(source)  # says so if there is no run at all
        raise RunError(f"{source} has no checkpoint yet: train for an epoch, or add --untrained")
    return _of_state(state, str(source), place)


def load_everywhere(folder: Path, process: Process, reporter: Reporter, untrained: bool = False) -> TrainedNetwork:
    """The network of a run's newest whole checkpoint, which the leader reads, on every process.

    Raises:
        RunError: there is no whole checkpoint.
    """
    newest = read_newest(folder, lambda problem: reporter.say(f"warning: {problem}")) if process.leads else None
    content = from_leader(newest and newest[1], process.device)
    if content is None:
        raise RunError(f"{folder} has no whole checkpoint: train for an epoch")
    trained = _of_state(parse_checkpoint(content, str(folder)), str(folder), process.device)
    if not untrained:
        return trained
    network = build_network(trained.recipe, load_split(trained.recipe.data, "train"))
    return TrainedNetwork(network.encoder.to(process.device), trained.recipe, 0)


def _of_state(state: dict[str, Any], name: str, place: torch.device) -> TrainedNetwork:
    with fitting(name):
        recipe = recipe_from_dict(state["recipe"])
        weights = state["network"]
        network = PretrainingNetwork(Encoder(recipe.encoder, weights["encoder.mean"], weights["encoder.deviation"]))
        network.load_state_dict(weights)
        online = OnlineProbe(network.encoder.features, len(state["probe"]["linear.bias"]))
        online.load_state_dict(state["probe"])
        return TrainedNetwork(network.encoder.to(place), recipe, int(state["step"]), online.eval())


def features_of(
    trained: TrainedNetwork, split: Split, layers: Sequence[Layer] = LAYERS, samples: int | None = None
) -> Features:
    """Representations and embeddings of a split, or of its first ``samples`` images."""
    recipe = trained.recipe
    images = load_split(recipe.data, split)
    if samples is not None:
        images = take_rows(images, torch.arange(min(samples, len(images))))
    return extract_features(trained.encoder, images, recipe.views.size, recipe.data.workers, layers)


def embeddings_over_time(source: Path, reporter: Reporter) -> list[tuple[str, Float[Tensor, "N M"]]]:
    """Names and test embeddings of a run's network: as initialised and at each whole checkpoint, or at one.

    Raises:
        RunError, DataError: as `load_network` and `features_of` do.
    """
    networks = [load_network(source, reporter)]
    if source.is_dir():
        states = [path for _, path in checkpoints(source)][:-1]
        networks = [load_network(source, reporter, untrained=True), *_whole(states, reporter), *networks]
    return [
        (f"{source.name} after {each.step:,} steps", features_of(each, "test", ("embeddings",)).embeddings)
        for each in networks
    ]


def _whole(paths: list[Path], reporter: Reporter) -> list[TrainedNetwork]:
    whole = []
    for path in paths:
        try:
            whole.append(load_network(path, reporter))
        except RunError as error:
            reporter.say(f"warning: {error}")
    return whole


@dataclass(frozen=True)
class Evaluation:
    """What a network's representations are worth.

    Attributes:
        accuracy: in [0, 1], by split ("test", and "extra" where the recipe keeps such images) and then by probe:
            "linear" and "knn", which learn from the training split offline, and "online", which learned beside the
            run (absent where the network is as initialised).
        linear: how the linear probe was fitted.
        step: of the network.
    """

    accuracy: dict[str, dict[str, float]]
    linear: LinearProbe
    step: int


def evaluate(trained: TrainedNetwork, group: Group = "self") -> Evaluation:
    """Fit the offline probes to the training split's representations, and score all probes on the other splits.

    Of several processes each passes its share of the images through the network, and keeps the representations of
    these alone; the accuracies are of all.

    Args:
        trained: the network, the same on all processes.
        group: the processes that take part, by default this one by itself.
    """
    recipe, splits = trained.recipe, scored_splits(trained.recipe.data)
    train, *others = (_share_of(trained, split, group) for split in ("train", *splits))
    scored: dict[str, Features] = dict(zip(splits, others, strict=True))
    device, neighbours = trained.encoder.mean.device, recipe.probe.neighbours
    linear = linear_probe(train, scored, recipe.probe.weight_decay, recipe.run.seed, device, group)
    accuracy = {
        split: {"linear": linear.accuracy[split], "knn": knn_accuracy(train, features, neighbours, device, group)}
        for split, features in scored.items()
    }
    if trained.online is not None:
        for split, features in scored.items():
            counts = torch.tensor([online_right(trained.online, features), len(features.labels)], device=device)
            right, count = reduced(counts, group).tolist()
            accuracy[split]["online"] = right / count
    return Evaluation(accuracy, linear, trained.step)


def _share_of(trained: TrainedNetwork, split: Split, group: Group) -> Features:
    """Representations of this process's share of a split."""
    recipe, images = trained.recipe, load_split(trained.recipe.data, split)
    rank, world = process_rank(group), process_count(group)
    share = torch.arange(rank * len(images) // world, (rank + 1) * len(images) // world)
    images = take_rows(images, share) if world > 1 else images
    return extract_features(trained.encoder, images, recipe.views.size, recipe.data.workers, ("representations",))


def export(
    trained: TrainedNetwork,
    path: Path,
    *,
    layer: Layer = "embeddings",
    split: Split = "test",
    samples: int | None = None,
    probes: bool = False,
    command: str = "",
) -> tuple[int, int]:
    """Write a network's embeddings with labels and provenance as safetensors, which ``duality-verify audit`` reads.

    Args:
        trained: from `load_network`.
        path: the file to write.
        layer: behind the projector, or before it.
        split: the images; the first ``samples`` of them, or all.
        probes: also record what `evaluate` finds.
        command: what makes the file again, for the record.

    Returns:
        N and M.

    Raises:
        RunError: the file cannot be written.
        DataError: the images are not there.
    """
    if path.suffix != ".safetensors":
        raise RunError(f"{path} does not end in .safetensors: name such a file")
    features = features_of(trained, split, (layer,), samples)
    matrix = features.layers[layer]
    metadata = _provenance(trained, split, command) | (_scores(trained) if probes else {})
    tensors = {layer: matrix, "labels": features.labels.contiguous()}
    with writing(path):
        write_atomically(path, safetensors.torch.save(tensors, metadata))
    return matrix.shape[0], matrix.shape[1]


def _scores(trained: TrainedNetwork) -> dict[str, str]:
    test = evaluate(trained).accuracy["test"]
    return {"linear_probe_accuracy": f"{test['linear']:.4f}", "knn_accuracy": f"{test['knn']:.4f}"}


def _provenance(trained: TrainedNetwork, split: Split, command: str) -> dict[str, str]:
    """Where embeddings come from: data, recipe, step, commit, versions, and the command that makes them again."""
    recipe = trained.recipe
    return {
        "method": recipe.loss.name if trained.step else "untrained",
        "data": recipe.data.title,
        "split": split,
        "epochs": str(recipe.optimizer.epochs if trained.step else 0),
        "step": str(trained.step),
        "seed": str(recipe.run.seed),
        "recipe": json.dumps(recipe.to_dict()),
        "command": command,
        **{key: value if isinstance(value, str) else json.dumps(value) for key, value in provenance().items()},
    }
