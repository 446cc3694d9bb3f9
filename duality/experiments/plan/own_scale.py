"""A scale of the user's own: its two files are read, and what is wrong in them is said in one line."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from duality.experiments.claims.measures import MEASURES
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.preregistration import Preregistration, preregistration_from
from duality.experiments.plan.scale import MOST_SETTINGS, Method, Scale, scale_from_dict, scale_names
from duality.training.errors import RecipeError
from duality.training.recipe import shipped_recipes
from duality.words import did_you_mean

_FILES = ("scale.toml", "preregistration.toml")


@dataclass(frozen=True)
class _Kind:
    """What a value must be: in words, and the test."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value < float("inf")


def _is_whole(value: Any) -> bool:
    return type(value) is int and value > 0


def _is_list(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_span(value: Any) -> bool:
    return _is_list(value, _is_number) and len(value) == 2 and value[0] < value[1]


_TEXT = _Kind("a text", _is_text)
_TEXTS = _Kind("a list of texts", lambda value: _is_list(value, _is_text))
_SOME_TEXTS = _Kind("a list of texts, at least one", lambda value: _TEXTS.fits(value) and value != [])
_WHOLE = _Kind("a whole number above 0", _is_whole)
_NUMBER = _Kind("a number above 0", _is_number)
_FLAG = _Kind("true or false", lambda value: isinstance(value, bool))
_DATE = _Kind("a date, such as 2026-01-31", lambda value: isinstance(value, date | str))
_TABLE = _Kind("a table", lambda value: isinstance(value, dict))
_TABLES = _Kind(
    "tables, at least one",
    lambda value: (
        isinstance(value, dict) and value != {} and all(isinstance(each, dict) for each in value.values())
    ),
)
_SIZES = _Kind(
    "a list of whole numbers above 0, ascending",
    lambda value: _is_list(value, _is_whole) and value != [] and value == sorted(set(value)),
)
_SEEDS = _Kind(
    "a list of whole numbers above 0, ascending: how many seeds there are at each look",
    lambda value: _is_list(value, _is_whole) and value != [] and value == sorted(value),
)
_SPANS = _Kind(
    f"a table of at most {MOST_SETTINGS} settings, each a list [lowest, highest] of numbers above 0",
    lambda value: isinstance(value, dict) and len(value) <= MOST_SETTINGS and all(map(_is_span, value.values())),
)
_LEVELS = _Kind(
    "a list of numbers between 0 and 1",
    lambda value: _is_list(value, lambda each: _is_number(each) and each < 1) and value != [],
)
_PROJECTORS = _Kind(
    'a list of widths, such as ["512-512-128"]',
    lambda value: _is_list(value, lambda each: bool(re.fullmatch(r"\d+(-\d+)*", str(each)))) and value != [],
)

_SCALE = {
    "recipe": _TEXT,
    "set": _TEXTS,
    "representation": _WHOLE,
    "dimensions": _SIZES,
    "hidden": _WHOLE,
    "baseline": _TEXT,
    "methods": _TABLES,
}
_SCALE_MAY = {"needs": _TEXT, "cell_hours": _NUMBER, "tuning": _TABLE}
_TUNING = {"trials": _WHOLE, "set": _TEXTS}
_METHOD = {"loss": _TEXT}
_METHOD_MAY = {
    "set": _TEXTS,
    "tuned": _TEXTS,
    "tuned_as": _TEXT,
    "takes": _TEXTS,
    "ranges": _SPANS,
    "widened": _SPANS,
}
_DECLARED = {
    "declared": _DATE,
    "after_data": _FLAG,
    "seen": _TEXT,
    "delta": _TABLE,
    "spread": _TABLE,
    "looks": _TABLE,
    "blocks": _TABLES,
}
_DECLARED_MAY = {"trials": _WHOLE, "earlier": _TEXTS, "statements": _TABLE}
_DELTA = {"share": _NUMBER, "points": _NUMBER, "origin": _TEXT}
_SPREAD = {**{name: _NUMBER for name in MEASURES if name != "online"}, "origin": _TEXT}
_BLOCK = {"title": _TEXT, "projectors": _PROJECTORS, "methods": _SOME_TEXTS, "seeds": _SEEDS}


def read_own_scale(source: Path) -> Scale:
    """The scale of a folder with ``scale.toml`` and ``preregistration.toml``, or of a ``scale.toml``.

    It has the name of its folder. A recipe that is not shipped is a file's path from there.

    Raises:
        RecipeError: a file is missing, is no TOML, or holds what it should not; the message names file and key.
    """
    folder = (source if source.is_dir() else source.parent).resolve()
    if not source.is_dir() and source.name != _FILES[0]:
        raise RecipeError(f"{source} is no scale: name a folder with {' and '.join(_FILES)}, or the former")
    if folder.name in scale_names():
        raise RecipeError(f"{source} has the name of a scale that comes with the package: rename the folder")
    texts = [_read(folder / name, source) for name in _FILES]
    tables = [_parsed(text, source, name) for text, name in zip(texts, _FILES, strict=True)]
    places = f"{source}: {_FILES[0]}", f"{source}: {_FILES[1]}"
    _check_scale(tables[0], places[0])
    _check_declaration(tables[1], tables[0]["methods"], places[1])
    scale = scale_from_dict(folder.name, _placed(tables[0], folder), _declaration(texts[1], places[1]))
    scale = replace(scale, source=source)
    for method in scale.methods.values():
        _try_recipe(scale, method, places[0])
    return scale


def _try_recipe(scale: Scale, method: Method, place: str) -> None:
    """That a method can be trained, with what it was tuned to or with the lowest of what a search would try."""
    lowest = [f"{key}={low!r}" for key, (low, _) in {**method.ranges, **method.widened}.items()]
    try:
        Cell(scale, method.name, scale.projector, 0).recipe_with(lowest if method.tuned is None else method.tuned)
    except RecipeError as error:
        raise RecipeError(f"{place}: methods.{method.name}: {error}") from None


def _read(path: Path, source: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise RecipeError(f"{source} lacks {path.name}: a scale is a folder with {' and '.join(_FILES)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{source}: {path.name} cannot be read: {error}") from None


def _parsed(text: str, source: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(f"{source}: {name} is not TOML: {error}") from None


def _declaration(text: str, place: str) -> Preregistration:
    try:
        return preregistration_from(text)
    except ValueError as error:
        raise RecipeError(f"{place}: {error}") from None


def _placed(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """With a recipe of the user's own as a path that leads there from anywhere."""
    recipe = table["recipe"]
    return table if recipe in shipped_recipes() else {**table, "recipe": str(folder / recipe)}


def _check_scale(table: Mapping[str, Any], place: str) -> None:
    _check(table, _SCALE, _SCALE_MAY, place)
    if "tuning" in table:
        _check(table["tuning"], _TUNING, {}, place, "tuning.")
    methods = table["methods"]
    for name, method in methods.items():
        if not re.fullmatch(r"[\w.+-]+", name):
            raise RecipeError(f"{place}: a method is called {name!r}: use letters, digits and hyphens")
        _check(method, _METHOD, _METHOD_MAY, place, f"methods.{name}.")
        for key in method.get("widened", {}).keys() - method.get("ranges", {}).keys():
            raise RecipeError(
                f"{place}: methods.{name}.widened has {key}, which is not in its ranges: name it there"
            )
        _check_names(
            [method["tuned_as"]] if "tuned_as" in method else [], methods, place, f"methods.{name}.tuned_as"
        )
    _check_names([table["baseline"]], methods, place, "baseline")


def _check_declaration(table: Mapping[str, Any], methods: Mapping[str, Any], place: str) -> None:
    _check(table, _DECLARED, _DECLARED_MAY, place)
    _check(table["delta"], _DELTA, {}, place, "delta.")
    _check(table["spread"], _SPREAD, {"online": _NUMBER}, place, "spread.")
    _check(table["looks"], {"levels": _LEVELS}, {}, place, "looks.")
    for name, block in table["blocks"].items():
        _check(block, _BLOCK, {"optional": _FLAG}, place, f"blocks.{name}.")
        _check_names(block["methods"], methods, place, f"blocks.{name}.methods")


def _check(
    table: Mapping[str, Any], must: Mapping[str, _Kind], may: Mapping[str, _Kind], place: str, path: str = ""
) -> None:
    """That a table has the keys that it must have, others only that it may have, and of each the kind of value."""
    known = {**must, **may}
    for key, value in table.items():
        if key not in known:
            meant = did_you_mean(key, known)
            raise RecipeError(f"{place}: unknown key {path}{key}{meant}: choose one of {', '.join(known)}")
        if not known[key].fits(value):
            raise RecipeError(f"{place}: {path}{key} is {_short(value)}: give {known[key].words}")
    for key in must.keys() - table.keys():
        raise RecipeError(f"{place} lacks {path}{key}: give {must[key].words}")


def _check_names(names: list[str], methods: Mapping[str, Any], place: str, path: str) -> None:
    for name in names:
        if name not in methods:
            meant = did_you_mean(name, methods)
            raise RecipeError(f"{place}: {path} names {name!r}{meant}: choose one of {', '.join(methods)}")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
