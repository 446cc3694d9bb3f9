"""Scales: at which size the experiments are run, and each method's settings there; one TOML file for each."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from duality.training.errors import RecipeError
from duality.words import nearest


@dataclass(frozen=True)
class Method:
    """A method under its name in the figures: a loss, and overrides of the scale's recipe.

    ``tuned`` are overrides laid over ``set``: those in the scale's file, or those that a search found
    (`duality.experiments.run.tuning_record.as_tuned`), which itself starts without them; None where there is a
    search and nothing was found yet. ``tuned_as`` names the method whose ``tuned`` this one takes.

    A search tries each ``section.key`` of ``ranges`` from a lowest to a highest value, on a logarithmic scale.
    ``widened`` are the ranges that its second round takes in their place.
    """

    name: str
    loss: str
    set: tuple[str, ...] = ()
    tuned: tuple[str, ...] | None = ()
    tuned_as: str | None = None
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    widened: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Tuning:
    """How every method of a scale is tuned: ``trials`` a round, and what is ``set`` in each of them.

    ``set`` keeps images apart to choose by: ``data.validation_size``.
    """

    trials: int
    set: tuple[str, ...]


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
        tuning: how methods with ranges are tuned.
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
    tuning: Tuning | None = None

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
    methods = {method: _method(method, each) for method, each in table["methods"].items()}
    for method in list(methods.values()):
        if method.tuned_as is not None:
            methods[method.name] = replace(method, tuned=methods[method.tuned_as].tuned)
    lists = {key: tuple(table[key]) for key in ("set", "dimensions")}
    tuning = table.get("tuning")
    if tuning is not None:
        tuning = Tuning(tuning["trials"], tuple(tuning["set"]))
    return Scale(**{**table, **lists, "name": name, "methods": methods, "tuning": tuning})


def _method(name: str, table: dict[str, Any]) -> Method:
    ranges, widened = (
        {key: (float(low), float(high)) for key, (low, high) in table.get(kind, {}).items()}
        for kind in ("ranges", "widened")
    )
    tuned = tuple(table["tuned"]) if "tuned" in table else None if ranges else ()
    return Method(name, table["loss"], tuple(table.get("set", ())), tuned, table.get("tuned_as"), ranges, widened)


def _nearest(word: str, options: list[str]) -> str:
    near = nearest(word, options)
    return f": did you mean {near}?" if near else f": choose {', '.join(options)}"
