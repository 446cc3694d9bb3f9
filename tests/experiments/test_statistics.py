"""Verdicts: error rates under the null, planted gaps, invariances, and agreement with statsmodels."""

import itertools
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from duality.experiments.infer.statistics import bound, compare, correlation, greater, holm

MARGIN = 1.0
ALPHA = 0.05
CHANCE = 1e-6
"""That a bound on a count fails although everything is right, were the seed of the random numbers another."""

# Multiples of 1/64: sums and differences are exact, so that invariances are equalities.
POINTS = st.integers(0, 6400).map(lambda i: i / 64)
PAIRS = st.lists(st.tuples(POINTS, POINTS), min_size=3, max_size=9)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)

NOISE = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "laplace": lambda rng, shape: rng.laplace(size=shape) / math.sqrt(2),
    "t3": lambda rng, shape: rng.standard_t(3, shape) / math.sqrt(3),
}
"""Of standard deviation 1."""


def by_seed(values):
    return dict(enumerate(map(float, values)))


def views(pairs):
    a, b = zip(*pairs, strict=True)
    return by_seed(a), by_seed(b)


def judge(a, b):
    return compare("a − b", a, b, MARGIN, ALPHA)


def family_of(reference, others):
    """A reference method against each of the others: comparisons that are not independent."""
    return [judge(by_seed(reference), by_seed(other)) for other in others]


def comparisons(effects, sds, n=5):
    """Comparisons with exactly these mean differences and standard deviations."""
    shape = np.linspace(-1, 1, n)
    shape /= shape.std(ddof=1)
    zeros = by_seed(np.zeros(n))
    return [judge(by_seed(effect + sd * shape), zeros) for effect, sd in zip(effects, sds, strict=True)]


@given(PAIRS)
def test_equivalence_is_that_of_statsmodels_and_difference_that_of_scipy(pairs):
    a, b = views(pairs)
    x, y = np.array([*a.values()]), np.array([*b.values()])
    assume(np.ptp(x - y) > 0)
    one = judge(a, b)
    assert one.p_equivalent == pytest.approx(ttost_paired(x, y, -MARGIN, MARGIN)[0], rel=1e-9, abs=1e-14)
    reference = stats.ttest_rel(x, y)
    assert one.p_different == pytest.approx(reference.pvalue, rel=1e-9, abs=1e-14)
    expected = reference.confidence_interval(1 - ALPHA)
    assert (one.low, one.high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)


@given(PAIRS)
def test_the_verdict_follows_the_rule(pairs):
    one = judge(*views(pairs))
    if one.p_equivalent <= ALPHA:
        assert one.verdict == "equivalent"
    elif one.p_different <= ALPHA:
        assert one.verdict == "different"
    else:
        assert one.verdict == "undecided"
    assert one.seeds_needed is None or (one.verdict == "undecided" and one.seeds_needed > one.n)


@given(PAIRS)
def test_swapping_the_methods_turns_the_effect_round_and_nothing_else(pairs):
    a, b = views(pairs)
    forth, back = judge(a, b), judge(b, a)
    assert (forth.effect, forth.low, forth.high) == (-back.effect, -back.high, -back.low)
    same = ("n", "sd", "p_equivalent", "p_different", "verdict", "seeds_needed")
    assert [getattr(forth, name) for name in same] == [getattr(back, name) for name in same]


@given(PAIRS, st.integers(-640, 640))
def test_what_both_methods_gain_changes_nothing(pairs, gain):
    a, b = views(pairs)
    assert judge(*({seed: value + gain for seed, value in each.items()} for each in (a, b))) == judge(a, b)


@given(PAIRS, st.randoms(use_true_random=False))
def test_only_seeds_in_common_count_and_their_order_does_not(pairs, random):
    a, b = views(pairs)
    shuffled = dict(random.sample([*b.items()], len(b)))
    assert judge(a | {97: 1.0}, {98: 2.0} | shuffled) == judge(a, b)


@pytest.mark.parametrize("shared", [0, 1, 2])
def test_fewer_than_three_pairs_decide_nothing(shared):
    a = by_seed([90.0, 91.0, 90.5][:shared]) | {7: 90.0}
    one = judge(a, by_seed([70.0, 70.5, 70.2]))
    assert (one.n, one.verdict, one.low, one.high) == (shared, "undecided", -math.inf, math.inf)
    assert (one.seeds_needed is not None) == (shared == 2)


