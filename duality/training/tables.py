"""Plain tables, as TOML and JSON hold them, turned into typed values and back."""

import dataclasses
import math
from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from duality.training.errors import RecipeError
from duality.words import did_you_mean

_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", dict: "a table"}


def build(cls: type, table: Mapping[str, Any], path: str) -> Any:
    """The dataclass with the table's values; ``path`` is what errors put before a key.

    Raises:
        RecipeError: an unknown or a missing key, a wrong type, or a value that the class refuses.
    """
    hints = _types(cls)
    for key in table:
        if key not in hints:
            meant = did_you_mean(key, hints)
            raise RecipeError(f"unknown key {path}{key}{meant}: choose one of {', '.join(hints)}")
    for each in dataclasses.fields(cls):
        required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if required and each.name not in table:
            raise RecipeError(_missing(f"{path}{each.name}", hints[each.name]))
    return cls(**{key: convert(value, hints[key], f"{path}{key}") for key, value in table.items()})


def convert(value: Any, kind: Any, path: str) -> Any:
    """The value as a type of a dataclass's field or of a parameter.

    Raises:
        RecipeError: it is of another type, or a number that is not finite; ``path`` names it.
    """
    if _is_section(kind):
        if not isinstance(value, dict):
            raise RecipeError(f"{path} is {value!r}: it is a section, give its keys, such as {path}.{_first(kind)}")
        return build(kind, value, f"{path}.")
    if isinstance(kind, UnionType):
        return convert(value, next(each for each in get_args(kind) if each is not NoneType), path)
    if get_origin(kind) is Literal:
        options = get_args(kind)
        if value not in options:
            meant = did_you_mean(str(value), options)
            raise RecipeError(f"{path} is {value!r}{meant}: choose {', '.join(options)}")
        return value
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        if not isinstance(value, list) or len(value) != len(kinds):
            raise RecipeError(f"{path} is {value!r}: give a list of {len(kinds)} numbers")
        return tuple(convert(item, inner, path) for item, inner in zip(value, kinds, strict=True))
    if kind is float and type(value) in (int, float):
        return _finite(value, path)
    plain_kind = dict if get_origin(kind) is dict else kind
    if type(value) is not plain_kind:
        raise RecipeError(f"{path} is {value!r}: give {_KINDS[plain_kind]}")
    return value


@cache
def _types(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def plain(value: Any) -> Any:
    """Nested dictionaries and lists, with lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def flattened(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values that are no tables, by ``section.key``."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        flat |= flattened(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``top`` laid over it, table by table."""
    result = dict(base)
    for key, value in top.items():
        nested = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if nested else value
    return result


def first_difference_of(there: Mapping[str, Any], here: Mapping[str, Any]) -> str | None:
    """The first key in which two tables differ, with both values; None where they are equal."""
    for key in sorted(there.keys() | here.keys()):
        if there.get(key) != here.get(key):
            return f"{key} is {there.get(key)!r} there and {here.get(key)!r} here"
    return None


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def _first(cls: type) -> str:
    return dataclasses.fields(cls)[0].name


def _missing(path: str, kind: Any) -> str:
    if _is_section(kind):
        return f"the recipe lacks {path}: add a section [{path}] with {_first(kind)}, as in digits.toml"
    return f"the recipe lacks {path}: add it"


def _finite(value: int | float, path: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise RecipeError(f"{path} is {value}: give a finite number")
    return number
