"""The loss that a recipe names, made with the arguments it gives."""

import inspect

from torch import nn

import duality.losses
from duality.losses.base import Loss
from duality.training.errors import RecipeError
from duality.training.recipe import LossRecipe
from duality.words import did_you_mean

_ENDING = "Loss"


def loss_names() -> list[str]:
    """Names that a recipe may use: the classes of `duality.losses` without their ending."""
    return sorted(
        name.removesuffix(_ENDING)
        for name, value in vars(duality.losses).items()
        if inspect.isclass(value) and issubclass(value, nn.Module) and name.endswith(_ENDING) and name != _ENDING
    )


def build_loss(recipe: LossRecipe) -> Loss:
    """The loss module, called on two views' embeddings of shape (N, M).

    Raises:
        RecipeError: no such loss, or an argument that it does not have or refuses.
    """
    names = loss_names()
    if recipe.name not in names:
        raise RecipeError(
            f"loss.name is {recipe.name!r}{did_you_mean(recipe.name, names)}: choose {', '.join(names)}"
        )
    kind = getattr(duality.losses, recipe.name + _ENDING)
    known = list(kind().settings)
    for name in recipe.arguments:
        if name not in known:
            options = ", ".join(known) or "none"
            raise RecipeError(
                f"unknown key loss.arguments.{name}{did_you_mean(name, known)}: {recipe.name} takes {options}"
            )
    try:
        return kind(**recipe.arguments)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"loss.arguments: {error}") from None
