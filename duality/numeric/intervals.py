"""Log-sum-exp repulsions of small matrices, rigorously: exact similarities, and exp and log enclosed by Arb.

Arb, by python-flint, returns with every value a proven bound of its error. Its balls are taken over exactly.
"""

from collections.abc import Callable, Iterable
from fractions import Fraction

from flint import arb, ctx, fmpq

from duality.numeric import exact
from duality.numeric.rounding import Ball

PRECISION = 120
"""Bits that Arb computes with."""
TEMPERATURE = Fraction(3, 20)
"""At which claims compare repulsions."""
LARGEST = 10
"""Vectors up to which claims have a repulsion enclosed, N² exponentials a matrix."""


def itself(similarity: Fraction) -> Fraction:
    """The similarity as it is: SimCLR, DCL."""
    return similarity


def squared(similarity: Fraction) -> Fraction:
    """The squared similarity: SimCLR-sq, DCL-sq."""
    return similarity * similarity


def exp(value: Fraction | int) -> Ball:
    """The exponential of a number, which is not so large that it cannot be written down."""
    with ctx.workprec(PRECISION):
        return ball(_enclosed(value).exp())


def log(value: Fraction | int) -> Ball:
    """The natural logarithm of a positive number.

    Raises:
        ValueError: the number is not positive.
    """
    if value <= 0:
        raise ValueError(f"{value} is not positive: it has no logarithm")
    with ctx.workprec(PRECISION):
        return ball(_enclosed(value).log())


def log_sum_exp(values: Iterable[Fraction]) -> Ball:
    """log Σ exp(values), of at least one. The largest is taken out first, so that nothing overflows."""
    exponents = list(values)
    largest = max(exponents)
    with ctx.workprec(PRECISION):
        total = sum((_enclosed(value - largest).exp() for value in exponents), arb(0))
        return ball(total.log()) + largest


def repulsion(z: exact.Matrix, temperature: Fraction, similarity: Callable[[Fraction], Fraction] = itself) -> Ball:
    """Σ_i log Σ_{i'≠i} exp(s(z_i·z_i')/τ), DCL's repulsion within one view, for at least two samples."""
    gram = exact.gram(z)
    rows = range(len(gram))
    terms = (log_sum_exp(similarity(gram[i][j]) / temperature for j in rows if j != i) for i in rows)
    return sum(terms, Ball.exact(0))


def above_simplex(z: exact.Matrix) -> Ball:
    """By how much the repulsion exceeds the least for this energy, N log(N−1) − ‖K‖²/((N−1)τ), a simplex's."""
    n = len(z)
    return repulsion(z, TEMPERATURE) - (n * log(n - 1) - exact.energy(z) / ((n - 1) * TEMPERATURE))


def _enclosed(value: Fraction | int) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def ball(enclosure: arb) -> Ball:
    """Arb's ball as one of ours: its midpoint and radius are binary fractions."""
    return Ball(_rational(enclosure.mid()), _rational(enclosure.rad()))


def _rational(number: arb) -> Fraction:
    mantissa, exponent = (int(part) for part in number.man_exp())
    return mantissa * Fraction(2) ** exponent
