"""Scales: at which size the experiments are run, and each method's settings there.

Each is a folder with two files: ``scale.toml`` says how a cell is made, ``preregistration.toml`` which cells are
run and how they are judged. Some come with the package; others are their users' own (`own_scale`).
"""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from duality.experiments.plan.preregistration import Preregistration, preregistration_from
from duality.training.errors import RecipeError
from duality.words import nearest

OF_THE_PLACE: dict[str, Any] = {"root": "", "workers": 0}
"""Of a recipe's ``data``: where the images lie and how many read them, which changes no result; in records this."""

MOST_SETTINGS = 3
"""That a method's search may have."""


@dataclass(frozen=True)
class Method:
    """A method under its name in the figures: a loss, and overrides of the scale's recipe.

    ``tuned`` are overrides laid over ``set``: those in the scale's file, or those that a search found
    (`duality.experiments.run.tuning_record.as_tuned`), which itself starts without them; None where there is a
    search and nothing was found yet. ``tuned_as`` names the method whose ``tuned`` this one takes; where
    ``takes`` has keys, those alone.

    A search tries each ``section.key`` of ``ranges`` from a lowest to a highest value, on a logarithmic scale.
    ``widened`` are the ranges that its second round takes in their place.
    """

    name: str
    loss: str
    set: tuple[str, ...] = ()
    tuned: tuple[str, ...] | None = ()
    tuned_as: str | None = None
    takes: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    widened: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def taking(self, source: "Method") -> "Method":
        """This method with what another was tuned to, or with the part of it that it takes."""
        if source.tuned is None or not self.takes:
            return replace(self, tuned=source.tuned)
        return replace(self, tuned=tuple(each for each in source.tuned if each.partition("=")[0] in self.takes))


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
        name: of its folder.
        recipe: the shipped recipe that all cells start from.
        set: overrides that all cells share.
        preregistration: which cells are run, and how they are judged.
        representation: dimensions of the representations; the paper's have 2048.
        dimensions: of the embeddings, ascending, up to four times those of the representations.
        hidden: width of the large projector's hidden layers.
        baseline: the method whose runs also measure the network as its seed initialises it.
        methods: by name.
        needs: what a machine must have to run the grid, for those who find no results.
        cell_hours: what one of the baseline's cells takes on such a machine, as far as known before any is run.
        tuning: how methods with ranges are tuned.
        overrides: of whoever runs it, which come last and win.
        source: of a scale of the user's own, the path that it was given by.
    """

    name: str
    recipe: str
    set: tuple[str, ...]
    preregistration: Preregistration
    representation: int
    dimensions: tuple[int, ...]
    hidden: int
    baseline: str
    methods: dict[str, Method]
    needs: str = ""
    cell_hours: float | None = None
    tuning: Tuning | None = None
    overrides: tuple[str, ...] = ()
    source: Path | None = None

    @property
    def own_results(self) -> Path | None:
        """Of a scale of the user's own, the folder of results beside its files; None for one of the package's."""
        if self.source is None:
            return None
        return (self.source if self.source.is_dir() else self.source.parent) / "results"

    @property
    def as_options(self) -> str:
        """The name or path, and the overrides that change what is run: what follows ``--scale`` in a command."""
        places = {f"data.{key}" for key in OF_THE_PLACE}
        told = [item for item in self.overrides if item.partition("=")[0].strip() not in places]
        return " ".join([shlex.quote(str(self.source or self.name)), *(f"--set {item}" for item in told)])

    @property
    def delta(self) -> float:
        """δ: what difference of accuracy is of no interest, in points."""
        return self.preregistration.delta

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

    def small_projector(self, dimension: int) -> str:
        """The paper's 2048-d: one hidden layer as wide as the representations."""
        return f"{self.representation}-{dimension}"

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
    return sorted(entry.name for entry in _folder().iterdir() if (entry / "scale.toml").is_file())


def load_scale(name: str, overrides: tuple[str, ...] = ()) -> Scale:
    """A scale by its name, or one of the user's own by its path.

    Args:
        name: of a shipped scale, or a path as `own_scale.read_own_scale` takes it.
        overrides: ``section.key=value``, laid over the recipe of every cell.

    Raises:
        RecipeError: there is none, and the message names the nearest; or its files are wrong.
    """
    if name in scale_names():
        return _shipped_scale(name, overrides)
    if not (Path(name).exists() or "/" in name or name.endswith(".toml")):
        near = _nearest(name, scale_names())
        raise RecipeError(f"no scale is called {name!r}{near}, or give the path of a folder with a scale.toml")
    from duality.experiments.plan.own_scale import read_own_scale

    return replace(read_own_scale(Path(name)), overrides=overrides)


@cache
def _shipped_scale(name: str, overrides: tuple[str, ...]) -> Scale:
    table, declared = (
        (_folder() / name / f"{file}.toml").read_text("utf-8") for file in ("scale", "preregistration")
    )
    scale = scale_from_dict(name, tomllib.loads(table), preregistration_from(declared))
    return replace(scale, overrides=overrides)


def _folder() -> Traversable:
    return files("duality.experiments") / "scales"


def scale_from_dict(name: str, table: dict[str, Any], preregistration: Preregistration) -> Scale:
    """A scale from what its TOML files hold; a name that it should not have raises TypeError."""
    methods = {method: _method(method, each) for method, each in table["methods"].items()}
    for method in list(methods.values()):
        if method.tuned_as is not None:
            methods[method.name] = method.taking(methods[method.tuned_as])
    lists = {key: tuple(table[key]) for key in ("set", "dimensions")}
    tuning = table.get("tuning")
    if tuning is not None:
        tuning = Tuning(tuning["trials"], tuple(tuning["set"]))
    made = {"name": name, "preregistration": preregistration, "methods": methods, "tuning": tuning}
    return Scale(**{**table, **lists, **made})


def _method(name: str, table: dict[str, Any]) -> Method:
    ranges, widened = (
        {key: (float(low), float(high)) for key, (low, high) in table.get(kind, {}).items()}
        for kind in ("ranges", "widened")
    )
    takes = tuple(table.get("takes", ()))
    tuned = tuple(table["tuned"]) if "tuned" in table else None if ranges else ()
    return Method(
        name, table["loss"], tuple(table.get("set", ())), tuned, table.get("tuned_as"), takes, ranges, widened
    )


def _nearest(word: str, options: list[str]) -> str:
    near = nearest(word, options)
    return f": did you mean {near}?" if near else f": choose {', '.join(options)}"
