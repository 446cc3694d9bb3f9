"""Growth of rounding errors, and arithmetic of balls."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from duality.numeric.rounding import Ball, growth, round_up, unit_roundoff

numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=10**6)
radii = st.fractions(min_value=0, max_value=10, max_denominator=10**6)
balls = st.builds(Ball, numbers, radii)
shares = st.fractions(min_value=-1, max_value=1, max_denominator=100)


def point(ball: Ball, share: Fraction) -> Fraction:
    """A number in the ball: −1 is its lower end, 1 its upper."""
    return ball.value + share * ball.radius


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_unit_roundoff_is_half_of_the_gap_above_one(dtype):
    u = unit_roundoff(dtype)
    one = torch.ones((), dtype=dtype)
    assert one + torch.tensor(2 * u, dtype=dtype) > one
    assert one + torch.tensor(u, dtype=dtype) == one


@given(st.integers(0, 300), st.sampled_from([2.0**-53, 2.0**-24, 2.0**-11, 2.0**-8]))
def test_growth_is_an_upper_bound_below_higham_s(k, u):
    exact = (1 + Fraction(u)) ** k - 1
    assert exact <= Fraction(growth(k, u))
    assert 1 - (1 - Fraction(u)) ** k <= Fraction(growth(k, u))
    if k * u < 0.5:
        assert growth(k, u) <= k * u / (1 - k * u) * (1 + 1e-15)


def test_growth_of_nothing_is_nothing_and_of_very_much_infinite():
    assert growth(0, 2.0**-24) == 0
    assert growth(10**9, 2.0**-8) == math.inf


@given(balls, balls, shares, shares, numbers)
def test_arithmetic_contains_every_result(a, b, s, t, number):
    x, y = point(a, s), point(b, t)
    assert x + y in a + b
    assert x - y in a - b
    assert x * y in a * b
    assert -x in -a
    assert x * x in a.square()
    assert x + number in a + number
    assert number - x in number - a
    assert number * x in number * a
    if number:
        assert x / number in a / number


@given(balls, balls)
def test_ends_are_reached(a, b):
    assert (a + b).upper == a.upper + b.upper
    assert (a - b).lower == a.lower - b.upper


@given(numbers, numbers)
def test_exact_balls_stay_exact(x, y):
    assert Ball.exact(x) * Ball.exact(y) - x * y == Ball.exact(0)


@given(st.lists(balls, min_size=1))
def test_hull_is_the_smallest_ball_around_all(members):
    hull = Ball.hull(members)
    assert hull.lower == min(ball.lower for ball in members)
    assert hull.upper == max(ball.upper for ball in members)


@given(balls, shares)
def test_square_root_contains_every_root_closely(ball, share):
    if ball.upper < 0:
        with pytest.raises(ValueError, match="no square root"):
            ball.sqrt()
        return
    root = ball.sqrt()
    x = max(point(ball, share), Fraction(0))
    assert max(root.lower, Fraction(0)) ** 2 <= x <= root.upper**2
    # Outwards by no more than 2⁻⁵⁵ of itself.
    assert root.upper**2 <= ball.upper * (1 + Fraction(1, 2**50))


@given(st.fractions())
def test_round_up_is_the_next_float(number):
    up = round_up(number)
    assert Fraction(up) >= number
    assert Fraction(math.nextafter(up, -math.inf)) < number


def test_round_up_beyond_the_range():
    assert round_up(Fraction(10) ** 400) == math.inf
    assert round_up(Fraction(-(10**400))) == -math.inf
    assert round_up(Fraction(1, 10**400)) == 5e-324


@given(balls, st.integers(-8000, 8000))
def test_checks_decide_as_exact_arithmetic_does_at_any_scale(ball, exponent):
    scaled = ball * Fraction(2) ** exponent
    assert scaled.is_zero("x").ok == (0 in ball)
    assert scaled.is_nonnegative("x").ok == (ball.upper >= 0)
    assert scaled.is_positive("x").ok == (ball.lower > 0)


def test_checks_out_of_range_name_their_unit():
    assert "2^" in Ball(Fraction(10) ** 400, Fraction(1)).is_zero("x").what
    assert Ball(Fraction(10) ** 100, Fraction(1)).is_zero("x").what == "x"
