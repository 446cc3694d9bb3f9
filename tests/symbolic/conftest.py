"""A reference for index sums that knows nothing of normal forms: nested loops, in exact arithmetic."""

import itertools
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import strategies as st

from duality.symbolic.monomials import DELTA, size
from duality.symbolic.quantities import M, N

P = size("P")
SIZES = {M: 2, N: 3, P: 2}


def value(expression, table, scope):
    if isinstance(expression, sp.Sum):
        names = [limits[0] for limits in expression.limits]
        places = itertools.product(*(range(SIZES[limits[2]]) for limits in expression.limits))
        return sum(value(expression.function, table, scope | dict(zip(names, at, strict=True))) for at in places)
    if isinstance(expression, sp.Indexed):
        return table[str(expression.base)][tuple(scope[symbol] for symbol in expression.indices)]
    if isinstance(expression, sp.KroneckerDelta):
        return Fraction(scope[expression.args[0]] == scope[expression.args[1]])
    if isinstance(expression, sp.conjugate):
        return value(expression.args[0], table, scope).conjugate()
    if isinstance(expression, sp.Add):
        return sum(value(part, table, scope) for part in expression.args)
    if isinstance(expression, sp.Mul):
        product = Fraction(1)
        for part in expression.args:
            product = product * value(part, table, scope)
        return product
    if isinstance(expression, sp.Pow):
        return value(expression.base, table, scope) ** int(expression.exp)
    return number(expression)


def number(coefficient):
    exact = sp.sympify(coefficient).subs(SIZES)
    assert exact.is_Rational
    return Fraction(int(exact.p), int(exact.q))


def value_of_form(form, table, scope):
    free = {(str(symbol.upper), str(symbol.label)): at for symbol, at in scope.items()}
    result = Fraction(0)
    for monomial, coefficient in form.items():
        for at in itertools.product(*(range(SIZES[size(bound.range)]) for bound in monomial.bound)):
            places = dict(zip(monomial.bound, at, strict=True))
            product = number(coefficient)
            for factor in monomial.factors:
                where = tuple(
                    places[index] if index.bound else free[index.range, index.name] for index in factor.indices
                )
                product = product * entry_value(factor.name, where, table)
            result = result + product
    return result


def entry_value(name, where, table):
    if name == DELTA:
        return Fraction(where[0] == where[1])
    if name.startswith("conj "):
        return table[name.removeprefix("conj ")][where].conjugate()
    return table[name][where]


def tables(draw_entry):
    shapes = {"K": (M, N), "A": (M, N), "B": (M, P), "w": (N,), "x": (N,)}
    return {
        name: {at: draw_entry() for at in itertools.product(*(range(SIZES[s]) for s in shape))}
        for name, shape in shapes.items()
    }


@st.composite
def _matrices(draw):
    table = tables(lambda: Fraction(draw(st.integers(-3, 3))))
    table["Z"] = {at: complex(int(entry), draw(st.integers(-3, 3))) for at, entry in table["A"].items()}
    return table


def fixed_table():
    numbers = itertools.count(2)
    table = tables(lambda: Fraction(next(numbers) ** 2 % 11 - 4))
    table["Z"] = {at: complex(int(entry), next(numbers) % 5 - 2) for at, entry in table["A"].items()}
    return table


@pytest.fixture(scope="session")
def evaluate():
    """``evaluate(expression, table, scope)``: entries from ``table``, free indices from ``scope``."""
    return value


@pytest.fixture(scope="session")
def evaluate_form():
    """The same for a normal form."""
    return value_of_form


@pytest.fixture(scope="session")
def table():
    """Fixed entries for every matrix that the statements use."""
    return fixed_table()


@pytest.fixture(scope="session")
def matrices():
    """A strategy for the same with small random integers."""
    return _matrices()
