"""Scales: at which size the experiments are run, and each method's settings there; one TOML file for each."""

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from duality.training.errors import RecipeError


@dataclass(frozen=True)
class Method:
    """A method under its name in the figures: a loss, and overrides of the scale's recipe.

    ``tuned`` are the overrides that `duality.experiments.run.tune` found, for the method itself or for the one that
    the scale's file names as ``tuned_as``; they are laid over ``set``, and tuning itself starts without them.
    """

    name: str
    loss: str
    set: tuple[str, ...] = ()
    tuned: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Scale:
    """A recipe and what the experiments vary in it.

    Attributes:
        name: the file's name without its ending.
        recipe: the shipped recipe that all cells start from.
        set: overrides that all cells share.
        seeds: how many seeds an experiment takes if it does not say so itself.
        margin: differences of linear-probe accuracy below this count as none, in points. Stated before any run.
        dimensions: of the embeddings, ascending: 1/8, 1/2, 1 and 4 times that of the representations.
        hidden: width of the large projector's hidden layers.
        baseline: the method whose runs also measure the network as its seed initialises it.
        methods: by name.
        needs: what a machine must have to run the grid, for those who find no results.
    """

    name: str
    recipe: str
    set: tuple[str, ...]
    seeds: int
    margin: float
    dimensions: tuple[int, ...]
    hidden: int
    baseline: str
    methods: dict[str, Method]
    needs: str = ""

    @property
    def projector(self) -> str:
        """The large projector with the largest embeddings, where methods are compared."""
        return self.large_projector(self.dimensions[-1])

    def large_projector(self, dimension: int) -> str:
        """The paper's 8192-8192-d: wide hidden layers whatever the embedding's dimension."""
        return f"{self.hidden}-{self.hidden}-{dimension}"

    def narrow_projector(self, dimension: int) -> str:
        """The paper's d-d-d: hidden layers as wide as the embedding."""
        return f"{dimension}-{dimension}-{dimension}"

    def method(self, name: str) -> Method:
        """The method of this name.

        Raises:
            RecipeError: there is none; the message names the nearest.
        """
        if name not in self.methods:
            raise RecipeError(f"the scale {self.name} has no method {name!r}{_nearest(name, list(self.methods))}")
        return self.methods[name]


def scale_names() -> list[str]:
    """Names of the scales that come with the package."""
    folder = files("duality.experiments") / "scales"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


@cache
def load_scale(name: str) -> Scale:
    """A scale by its name.

    Raises:
        RecipeError: there is none; the message names the nearest.
    """
    if name not in scale_names():
        raise RecipeError(f"no scale is called {name!r}{_nearest(name, scale_names())}")
    text = (files("duality.experiments") / "scales" / f"{name}.toml").read_text("utf-8")
    return scale_from_dict(name, tomllib.loads(text))


def scale_from_dict(name: str, table: dict[str, Any]) -> Scale:
    """A scale from what its TOML file holds; a name that it should not have raises TypeError."""
    given = table["methods"]
    methods = {
        method: Method(method, each["loss"], tuple(each.get("set", ())), tuple(_tuned(given, each)))
        for method, each in given.items()
    }
    lists = {key: tuple(table[key]) for key in ("set", "dimensions")}
    return Scale(**{**table, **lists, "name": name, "methods": methods})


def _tuned(methods: dict[str, Any], method: dict[str, Any]) -> list[str]:
    source = methods[method["tuned_as"]] if "tuned_as" in method else method
    return source.get("tuned", [])


def _nearest(word: str, options: list[str]) -> str:
    close = difflib.get_close_matches(word, options, n=1)
    return f": did you mean {close[0]}?" if close else f": choose {', '.join(options)}"
