"""The plan of a run, made without training: parameters, steps, memory, data."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from duality.training.data import set_sizes
from duality.training.encoder import Encoder, PretrainingNetwork
from duality.training.objective import build_loss
from duality.training.optimizer import peak_learning_rate
from duality.training.recipe import Recipe

_PROBED_BATCH = 4
_STATES = {"lars": 1, "sgd": 1, "adamw": 2}
"""Numbers that an optimiser keeps for each parameter."""


@dataclass(frozen=True)
class Plan:
    """What a run will take.

    Attributes:
        backbone_parameters, projector_parameters: numbers in each.
        images, classes: of the training split.
        steps_per_epoch, steps: updates; ``views`` is the number of augmented images that pass the network.
        peak_learning_rate: after scaling by the batch size.
        state_bytes: weights, gradients and optimiser state, per process.
        activation_bytes: what the backward pass of one step keeps, per process, in float32.
        data_bytes: the training images: in memory, or as crops that workers send in an epoch.
    """

    backbone_parameters: int
    projector_parameters: int
    images: int
    classes: int
    steps_per_epoch: int
    steps: int
    views: int
    peak_learning_rate: float
    state_bytes: int
    activation_bytes: int
    data_bytes: int


def plan_run(recipe: Recipe, world: int = 1) -> Plan:
    """Work out the plan over ``world`` processes; nothing is read but a folder's list of files.

    Raises:
        RecipeError, DataError: as training would.
    """
    build_loss(recipe.loss)
    images, classes, channels = set_sizes(recipe.data)
    with torch.device("meta"):
        encoder = Encoder(recipe.encoder, torch.zeros(channels), torch.ones(channels))
        network = PretrainingNetwork(encoder)
    backbone, projector = _count(encoder.backbone), _count(encoder.projector)
    steps_per_epoch = images // recipe.data.batch_size
    steps = recipe.optimizer.epochs * steps_per_epoch
    pixels = channels * recipe.views.size**2
    return Plan(
        backbone_parameters=backbone,
        projector_parameters=projector,
        images=images,
        classes=classes,
        steps_per_epoch=steps_per_epoch,
        steps=steps,
        views=2 * steps * recipe.data.batch_size,
        peak_learning_rate=peak_learning_rate(recipe.optimizer, recipe.data.batch_size),
        state_bytes=4 * (2 + _STATES[recipe.optimizer.name]) * (backbone + projector),
        activation_bytes=_saved_bytes(network, channels, recipe.views.size) * recipe.data.batch_size // world,
        data_bytes=images * pixels * (2 if recipe.data.name == "folder" else 1),
    )


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _saved_bytes(network: PretrainingNetwork, channels: int, size: int) -> int:
    """Bytes that autograd keeps for one image's two views: counted on tensors without storage."""
    known = {id(value) for value in network.parameters()}
    saved: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) not in known and tensor.ndim and tensor.shape[0] == _PROBED_BATCH:
            saved[id(tensor)] = tensor
        return tensor

    views = [torch.zeros(_PROBED_BATCH, channels, size, size, device="meta") for _ in range(2)]
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        network(*views)
    return sum(tensor.numel() * tensor.element_size() for tensor in saved.values()) // _PROBED_BATCH
