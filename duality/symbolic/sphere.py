"""Moments of t = x·y for x, y independent and uniform on the unit sphere in M ≥ 2 dimensions.

The density of t is proportional to w(t) = (1 − t²)^((M−3)/2) on [−1, 1]. Integration by parts gives a recurrence
for the moments; `moment` runs it after its every step has been checked by differentiation. No integral is looked
up. (M = 1, where t = ±1, has no density; there E t² = 1 = 1/M directly.)
"""

import sympy as sp

from duality.symbolic.combinations import Expression, checked, superscript
from duality.symbolic.facts import Fact, NotProvedError, established
from duality.symbolic.monomials import size

M = size("M")
UNIFORM = ("t = x·y, x and y independent and uniform on the unit sphere of M ≥ 2 dimensions",)
_t = sp.Symbol("t", real=True)
_k = sp.Symbol("k", integer=True, positive=True)


def density() -> Fact:
    """The density: the slice at t = cos θ is a sphere of radius sin θ in one dimension less, and dt = −sin θ dθ.

    Raises:
        NotProvedError: the change of variable gives something else than w.
    """
    sine = sp.Symbol("sin(theta)", positive=True)
    slice_area, dt = sine ** (M - 2), sine
    _require_zero(sp.powsimp(slice_area / dt) - _weight(sine**2), "the density of t")
    found = "sin^(M−2)θ dθ = (1 − t²)^((M−3)/2) dt for t = cos θ"
    return established("the density of t on [−1, 1]", "∝", "(1 − t²)^((M−3)/2)", found, UNIFORM)


def recurrence() -> Fact:
    """E t^k = (k − 1)/(k + M − 2) · E t^(k−2), by integrating d/dt [t^(k−1) (1 − t²) w] over [−1, 1].

    Raises:
        NotProvedError: the derivative or the value at the ends is not what the recurrence needs.
    """
    bracket = _t ** (_k - 1) * (1 - _t**2) * _weight(1 - _t**2)
    integrand = (_k - 1) * _t ** (_k - 2) - (_k + M - 2) * _t**_k
    gap = (bracket.diff(_t) / _weight(1 - _t**2) - integrand) / _t ** (_k - 2)
    _require_zero(sp.expand(sp.powsimp(sp.expand(gap))), "the derivative of t^(k−1) (1 − t²) w")
    twice_the_exponent = sp.Symbol("M - 1", positive=True)
    _require_zero(sp.S.Zero ** (twice_the_exponent / 2), "(1 − t²) w at t = ±1")
    found = "d/dt [t^(k−1) (1 − t²) w] = ((k − 1) t^(k−2) − (k + M − 2) t^k) w, and the bracket vanishes at ±1"
    return established("E t^k", "=", "(k − 1)/(k + M − 2) · E t^(k−2)", found, UNIFORM)


def moment(order: int) -> Expression:
    """E t^order as a function of M: zero for odd orders since w is even, else by the recurrence from E 1 = 1.

    Raises:
        NotProvedError: a step of the derivation fails.
        ValueError: the order is not a natural number.
    """
    if not isinstance(order, int) or order < 0:
        raise ValueError(f"{order} is not a natural number: t has moments of such orders here")
    if order % 2:
        _require_zero(_weight(1 - _t**2) - _weight(1 - (-_t) ** 2), "w(t) − w(−t)")
        return sp.S.Zero
    density()
    recurrence()
    value = sp.S.One
    for k in range(2, order + 1, 2):
        value *= (k - 1) / (k + M - 2)
    return sp.factor(value)


def moment_equals(order: int, value: Expression) -> Fact:
    """Check a claimed moment.

    Raises:
        NotProvedError: the moment is another.
    """
    found = moment(order)
    _require_zero(sp.cancel(found - checked(value)), f"E t^{order} − ({value})")
    how = f"{found}, " + ("since w is even" if order % 2 else "by the recurrence from E 1 = 1")
    return established(f"E t{superscript(order)}", "=", value, how, UNIFORM)


def _weight(one_minus_square: Expression) -> Expression:
    """w as a function of 1 − t²."""
    return one_minus_square ** ((M - 3) / 2)


def _require_zero(expression: Expression, what: str) -> None:
    if expression != 0:
        raise NotProvedError(f"{what} is {expression}, not 0")
