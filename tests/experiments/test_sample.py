"""One sample's tests, intervals and power, against scipy, statsmodels and Monte Carlo."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import ttest_power

from duality.experiments.infer.sample import FEWEST, MOST, POWER, Sample

DIFFERENT = ((-math.inf, 0.0), (0.0, math.inf))
WITHIN = ((-1.0, 1.0),)
ABOVE = ((0.0, math.inf),)

POINTS = st.integers(-6400, 6400).map(lambda i: i / 64)
VALUES = st.lists(POINTS, min_size=3, max_size=9)
CHANCE = 1e-6
"""That a bound on a count fails although everything is right, were the seed of the random numbers another."""


def between(draws: int, probability: float) -> tuple[int, int]:
    """Counts of successes that are not surprising."""
    low, high = stats.binom.ppf((CHANCE, 1 - CHANCE), draws, probability)
    return int(low), int(high)


@given(VALUES, POINTS)
def test_p_values_are_those_of_scipy(values, limit):
    assume(len(set(values)) > 1)
    sample = Sample.of(values)
    sides = {"greater": ((limit, math.inf),), "less": ((-math.inf, limit),)}
    sides["two-sided"] = sides["less"] + sides["greater"]
    for alternative, regions in sides.items():
        expected = stats.ttest_1samp(values, limit, alternative=alternative).pvalue
        assert sample.p_value(regions) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@given(VALUES, st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_interval_is_that_of_scipy(values, level):
    assume(len(set(values)) > 1)
    expected = stats.ttest_1samp(values, 0).confidence_interval(level)
    assert Sample.of(values).interval(level) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


@given(VALUES, POINTS, st.sampled_from([0.01, 0.05, 0.2]))
def test_the_tests_say_what_the_intervals_say(values, limit, alpha):
    """Inside a region at level α where the interval of level 1 − 2α is; different where that of level 1 − α is."""
    assume(len(set(values)) > 1)
    sample = Sample.of(values)
    low, high = sample.interval(1 - 2 * alpha)
    ends = (limit, limit + 3)
    assume(min(abs(low - limit), abs(high - limit - 3)) > 1e-9)
    assert (sample.p_value((ends,)) < alpha) == (ends[0] < low and high < ends[1])
    low, high = sample.interval(1 - alpha)
    assume(min(abs(low), abs(high)) > 1e-9)
    assert (sample.p_value(DIFFERENT) < alpha) == (low > 0 or high < 0)


@pytest.mark.parametrize("n", [3, 5, 12])
def test_intervals_cover_as_often_as_they_say(n):
    rng, draws, level = np.random.default_rng(0), 4000, 0.95
    samples = (Sample.of(values) for values in 2.0 + 0.5 * rng.standard_normal((draws, n)))
    covered = sum(low < 2.0 < high for low, high in (sample.interval(level) for sample in samples))
    low, high = between(draws, level)
    assert low <= covered <= high


def test_without_spread_the_mean_is_known():
    sample = Sample.of([0.5] * 4)
    assert sample.interval(0.95) == (0.5, 0.5)
    assert sample.p_value(WITHIN) == sample.p_value(DIFFERENT) == 0
    assert sample.p_value(((0.5, 2.0),)) == 0.5
    assert sample.p_value(((0.6, 2.0),)) == 1
    assert Sample.of([0.0] * 4).p_value(DIFFERENT) == 1


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0]])
def test_fewer_than_three_values_say_nothing(values):
    sample = Sample.of(values)
    assert sample.n == len(values)
    assert sample.p_value(WITHIN) == sample.p_value(DIFFERENT) == 1
    assert sample.interval(0.95) == (-math.inf, math.inf)


@pytest.mark.parametrize("n", [2, 3, 5, 40, 3000])
@pytest.mark.parametrize("effect", [0.0, 0.05, -0.7, 2.0])
def test_power_of_a_t_test_is_that_of_statsmodels(n, effect):
    sample = Sample(5, 3 * effect, 3.0)
    assert sample.power(n, DIFFERENT, 0.05) == pytest.approx(ttest_power(effect, n, 0.05), abs=1e-9)
    assert sample.power(n, ABOVE, 0.05) == pytest.approx(
        ttest_power(effect, n, 0.05, alternative="larger"), abs=1e-9
    )


@pytest.mark.parametrize(
    ("n", "mean", "sd", "regions"),
    [
        (3, 0.0, 0.3, WITHIN),
        (5, 0.2, 0.5, WITHIN),
        (5, 0.9, 0.5, WITHIN),
        (12, -0.4, 0.8, WITHIN),
        (5, 0.6, 0.5, DIFFERENT),
        (5, 1.4, 0.5, ((-math.inf, -1.0), (1.0, math.inf))),
    ],
    ids=str,
)
def test_power_is_the_frequency_of_decisions(n, mean, sd, regions):
    draws, alpha = 40_000, 0.05
    x = mean + sd * np.random.default_rng(1).standard_normal((draws, n))
    centers, errors = x.mean(1), x.std(1, ddof=1) / math.sqrt(n)
    reach = stats.t.isf(alpha / len(regions), n - 1) * errors
    decided = sum(int(((centers - reach > low) & (centers + reach < high)).sum()) for low, high in regions)
    low, high = between(draws, Sample(n, mean, sd).power(n, regions, alpha))
    assert low <= decided <= high


@given(VALUES, st.integers(1, 12))
@example([0.0, 0.1, 5.0], 1)
def test_enough_is_the_smallest_number_that_decides(values, family):
    """And an undecided sample has never enough: a test that just fails has a power of 63 % at most."""
    assume(len(set(values)) > 1)
    sample, alpha = Sample.of(values), 0.05 / family
    statements = (WITHIN, DIFFERENT)
    assume(all(sample.p_value(regions) > alpha for regions in statements))

    def power(n):
        return max(sample.power(n, regions, alpha) for regions in statements)

    needed = sample.enough(statements, alpha)
    assert power(sample.n) < POWER
    if needed is None:
        assert power(MOST) < POWER
    else:
        assert needed > sample.n
        assert power(needed) >= POWER > power(needed - 1)


@pytest.mark.parametrize("sample", [Sample.of([1.0]), Sample.of([1.0] * 4), Sample.of([])], ids=str)
def test_nobody_knows_how_many_are_enough_without_spread(sample):
    assert sample.enough((WITHIN, DIFFERENT), 0.05) is None


def test_a_mean_at_the_margin_that_is_asked_for_nothing_else_never_has_enough():
    assert Sample(5, 1.0, 0.5).enough((WITHIN,), 0.05) is None


def test_two_values_far_from_zero_need_one_more():
    assert Sample.of([3.0, 3.0001]).enough((WITHIN, DIFFERENT), 0.05) == FEWEST
