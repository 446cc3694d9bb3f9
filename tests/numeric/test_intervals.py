"""Enclosures by Arb against exact rationals that know nothing of it, floats, and identities that hold exactly."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from duality.numeric import exact, intervals
from duality.numeric.certify import certify
from duality.numeric.intervals import exp, log, log_sum_exp, repulsion, squared
from duality.numeric.rounding import Ball, growth

NUMBERS = st.floats(-50, 50, allow_subnormal=False)
RATIONALS = st.fractions(-40, 40, max_denominator=10**30)


def exponential(x: Fraction) -> tuple[Fraction, Fraction]:
    """Two rationals with e^x between them: Taylor's series at x/2^k, with its remainder, squared k times."""
    if x < 0:
        lower, upper = exponential(-x)
        return 1 / upper, 1 / lower
    halvings = max(0, math.ceil(x).bit_length() + 4)
    small, term, total, n = x / 2**halvings, Fraction(1), Fraction(1), 0
    while term > Fraction(1, 2**220):
        n += 1
        term = _shortened(term * small / n, up=True)
        total += term
    # Rounding upwards adds at most 2^-300 a term; what is left of the series is less than its last term.
    lower, upper = total - (n + 1) * Fraction(1, 2**290), total + term
    for _ in range(halvings):
        lower, upper = _shortened(lower * lower, up=False), _shortened(upper * upper, up=True)
    return lower, upper


def _shortened(x: Fraction, up: bool) -> Fraction:
    """To 300 bits after the point, so that the numbers do not grow."""
    scaled = x * 2**300
    return Fraction(math.ceil(scaled) if up else math.floor(scaled), 2**300)


def encloses_exponential(ball: Ball, x: Fraction) -> bool:
    """Whether the ball may contain e^x: it is certain that it does not if this is false."""
    lower, upper = exponential(x)
    return ball.lower <= upper and lower <= ball.upper


def encloses_logarithm(ball: Ball, x: Fraction) -> bool:
    return exponential(ball.lower)[0] <= x <= exponential(ball.upper)[1]


def test_the_oracle_is_narrow_and_right():
    for x in (1, 3, -3, 40):
        lower, upper = exponential(Fraction(x))
        assert 0 < upper - lower < lower / 2**150
        assert lower == pytest.approx(math.exp(x), rel=1e-15)
    assert exponential(Fraction(0))[0] <= 1 <= exponential(Fraction(0))[1]


@settings(max_examples=300)
@given(RATIONALS)
def test_exponentials_are_enclosed(x: Fraction):
    ball = exp(x)
    assert encloses_exponential(ball, x)
    assert ball.radius <= ball.value / 2**110


def test_the_number_whose_exponential_another_library_s_interval_misses():
    """mpmath 1.3 at 120 bits: the upper end lies 2^-134.6 below e^x, relative to it (its issue 1181)."""
    x = Fraction(1195502575411985417802462584204106755, 2**118)
    assert encloses_exponential(exp(x), x)


@settings(max_examples=200)
@given(st.fractions(Fraction(1, 10**6), 10**6, max_denominator=10**30).filter(lambda x: x > 0))
def test_logarithms_are_enclosed(x: Fraction):
    ball = log(x)
    assert encloses_logarithm(ball, x)
    assert ball.radius <= Fraction(1, 2**100)


@pytest.mark.parametrize("number", [0, -1, Fraction(-1, 3)])
def test_what_has_no_logarithm_is_an_error(number):
    with pytest.raises(ValueError, match="no logarithm"):
        log(number)


@pytest.mark.parametrize(
    "broken",
    [
        lambda ball: Ball(ball.lower),
        lambda ball: Ball(ball.upper),
        lambda ball: Ball(ball.value + 3 * ball.radius, ball.radius),
    ],
)
def test_an_end_for_the_ball_is_caught(broken, monkeypatch):
    """The enclosure tests can fail: a few numbers suffice to see that a ball is not one."""
    original = intervals.ball
    monkeypatch.setattr(intervals, "ball", lambda enclosure: broken(original(enclosure)))
    numbers = [Fraction(n, 7) for n in range(1, 60)]
    assert not all(encloses_exponential(exp(x), x) for x in numbers)
    assert not all(encloses_logarithm(log(x), x) for x in numbers)


@settings(max_examples=50)
@given(st.lists(RATIONALS, min_size=1, max_size=5))
def test_log_sum_exp_is_enclosed(values: list[Fraction]):
    ball = log_sum_exp(values)
    ends = [exponential(value - max(values)) for value in values]
    lower, upper = (sum((pair[end] for pair in ends), Fraction(0)) for end in (0, 1))
    assert exponential(ball.lower - max(values))[0] <= upper
    assert exponential(ball.upper - max(values))[1] >= lower
    assert ball.radius < Fraction(1, 10**28)


@given(st.lists(NUMBERS, min_size=1, max_size=8))
def test_floats_are_near(values: list[float]):
    ball = log_sum_exp(map(Fraction, values))
    nearest = float(torch.logsumexp(torch.tensor(values, dtype=torch.float64), dim=0))
    # Sums of at most 8 exponentials, each within a few roundings, at values up to 50.
    assert abs(ball.value - Fraction(nearest)) <= 64 * 2.0**-53 * 52


@given(st.integers(1, 400), st.sampled_from([2.0**-53, 2.0**-24, 2.0**-8]))
def test_three_kinds_of_numbers_agree_on_the_growth_of_errors(roundings: int, unit: float):
    """(1 + u)^k − 1 exactly, by Arb's exp and log, and bounded in float64."""
    exactly = (1 + Fraction(unit)) ** roundings - 1
    by_arb = exp((roundings * log(1 + Fraction(unit))).value)
    assert abs(by_arb.value - 1 - exactly) <= Fraction(1, 2**90)
    assert exactly <= Fraction(growth(roundings, unit))


@given(st.lists(st.lists(st.floats(-3, 3, width=32), min_size=2, max_size=2), min_size=2, max_size=5))
def test_float64_balls_contain_the_rationals_that_arb_s_logarithm_sees(z: list[list[float]]):
    energy, ball = exact.energy(z), certify(torch.tensor(z, dtype=torch.float64)).energy
    assert energy in ball
    if ball.lower > 0:
        assert log(ball.lower).lower <= log(energy).upper
        assert log(energy).lower <= log(ball.upper).upper


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