def test_identical_results_are_equivalent_and_constant_gaps_known():
    a = by_seed([80.0, 81.5, 80.5])
    assert judge(a, a).verdict == "equivalent"
    assert judge(a, a).p_different == 1
    for gap, verdict in ((0.5, "equivalent"), (3.0, "different")):
        one = judge({seed: value + gap for seed, value in a.items()}, a)
        assert (one.effect, one.low, one.high, one.verdict) == (gap, gap, gap, verdict)


def test_a_certain_difference_within_the_margin_is_equivalent_and_shown():
    (one,) = comparisons([0.3], [0.1])
    assert one.p_different < ALPHA
    assert one.low > 0
    assert one.verdict == "equivalent"
    assert str(one) == "a − b: +0.30 [+0.18, +0.42] (95%), n = 5: equivalent"


def test_an_undecided_comparison_says_what_would_decide_it():
    few, many = comparisons([0.7, 0.99999], [0.8, 200.0])
    assert few.verdict == many.verdict == "undecided"
    assert str(few).endswith(f"undecided ({few.seeds_needed} seeds would decide)")
    assert str(many).endswith("undecided (more than 10,000 seeds would decide)")


@pytest.mark.parametrize("margin", [0.0, -1.0, math.nan, math.inf])
def test_a_margin_is_positive(margin):
    with pytest.raises(ValueError, match="margin"):
        compare("x", {}, {}, margin)


def test_an_accuracy_that_is_not_finite_is_named():
    with pytest.raises(ValueError, match="VICReg: seed 2 gives nan"):
        compare("VICReg", by_seed([1, 2, math.nan]), by_seed([1, 2, 3]), MARGIN)


# How often verdicts are wrong, and right


def alarms(families):
    """In how many families any comparison is different."""
    return sum(any(one.verdict == "different" for one in each) for each in families)


@pytest.mark.parametrize(("noise", "sd"), [("normal", 0.5), ("normal", 3.0), ("laplace", 3.0), ("t3", 3.0)])
def test_a_method_against_itself_is_seldom_different(noise, sd):
    """A family of five, one reference: the chance of any false alarm is at most α.

    For the heavier tails too: the t-test of symmetric noise is conservative at this level (Benjamini 1983). Where
    the margin hides nothing, the same families of normal noise exceed the bound uncorrected: this test can fail.
    """
    draws, n, family = 250, 5, 5
    x = 80 + sd * NOISE[noise](np.random.default_rng(3), (draws, 1 + family, n))
    uncorrected = [family_of(reference, others) for reference, *others in x]
    most = stats.binom.ppf(1 - CHANCE, draws, ALPHA)
    assert alarms(map(holm, uncorrected)) <= most
    if (noise, sd) == ("normal", 3.0):
        assert alarms(uncorrected) > most


def test_methods_a_margin_apart_are_seldom_equivalent():
    """The least favourable case of equivalence, in families of four."""
    draws, n, family = 400, 5, 4
    x = 80 + 0.3 * np.random.default_rng(4).standard_normal((draws, 1 + family, n))
    x[:, 0] += MARGIN
    uncorrected = [family_of(reference, others) for reference, *others in x]
    errors, errors_of_holm = (
        sum(any(one.verdict == "equivalent" for one in each) for each in families)
        for families in (uncorrected, map(holm, uncorrected))
    )
    most = stats.binom.ppf(1 - CHANCE, draws, ALPHA)
    assert errors_of_holm <= most < errors


@pytest.mark.parametrize("sd", [0.3, 0.5, 0.7])
def test_a_planted_gap_of_three_points_is_found(sd):
    """By five seeds, as often as the t-test can: 99 % at an SD of 0.7."""
    draws, n, gap = 500, 5, 3.0
    x = 80 + sd * np.random.default_rng(5).standard_normal((draws, 2, n))
    verdicts = [judge(by_seed(a + gap), by_seed(b)).verdict for a, b in x]
    power = stats.nct.sf(stats.t.isf(ALPHA / 2, n - 1), n - 1, gap / (sd * math.sqrt(2 / n)))
    assert power > 0.98
    assert verdicts.count("different") >= stats.binom.ppf(CHANCE, draws, power)


