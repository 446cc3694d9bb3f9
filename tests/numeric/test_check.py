"""Checks: what passes, and exact differences of any size."""

import math
from fractions import Fraction

import pytest

from duality.numeric.check import Check


@pytest.mark.parametrize(
    ("difference", "residual"),
    [(Fraction(0), 0.0), (Fraction(1, 4), 0.25), (Fraction(1, 10**400), 1.0), (Fraction(10**400), math.inf)],
    ids=["none", "some", "too small for a float", "too large for a float"],
)
def test_exact_differences_of_any_size_are_seen(difference: Fraction, residual: float):
    assert Check.exact("x", 1 + difference, 1).residual == residual
    assert Check.exact("x", 1, 1 + difference).ok == (difference == 0)
    assert Check.exact("x", 1, 1 + difference, expect="beyond").ok == (difference > 0)


def test_the_text_shows_residual_and_bound():
    assert str(Check("x", 1.0, 2.0)) == "x: 1 ≤ 2"
    assert str(Check("x", 3.0, 2.0)) == "x: 3 > 2"
