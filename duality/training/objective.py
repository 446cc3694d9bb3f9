"""The loss that a recipe names, made with the arguments it gives."""

from typing import Any, get_args, get_type_hints

import torch

import duality.losses
from duality.losses.base import Loss
from duality.training.errors import RecipeError
from duality.training.recipe import LossName, LossRecipe
from duality.training.tables import convert
from duality.words import did_you_mean

_TRIED = (8, 4)
"""Shape of the embeddings that a new loss is tried on."""
_CPU = torch.device("cpu")


def loss_names() -> list[str]:
    """Names that a recipe may use: the classes of `duality.losses` without their ending "Loss"."""
    return list(get_args(LossName))


def build_loss(recipe: LossRecipe, device: torch.device = _CPU) -> Loss:
    """The loss module, called on two views' embeddings of shape (N, M); tried once, on random embeddings.

    Args:
        recipe: its name and arguments.
        device: where to try it. In a group of processes all must call this, each with its own device.

    Raises:
        RecipeError: no such loss, an argument that it does not have or refuses, or one by which it is not finite.
    """
    names = loss_names()
    if recipe.name not in names:
        meant = did_you_mean(recipe.name, names)
        raise RecipeError(f"loss.name is {recipe.name!r}{meant}: choose {', '.join(names)}")
    kind = getattr(duality.losses, f"{recipe.name}Loss")
    known, hints = list(kind().settings), get_type_hints(kind)
    for name in recipe.arguments:
        if name not in known:
            meant, options = did_you_mean(name, known), ", ".join(known) or "none"
            raise RecipeError(f"unknown key loss.arguments.{name}{meant}: {recipe.name} takes {options}")
    arguments = {
        name: convert(value, hints[name], f"loss.arguments.{name}") for name, value in recipe.arguments.items()
    }
    try:
        loss = kind(**arguments)
        total = _tried(loss, device)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"loss.arguments of {recipe.name}: {error}") from None
    if not torch.isfinite(total):
        raise RecipeError(f"{_spelled(arguments)} makes {recipe.name} {float(total)}: choose another value")
    return loss


def _tried(loss: Loss, device: torch.device) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    z_a, z_b = (torch.randn(_TRIED, generator=generator).to(device) for _ in range(2))
    with torch.no_grad():
        return loss(z_a, z_b).total


def _spelled(arguments: dict[str, Any]) -> str:
    return ", ".join(f"loss.arguments.{name}={value}" for name, value in arguments.items())
