"""From a run to files: its network, its embeddings with their provenance, and what probes make of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import safetensors.torch
from jaxtyping import Float
from torch import Tensor

from duality.files import write_atomically
from duality.provenance import provenance
from duality.training.checkpoint import checkpoints, load_checkpoint, load_newest
from duality.training.data import Split, load_split
from duality.training.encoder import Encoder, PretrainingNetwork
from duality.training.errors import RunError, writing
from duality.training.features import Features, extract_features
from duality.training.loop import build_network
from duality.training.monitor import Reporter
from duality.training.probes import LinearProbe, knn_accuracy, linear_probe
from duality.training.processes import choose_device
from duality.training.recipe import Recipe, recipe_from_dict
from duality.training.run_folder import read_recipe

Layer = Literal["embeddings", "representations"]


@dataclass(frozen=True)
class TrainedNetwork:
    """A network, the recipe it was trained by, and how many steps it has seen (0: as initialised)."""

    encoder: Encoder
    recipe: Recipe
    step: int


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
    recipe = recipe_from_dict(state["recipe"])
    weights = state["network"]
    mean, deviation = weights["encoder.mean"], weights["encoder.deviation"]
    network = PretrainingNetwork(Encoder(recipe.encoder, mean, deviation), len(weights["probe.bias"]))
    network.load_state_dict(weights)
    return TrainedNetwork(network.encoder.to(place), recipe, state["step"])


def features_of(trained: TrainedNetwork, split: Split) -> Features:
    """Representations and embeddings of a split."""
    recipe = trained.recipe
    images = load_split(recipe.data, split)
    return extract_features(trained.encoder, images, recipe.views.size, recipe.data.workers)


def embeddings_over_time(source: Path, reporter: Reporter) -> list[tuple[str, Float[Tensor, "N M"]]]:
    """Names and test embeddings of a run's network: as initialised and at each whole checkpoint, or at one.

    Raises:
        RunError, DataError: as `load_network` and `features_of` do.
    """
    networks = [load_network(source, reporter)]
    if source.is_dir():
        states = [path for _, path in checkpoints(source)][:-1]
        networks = [load_network(source, reporter, untrained=True), *_whole(states, reporter), *networks]
    return [(f"{source.name} after {each.step:,} steps", features_of(each, "test").embeddings) for each in networks]


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
    """Offline probes of the representations, on the test split."""

    linear: LinearProbe
    knn: float
    step: int


def evaluate(trained: TrainedNetwork) -> Evaluation:
    """Fit both probes to the training split's representations and score them on the test split."""
    train, test = features_of(trained, "train"), features_of(trained, "test")
    linear = linear_probe(train, test, trained.recipe.run.seed)
    return Evaluation(linear, knn_accuracy(train, test, trained.recipe.probe.neighbours), trained.step)


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
    features = features_of(trained, split)
    matrix = getattr(features, layer)[:samples].contiguous()
    metadata = _provenance(trained, split, command) | (_scores(trained) if probes else {})
    tensors = {layer: matrix, "labels": features.labels[:samples].contiguous()}
    with writing(path):
        write_atomically(path, safetensors.torch.save(tensors, metadata))
    return matrix.shape[0], matrix.shape[1]


def _scores(trained: TrainedNetwork) -> dict[str, str]:
    evaluation = evaluate(trained)
    return {"linear_probe_accuracy": f"{evaluation.linear.accuracy:.4f}", "knn_accuracy": f"{evaluation.knn:.4f}"}


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
