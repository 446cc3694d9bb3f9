"""Interval log-sum-exp against floats, and against identities that hold exactly."""

from fractions import Fraction

import torch
from hypothesis import given
from hypothesis import strategies as st

from duality.numeric import exact
from duality.numeric.intervals import log, log_sum_exp, repulsion, squared

NUMBERS = st.floats(-50, 50, allow_subnormal=False)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_log_sum_exp_contains_the_float_value(values: list[float]):
    ball = log_sum_exp(map(Fraction, values))
    nearest = float(torch.logsumexp(torch.tensor(values, dtype=torch.float64), dim=0))
    assert ball.radius < Fraction(1, 10**28)
    # Sums of at most 8 exponentials, each within a few roundings, at values up to 50.
    assert abs(ball.value - Fraction(nearest)) <= 64 * 2.0**-53 * 52


@given(NUMBERS, st.integers(1, 9))
def test_equal_terms_add_their_logarithm(value: float, count: int):
    gap = log_sum_exp([Fraction(value)] * count) - log(count) - Fraction(value)
    assert gap.is_zero("log Σ = log n + x").ok


def test_huge_exponents_do_not_overflow():
    ball = log_sum_exp([Fraction(10) ** 9, Fraction(0)])
    assert ball.lower >= 10**9 - Fraction(1, 10**20)


@given(st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=2, max_size=5))
def test_repulsion_is_the_sum_over_rows_without_the_diagonal(z: list[list[int]]):
    for similarity, power in ((squared, 2), (lambda value: value, 1)):
        value = repulsion(z, Fraction(1, 2), similarity)
        gram = torch.tensor(
            [[float(entry) ** power for entry in row] for row in exact.gram(z)], dtype=torch.float64
        )
        logits = (2 * gram).fill_diagonal_(-torch.inf)
        nearest = float(torch.logsumexp(logits, dim=1).sum())
        assert abs(float(value.value) - nearest) <= 1e-12 * (1 + abs(nearest))
