"""Linear combinations with SymPy coefficients: what the normal forms of sums and of traces are made of.

A coefficient is a rational function of scalars with exact numbers, or has logarithms of such as further unknowns.
Two are equal if they are so as rational functions: wherever no denominator is zero.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import sympy as sp

from duality.symbolic.facts import NotProvedError

Key = TypeVar("Key")

Expression = Any
"""A SymPy expression. SymPy's own annotations are too wide to check against (``Basic`` for most operations)."""


def superscript(exponent: Any) -> str:
    """A natural number as an exponent; 1 is not written."""
    return "" if exponent == 1 else str(exponent).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


class Names:
    """What the names of one statement stand for: each for one thing, or the statement is refused."""

    def __init__(self):
        self._meanings: dict[str | sp.Dummy, object] = {}

    def record(self, name: str | sp.Dummy, meaning: object) -> None:
        """Note that the statement uses a name for this.

        Raises:
            NotProvedError: it uses it for something else as well: another kind, size or assumption.
        """
        if self._meanings.setdefault(name, meaning) != meaning:
            raise NotProvedError(f"{name} stands for two things in one statement: rename one of them")

    def record_scalars(self, coefficient: Expression) -> None:
        """Note the symbols of a coefficient."""
        for symbol in coefficient.free_symbols:
            self.record(symbol if isinstance(symbol, sp.Dummy) else symbol.name, symbol)


def checked(coefficient: Any) -> Expression:
    """The coefficient, if it is one.

    Raises:
        ValueError: it is not a rational function of exact numbers, scalars and logarithms, or divides by zero.
    """
    coefficient = sp.sympify(coefficient, strict=True)
    if isinstance(coefficient, sp.Rational | sp.core.numbers.ImaginaryUnit):
        return coefficient
    if isinstance(coefficient, sp.Symbol) and coefficient.is_commutative:
        return coefficient
    if isinstance(coefficient, sp.Add | sp.Mul | sp.log):
        for part in coefficient.args:
            checked(part)
        return coefficient
    if isinstance(coefficient, sp.Pow) and coefficient.exp.is_Integer:
        if coefficient.exp < 0 and _is_zero(coefficient.base):
            raise ValueError(f"{coefficient} divides by zero: it cannot be a coefficient")
        checked(coefficient.base)
        return coefficient
    raise ValueError(
        f"{coefficient} is not a rational function of scalars and exact numbers: it cannot be a coefficient"
    )


def collect(terms: Iterable[tuple[Key, Expression]]) -> dict[Key, Expression]:
    """Add up the coefficients of equal keys; drop those that are zero as rational functions.

    Raises:
        ValueError: a coefficient is none, see `checked`.
    """
    parts: dict[Key, list[Expression]] = {}
    for key, coefficient in terms:
        parts.setdefault(key, []).append(checked(coefficient))
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
    return (coefficient if coefficient.is_Rational else sp.cancel(coefficient)) == 0
