"""Moments on the sphere: derived by recurrence, compared with Beta integrals and exact ones."""

import pytest
import sympy as sp

from duality.symbolic import NotProvedError, sphere
from duality.symbolic.sphere import M, moment, moment_equals


def beta(a, b):
    return sp.gamma(a) * sp.gamma(b) / sp.gamma(a + b)


@pytest.mark.parametrize("order", [0, 2, 4, 6, 8])
def test_moments_are_ratios_of_beta_integrals(order):
    ratio = beta(sp.Rational(order + 1, 2), (M - 1) / 2) / beta(sp.Rational(1, 2), (M - 1) / 2)
    assert sp.simplify(sp.gammasimp(ratio) - moment(order)) == 0


@pytest.mark.parametrize("order", [1, 3, 5])
def test_odd_moments_vanish(order):
    assert moment(order) == 0


@pytest.mark.parametrize("dimensions", [3, 5, 9])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_moments_against_exact_integrals(dimensions, order):
    """For odd M the density is a polynomial."""
    t = sp.Symbol("t")
    density = sp.expand((1 - t**2) ** ((dimensions - 3) // 2))
    mean = sp.integrate(sp.expand(t**order * density), (t, -1, 1)) / sp.integrate(density, (t, -1, 1))
    assert mean == moment(order).subs(M, dimensions)


@pytest.mark.parametrize(
    ("order", "value"),
    [(2, 1 / M), (3, 0), (4, 3 / (M * (M + 2))), (6, 15 / (M * (M + 2) * (M + 4)))],
)
def test_right_moments_are_proved(order, value):
    assert moment_equals(order, value).how.startswith(f"{sp.factor(value)}, ")


@pytest.mark.parametrize(
    ("order", "value"),
    [(2, 1 / M**2), (2, 1 / (M + 1)), (4, 3 / M**2), (4, 1 / (M * (M + 2))), (3, 1 / M), (0, 0)],
)
def test_wrong_moments_are_rejected(order, value):
    with pytest.raises(NotProvedError, match="not 0"):
        moment_equals(order, value)


def test_another_weight_breaks_the_derivation(monkeypatch):
    monkeypatch.setattr(sphere, "_weight", lambda square: square ** ((M - 1) / 2))
    with pytest.raises(NotProvedError, match="density"):
        sphere.density()
    with pytest.raises(NotProvedError, match="derivative"):
        sphere.recurrence()
    monkeypatch.setattr(sphere, "_weight", lambda square: square ** ((M - 5) / 2))
    with pytest.raises(NotProvedError):
        moment(2)
