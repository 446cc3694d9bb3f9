"""Log-sum-exp repulsions of small matrices, rigorously: exact similarities, interval exp and log."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

from mpmath.ctx_iv import MPIntervalContext
from mpmath.libmp import to_rational

from duality.numeric import exact
from duality.numeric.rounding import Ball

# mpmath makes the functions of a context at run time: no type checker sees them.
_INTERVAL: Any = MPIntervalContext()
_INTERVAL.prec = 120


def itself(similarity: Fraction) -> Fraction:
    """The similarity as it is: SimCLR, DCL."""
    return similarity


def squared(similarity: Fraction) -> Fraction:
    """The squared similarity: SimCLR-sq, DCL-sq."""
    return similarity * similarity


def log(value: Fraction | int) -> Ball:
    """The natural logarithm of a positive number."""
    return _ball(_INTERVAL.log(_interval(Fraction(value))))


def log_sum_exp(values: Iterable[Fraction]) -> Ball:
    """log Σ exp(values), of at least one. The largest is taken out first, so that nothing overflows."""
    exponents = list(values)
    largest = max(exponents)
    total = sum((_INTERVAL.exp(_interval(value - largest)) for value in exponents), _INTERVAL.mpf(0))
    return _ball(_INTERVAL.log(total)) + largest


def repulsion(z: exact.Matrix, temperature: Fraction, similarity: Callable[[Fraction], Fraction] = itself) -> Ball:
    """Σ_i log Σ_{i'≠i} exp(s(z_i·z_i')/τ), DCL's repulsion within one view, for at least two samples."""
    gram = exact.gram(z)
    rows = range(len(gram))
    terms = (log_sum_exp(similarity(gram[i][j]) / temperature for j in rows if j != i) for i in rows)
    return sum(terms, Ball.exact(0))


def _interval(value: Fraction) -> Any:
    return _INTERVAL.mpf(value.numerator) / _INTERVAL.mpf(value.denominator)


def _ball(interval: Any) -> Ball:
    lower, upper = (Fraction(*to_rational(end)) for end in interval._mpi_)
    return Ball.between(lower, upper)