def test_one_gap_is_found_in_a_family_of_ties():
    """The six other methods of figure 1 against VICReg, five seeds of SD 0.4: one is three points worse."""
    draws, n, family = 200, 5, 6
    x = 80 + 0.4 * np.random.default_rng(6).standard_normal((draws, 1 + family, n))
    x[:, 3] -= 3.0
    found = [[one.verdict for one in holm(family_of(reference, others))] for reference, *others in x]
    # At worst, Holm asks for α/6.
    power = stats.nct.sf(stats.t.isf(ALPHA / 12, n - 1), n - 1, 3.0 / (0.4 * math.sqrt(2 / n)))
    assert sum(verdicts[2] == "different" for verdicts in found) >= stats.binom.ppf(CHANCE, draws, power)


@pytest.mark.parametrize(("effect", "sd"), [(0.3, 1.2), (1.5, 2.0), (0.0, 1.2)], ids=str)
def test_as_many_seeds_as_are_needed_decide_in_four_cases_of_five(effect, sd):
    (one,) = comparisons([effect], [sd])
    assert one.verdict == "undecided"
    statement = "equivalent" if effect < MARGIN else "different"
    draws, rng = 1000, np.random.default_rng(7)
    low, high = stats.binom.ppf((CHANCE, 1 - CHANCE), draws, 0.8)

    def frequency(n):
        x = effect + sd * rng.standard_normal((draws, n))
        return [judge(by_seed(values), by_seed(np.zeros(n))).verdict for values in x].count(statement)

    assert frequency(one.seeds_needed) >= low
    assert frequency(one.seeds_needed - 1) <= high


# Families


