"""Linear combinations with SymPy coefficients: what the normal forms of sums and of traces are made of."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import sympy as sp

Key = TypeVar("Key")

Expression = Any
"""A SymPy expression. SymPy's own annotations are too wide to check against (``Basic`` for most operations)."""


def collect(terms: Iterable[tuple[Key, Expression]]) -> dict[Key, Expression]:
    """Add up the coefficients of equal keys; drop those that are zero as rational functions."""
    parts: dict[Key, list[Expression]] = {}
    for key, coefficient in terms:
        parts.setdefault(key, []).append(coefficient)
    combined = {key: sp.Add(*coefficients) for key, coefficients in parts.items()}
    return {key: coefficient for key, coefficient in combined.items() if not _is_zero(coefficient)}


def difference(left: Mapping[Key, Expression], right: Mapping[Key, Expression]) -> dict[Key, Expression]:
    """left − right."""
    return collect([*left.items(), *((key, -coefficient) for key, coefficient in right.items())])


def render(terms: Mapping[Key, Expression], render_key: Callable[[Key], str]) -> str:
    """The combination as text, ``2 a − b + (N/M) c``."""
    if not terms:
        return "0"
    pieces = [_render_term(sp.factor(coefficient), render_key(key)) for key, coefficient in terms.items()]
    sign, body = pieces[0]
    return ("−" if sign == "−" else "") + body + "".join(f" {sign} {body}" for sign, body in pieces[1:])


def _render_term(coefficient: Expression, body: str) -> tuple[str, str]:
    sign = "−" if coefficient.could_extract_minus_sign() else "+"
    size = -coefficient if sign == "−" else coefficient
    text = str(size).replace("**", "^").replace("*", "·").replace(" - ", " − ")
    text = f"({text})" if isinstance(size, sp.Add) and body else text
    if not body:
        return sign, text
    return sign, body if size == 1 else f"{text} {body}"


def _is_zero(coefficient: Expression) -> bool:
    return (coefficient if coefficient.is_Rational else sp.cancel(coefficient)).is_zero is True
