"""The trials of a search: the same points of a unit cube for every method, mapped into the method's own ranges."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import qmc

from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import MOST_SETTINGS, Scale, Tuning
from duality.training.errors import RecipeError
from duality.training.recipe import Recipe

TRIAL_SEED = 1000
"""The seed that every trial is trained with: none of the grid's."""
POINTS_SEED = 1
"""Of seeds 0 to 39 the one whose first twelve points lie farthest apart; taken before any trial was run."""

_DIGITS = 3
"""Significant digits of a setting that is tried, so that what is recorded is what was tried."""


@dataclass(frozen=True)
class Trial:
    """One run of a search, ``number`` from 0 on; where ranges were widened there are twice as many."""

    scale: Scale
    method: str
    number: int

    @property
    def name(self) -> str:
        """``METHOD/trial-NN``."""
        return f"{self.method}/trial-{self.number:02}"

    @property
    def settings(self) -> dict[str, float]:
        """What is tried: the point's coordinates, in the order in which the ranges are declared."""
        method = self.scale.method(self.method)
        second_round = self.number >= tuning_of(self.scale).trials
        ranges = {**method.ranges, **(method.widened if second_round else {})}
        point = points(total_trials(self.scale))[self.number]
        return {
            key: _rounded(low * (high / low) ** share)
            for (key, (low, high)), share in zip(ranges.items(), point[: len(ranges)], strict=True)
        }

    def recipe(self) -> Recipe:
        """The recipe of the trial, with training images kept apart to score it on."""
        return load_recipe_of(self.scale, self.method, [f"{key}={value!r}" for key, value in self.settings.items()])

    def run_folder(self, runs: Path) -> Path:
        """Where it is trained."""
        return runs / self.scale.name / "tuning" / self.name


def load_recipe_of(scale: Scale, method: str, settings: list[str]) -> Recipe:
    """What all trials of a method share, with the settings of one laid over it.

    Raises:
        RecipeError: a setting is no key of the recipe or out of range, or no images are kept apart.
    """
    cell = Cell(scale, method, scale.projector, TRIAL_SEED)
    recipe = cell.recipe_with([*tuning_of(scale).set, *settings])
    if recipe.data.validation_size == 0:
        raise RecipeError(
            f"trials at {scale.name} would be scored on test images: set data.validation_size in its [tuning]"
        )
    return recipe


def tuned_methods(scale: Scale) -> list[str]:
    """The methods that are searched: those with ranges."""
    return [method.name for method in scale.methods.values() if method.ranges]


def tuning_of(scale: Scale) -> Tuning:
    """How the scale's methods are tuned. Raises RecipeError if it does not say so."""
    if scale.tuning is None:
        raise RecipeError(f"the scale {scale.name} does not say how it is tuned: add a table [tuning]")
    return scale.tuning


def total_trials(scale: Scale) -> int:
    """Trials of every method: twice as many for all where the ranges of any were widened."""
    rounds = 2 if any(method.widened for method in scale.methods.values()) else 1
    return rounds * tuning_of(scale).trials


def points(count: int) -> list[list[float]]:
    """The first points of a Sobol sequence, all moved alike around the cube: fewer are a beginning of more."""
    sequence = qmc.Sobol(MOST_SETTINGS, scramble=False).random_base2((count - 1).bit_length())
    move = np.random.default_rng(POINTS_SEED).random(MOST_SETTINGS)
    return ((sequence[:count] + move) % 1).tolist()


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