def holm_by_hand(p_values):
    """Step down: the smallest p times m, the next times m − 1, never less than the one before."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, largest)
    return adjusted


def with_p_values(equivalent, different):
    one = judge(by_seed([1, 2, 4]), by_seed([1, 1, 1]))
    return [replace(one, p_equivalent=p, p_different=q) for p, q in zip(equivalent, different, strict=True)]


@given(P_VALUES)
def test_holm_is_the_plain_loop_for_either_statement(p_values):
    family = holm(with_p_values(p_values, p_values[::-1]), ALPHA)
    assert [one.p_equivalent for one in family] == pytest.approx(holm_by_hand(p_values))
    assert [one.p_different for one in family] == pytest.approx(holm_by_hand(p_values[::-1]))
    for one in family:
        expected = "different" if one.p_different <= ALPHA else "undecided"
        assert one.verdict == ("equivalent" if one.p_equivalent <= ALPHA else expected)


def test_holm_is_that_of_statsmodels():
    p_values = [0.011, 0.3, 0.012, 0.04, 0.0001, 0.012, 0.9]
    family = holm(with_p_values(p_values, p_values), ALPHA)
    assert [one.p_equivalent for one in family] == pytest.approx(multipletests(p_values, ALPHA, "holm")[1])


@given(st.permutations(range(5)))
def test_holm_does_not_mind_the_order(order):
    family = comparisons([0.2, 0.8, 1.5, 0.0, 3.0], [0.3, 0.5, 1.0, 0.9, 0.4])
    in_order = holm(family)
    assert holm([family[index] for index in order]) == tuple(in_order[index] for index in order)


def test_in_a_family_undecided_comparisons_need_more_seeds():
    family = comparisons([0.7, 0.5], [0.8, 0.9])
    for alone, corrected in zip(family, holm(family), strict=True):
        assert alone.verdict == corrected.verdict == "undecided"
        assert corrected.seeds_needed > alone.seeds_needed
        assert (corrected.low, corrected.high) == (alone.low, alone.high)


def test_a_family_of_one_or_none_is_left_as_it_is():
    (one,) = comparisons([0.7], [0.8])
    assert holm([one]) == (one,)
    assert holm([]) == ()


# Bounds


@given(PAIRS, POINTS)
def test_greater_is_the_one_sided_t_test(pairs, by):
    a, b = views(pairs)
    x = np.array([*a.values()]) - np.array([*b.values()])
    assume(np.ptp(x) > 0)
    one = greater("a − b", a, b, by)
    for p, alternative in ((one.p_inside, "greater"), (one.p_outside, "less")):
        reference = stats.ttest_1samp(x, by, alternative=alternative).pvalue
        assert p == pytest.approx(reference, rel=1e-9, abs=1e-14)
    assert one.verdict == next(
        (name for name, p in zip(("inside", "outside"), one.p_values, strict=True) if p <= ALPHA), "undecided"
    )


@given(PAIRS)
def test_equivalence_is_a_bound_on_the_difference(pairs):
    a, b = views(pairs)
    one = bound("a − b", {seed: a[seed] - b[seed] for seed in a}, -MARGIN, MARGIN)
    assert one.p_inside == judge(a, b).p_equivalent


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([1.0, 1.2, 0.9], "inside"),
        ([3.0, 3.2, 2.9], "outside"),
        ([-1.0, -1.2, -0.9], "outside"),
        ([1.7, 2.2, 2.0], "undecided"),
        ([1.0, 1.2], "undecided"),
    ],
)
def test_a_mean_between_two_limits(values, verdict):
    one = bound("factor", by_seed(values), 0.0, 2.0)
    assert one.verdict == verdict
    assert (one.seeds_needed is not None) == (verdict == "undecided")
    assert f": {verdict}" in str(one)


def test_bounds_are_corrected_as_a_family():
    family = holm([bound("x", by_seed([1.0, 1.3, 0.8, shift]), at_most=1.6) for shift in (1.0, 1.2, 1.5)])
    alone = [bound("x", by_seed([1.0, 1.3, 0.8, shift]), at_most=1.6) for shift in (1.0, 1.2, 1.5)]
    assert [one.p_inside for one in family] == holm_by_hand([one.p_inside for one in alone])


@pytest.mark.parametrize("limits", [{}, {"at_least": 2.0, "at_most": 1.0}, {"at_least": math.nan}], ids=str)
def test_limits_make_sense(limits):
    with pytest.raises(ValueError, match="limits"):
        bound("x", by_seed([1, 2, 3]), **limits)


# Correlation


@given(st.lists(st.tuples(POINTS, POINTS), min_size=4, max_size=20))
def test_correlation_is_that_of_numpy_with_the_interval_of_fisher(pairs):
    x, y = map(np.array, zip(*pairs, strict=True))
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    one = correlation("x, y", x.tolist(), y.tolist(), 0.9)
    assert one.effect == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-9)
    ranks = np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1]
    assert one.spearman == pytest.approx(ranks, abs=1e-9)
    if abs(one.effect) < 1 - 1e-9:
        reach = stats.norm.ppf(0.95) / math.sqrt(len(x) - 3)
        ends = [math.tanh(math.atanh(one.effect) + sign * reach) for sign in (-1, 1)]
        assert (one.low, one.high) == pytest.approx(ends, abs=1e-9)


def test_the_interval_of_a_correlation_covers_as_often_as_it_says():
    """Fisher's interval is nearly exact for 20 normal points: its level is within a point of 95 %."""
    draws, rho = 1000, 0.8
    rng = np.random.default_rng(8)
    covered = 0
    for x, noise in rng.standard_normal((draws, 2, 20)):
        one = correlation("x, y", [*x], [*(rho * x + math.sqrt(1 - rho**2) * noise)])
        covered += one.low < rho < one.high
    low, high = stats.binom.ppf((CHANCE, 1 - CHANCE), draws, 0.95)
    assert low - 0.01 * draws <= covered <= high


@pytest.mark.parametrize(
    ("x", "y"), [([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), ([1.0] * 5, [0.0, 1.0, 2.0, 3.0, 4.0])], ids=str
)
def test_a_correlation_of_too_little_is_unknown(x, y):
    one = correlation("x, y", x, y)
    assert math.isnan(one.effect)
    assert (one.low, one.high, one.p_uncorrelated) == (-1, 1, 1)


def test_a_perfect_correlation():
    one = correlation("x, y", [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 6.0, 8.0])
    assert (one.effect, one.spearman) == (1, 1)


def test_a_correlation_needs_as_many_of_each():
    with pytest.raises(ValueError, match="3 points against 2"):
        correlation("x, y", [1.0, 2.0, 3.0], [1.0, 2.0])


def test_everything_can_be_written_down():
    """Plain numbers and text only: for JSON, pictures and reports."""
    points = [1.0, 3.0, 2.0, 4.0]
    everything = [*comparisons([0.7, 3.0], [0.8, 0.5]), correlation("x, y", points, sorted(points))]
    values = itertools.chain.from_iterable(asdict(each).values() for each in everything)
    assert all(type(value) in (str, int, float, type(None)) for value in values)
