"""A grid's cells: one method with one projector and one seed at one scale, and what makes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import OF_THE_PLACE, Scale
from duality.training.errors import RecipeError
from duality.training.recipe import Recipe, load_recipe

_NAME = re.compile(r"(?P<method>[^/]+)/(?P<projector>\d+(-\d+)*)/seed-(?P<seed>\d+)")


@dataclass(frozen=True)
class Cell:
    """One run of a grid."""

    scale: Scale
    method: str
    projector: str
    seed: int

    @cached_property
    def arm(self) -> Arm:
        """What it is one seed of."""
        return Arm(self.method, self.projector)

    @property
    def name(self) -> str:
        """``METHOD/PROJECTOR/seed-K``: spelled here and nowhere else."""
        return f"{self.arm.name}/seed-{self.seed}"

    @property
    def command(self) -> str:
        """What runs this cell again and compares."""
        return f"duality-verify reproduce --scale {self.scale.as_options} --cell {self.name}"

    @property
    def measures_untrained(self) -> bool:
        """Whether the network as initialised is measured too: once for each seed."""
        return (self.method, self.projector) == (self.scale.baseline, self.scale.projector)

    def recipe(self) -> Recipe:
        """The run's recipe.

        Raises:
            RecipeError: the scale has no such method, or its search has not been done.
        """
        tuned = self.scale.method(self.method).tuned
        if tuned is None:
            raise RecipeError(
                f"{self.method} is not tuned at {self.scale.name}: "
                f"run duality-verify tune --scale {self.scale.as_options} first, with the same --results"
            )
        return self.recipe_with(tuned)

    def recipe_with(self, settings: Iterable[str]) -> Recipe:
        """The recipe with other settings than the tuned ones. Raises RecipeError as `recipe` does."""
        method = self.scale.method(self.method)
        mine = [f"encoder.projector={self.projector}", f"run.seed={self.seed}"]
        given = [*self.scale.set, *method.set, *settings, *self.scale.overrides]
        return load_recipe(self.scale.recipe, [f"loss.name={method.loss}", *given, *mine])

    def run_folder(self, runs: Path) -> Path:
        """Where it is trained."""
        return runs / self.scale.name / self.name

    def result_path(self, results: Path) -> Path:
        """Where its result is kept."""
        return results / self.scale.name / "cells" / f"{self.name}.json"


def as_recorded(recipe: Recipe) -> Recipe:
    """The recipe without what belongs to the place where it is run."""
    return replace(recipe, data=replace(recipe.data, **OF_THE_PLACE))


def cell_named(scale: Scale, name: str) -> Cell:
    """The cell that a name means.

    Raises:
        RecipeError: the name is not that of a cell, or the scale has no such method.
    """
    parts = _NAME.fullmatch(name)
    if parts is None:
        example = Cell(scale, scale.baseline, scale.projector, 0).name
        raise RecipeError(f"{name!r} names no cell: write METHOD/PROJECTOR/seed-K, such as {example}")
    return Cell(scale, scale.method(parts["method"]).name, parts["projector"], int(parts["seed"]))
