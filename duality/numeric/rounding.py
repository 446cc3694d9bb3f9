"""Rounding errors: their growth along a sum, and exact arithmetic on numbers known up to a radius.

The model is Higham's: every operation returns its exact result times 1 + δ, |δ| ≤ u. A number that went through
k operations is off by a factor between (1 − u)ᵏ and (1 + u)ᵏ, whatever their order.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Rational

import torch

from duality.numeric.check import Check

Scalar = Rational | float
"""Anything that is a rational number exactly: int, Fraction, a finite float."""

_FLOAT_EXPONENTS = (-900, 900)
"""Powers of two between which a residual and its bound are shown as they are; beyond, they share a unit."""


def unit_roundoff(dtype: torch.dtype) -> float:
    """u, the largest relative error of rounding to nearest in this data type."""
    return torch.finfo(dtype).eps / 2


def growth(roundings: int, unit: float) -> float:
    """An upper bound of (1 + u)ᵏ − 1: how far k roundings can move a number, relative to it.

    At most 1 ulp above k u + (k u)²/2 + …, hence below Higham's γ_k = k u / (1 − k u).
    """
    exponent = roundings * unit
    return math.expm1(exponent) * (1 + 2.0**-50) if exponent < 700 else math.inf


@dataclass(frozen=True)
class Ball:
    """A real number known up to a radius: |x − value| ≤ radius, both of them exact rationals.

    Sums, differences and products of balls (and with int, Fraction, float) add no rounding of their own, so
    a ball's radius comes only from the floating-point sums it was built from.
    """

    value: Fraction
    radius: Fraction = Fraction(0)

    @classmethod
    def exact(cls, number: Scalar) -> "Ball":
        """The ball of radius zero around a finite number."""
        return cls(Fraction(number))

    @classmethod
    def between(cls, lower: Scalar, upper: Scalar) -> "Ball":
        """The ball whose ends are ``lower`` ≤ ``upper``."""
        low, high = Fraction(lower), Fraction(upper)
        return cls((low + high) / 2, (high - low) / 2)

    @classmethod
    def hull(cls, balls: Iterable["Ball"]) -> "Ball":
        """The smallest ball that contains all of these; at least one."""
        balls = list(balls)
        return cls.between(min(ball.lower for ball in balls), max(ball.upper for ball in balls))

    @cached_property
    def lower(self) -> Fraction:
        """The least number in the ball."""
        return self.value - self.radius

    @cached_property
    def upper(self) -> Fraction:
        """The greatest number in the ball."""
        return self.value + self.radius

    def __contains__(self, number: Scalar) -> bool:
        return self.lower <= Fraction(number) <= self.upper

    def __neg__(self) -> "Ball":
        return Ball(-self.value, self.radius)

    def __add__(self, other: "Ball | Scalar") -> "Ball":
        other = _ball(other)
        return Ball(self.value + other.value, self.radius + other.radius)

    def __sub__(self, other: "Ball | Scalar") -> "Ball":
        return self + -_ball(other)

    def __mul__(self, other: "Ball | Scalar") -> "Ball":
        other = _ball(other)
        radius = abs(self.value) * other.radius + self.radius * abs(other.value) + self.radius * other.radius
        return Ball(self.value * other.value, radius)

    def __rsub__(self, other: Scalar) -> "Ball":
        return _ball(other) - self

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Scalar) -> "Ball":
        return self * (1 / Fraction(other))

    def square(self) -> "Ball":
        """The squares of the numbers in the ball."""
        return self * self

    def sqrt(self) -> "Ball":
        """The square roots of the non-negative numbers in the ball, outwards to 60 bits.

        Raises:
            ValueError: all numbers in the ball are negative.
        """
        if self.upper < 0:
            raise ValueError("every number in this ball is negative: it has no square root")
        return Ball.between(_root(max(self.lower, Fraction(0))), _root(self.upper, up=True))

    def is_zero(self, what: str) -> Check:
        """The check that zero lies in the ball: |value| ≤ radius."""
        return _check(what, abs(self.value), self.radius)

    def is_nonnegative(self, what: str) -> Check:
        """The check that the ball reaches zero from below, if it starts there: −value ≤ radius."""
        return _check(what, max(-self.value, Fraction(0)), self.radius)

    def is_positive(self, what: str) -> Check:
        """The check that every number in the ball is positive: value > radius. For counterexamples."""
        return _check(what, self.value, self.radius, beyond=True)


def round_up(number: Fraction) -> float:
    """The least float64 that is not below ``number``."""
    try:
        nearest = float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
    return nearest if Fraction(nearest) >= number else math.nextafter(nearest, math.inf)


def _ball(number: "Ball | Scalar") -> Ball:
    return number if isinstance(number, Ball) else Ball.exact(number)


def _exponent(number: Fraction) -> int:
    """The power of two next to a number's size, give or take one."""
    return abs(number.numerator).bit_length() - number.denominator.bit_length()


def _root(number: Fraction, up: bool = False) -> Fraction:
    """√number rounded down, or up, at about 60 significant bits."""
    shift = 60 - _exponent(number) // 2
    scaled = number * Fraction(4) ** shift
    if up:
        whole = -(-scaled.numerator // scaled.denominator)
        root = math.isqrt(whole - 1) + 1 if whole else 0
    else:
        root = math.isqrt(scaled.numerator // scaled.denominator)
    return root / Fraction(2) ** shift


def _check(what: str, residual: Fraction, bound: Fraction, beyond: bool = False) -> Check:
    """A check of two rationals; both are rounded up, which keeps their order.

    Where they leave the range of float64, both are given in units of a power of two.
    """
    exponent = max((_exponent(number) for number in (residual, bound) if number), default=0)
    low, high = _FLOAT_EXPONENTS
    if not low <= exponent <= high:
        unit = Fraction(2) ** exponent
        residual, bound, what = residual / unit, bound / unit, f"{what} (× 2^{exponent})"
    return Check(what, round_up(residual), round_up(bound), "beyond" if beyond else "within")
