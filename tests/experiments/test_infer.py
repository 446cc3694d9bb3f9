"""The model against statsmodels, the regions against plain t-tests, the rule against the definition."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from duality.experiments.infer.model import Correlation, Model
from duality.experiments.infer.region import above, above_zero, at_least, at_most, inside
from duality.experiments.infer.reliability import reliability, reliability_of_single, seed_variance
from duality.experiments.infer.rule import decide, holm


def fitted(arms: list[str], seeds: list[int], y: np.ndarray):
    """Statsmodels' least squares on a column for each arm, and for each seed but the first."""
    levels, others = sorted(set(arms)), sorted(set(seeds))[1:]
    columns = [[float(arm == level) for arm in arms] for level in levels]
    columns += [[float(seed == other) for seed in seeds] for other in others]
    return levels, sm.OLS(y, np.array(columns).T).fit()


def world(cells, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=len(cells))


def test_seeds_may_be_missing():
    cells = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 2), ("c", 1), ("c", 3)]
    y = world(cells)
    found = Model(cells).contrast({"a": 1.0, "b": -1.0}, y)
    _, fit = fitted([a for a, _ in cells], [s for _, s in cells], y)
    tested = fit.t_test([1, -1, 0, *[0] * (len(fit.params) - 3)])
    np.testing.assert_allclose((found.value, found.se), (tested.effect[0], tested.sd[0, 0]), rtol=1e-9)
    assert found.df == fit.df_resid


def test_arms_of_unequal_spread_are_seen():
    cells = [(arm, seed) for arm in "abc" for seed in range(6)]
    y = world(cells) * np.repeat([1.0, 1.0, 30.0], 6)
    spread = Model(cells).spread(y)
    assert spread.bartlett < 1e-4
    assert Model(cells).spread(world(cells)).bartlett > 0.01
    assert spread.df == 18 - 3 - 5


@pytest.mark.parametrize("cells", [[], [("a", 0), ("a", 0)], [("a", 0), ("b", 0)], [("a", 0), ("a", 1)]])
def test_too_few_cells_are_refused(cells):
    with pytest.raises(ValueError, match=r"give each arm"):
        Model(cells)


def test_many_worlds_are_as_many_single_ones():
    cells = [(arm, seed) for arm in "ab" for seed in range(5)]
    worlds = np.random.default_rng(0).normal(size=(7, 10))
    for pooled in (True, False):
        many = Model(cells).contrast({"a": 1.0, "b": -1.0}, worlds, pooled)
        for i, each in enumerate(worlds):
            one = Model(cells).contrast({"a": 1.0, "b": -1.0}, each, pooled)
            np.testing.assert_allclose((many.value[i], many.se[i], many.df[i]), (one.value, one.se, one.df))


def estimate(value: float, se: float = 0.1):
    """An estimate with 8 degrees of freedom, made by planting values."""
    cells = [(arm, seed) for arm in "ab" for seed in range(5)]
    noise = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]) * se
    y = np.concatenate([value + noise, noise[::-1]])
    return Model(cells).contrast({"a": 1.0, "b": -1.0}, y, pooled=False)


@pytest.mark.parametrize(
    ("region", "value", "outcome"),
    [
        (inside(1.0), 0.0, "supported"),
        (inside(1.0), 1.0, "open"),
        (inside(1.0), 3.0, "contradicted"),
        (inside(1.0), -3.0, "contradicted"),
        (above_zero(1.0), 3.0, "supported"),
        (above_zero(1.0), 0.5, "smaller"),
        (above_zero(1.0), 0.0, "smaller"),
        (above_zero(1.0), -3.0, "contradicted"),
        (above(1.0), 3.0, "supported"),
        (above(1.0), 0.5, "smaller"),
        (above(1.0), -3.0, "contradicted"),
        (at_most(1.0), 0.5, "supported"),
        (at_most(1.0), 2.0, "contradicted"),
        (at_least(1.0), 0.5, "contradicted"),
    ],
)
def test_what_an_estimate_says_of_a_region(region, value, outcome):
    decision = decide([(region, estimate(value))], 0.05)
    said = (
        "supported"
        if decision.supported[0]
        else "contradicted"
        if decision.contradicted[0]
        else "smaller"
        if decision.smaller[0]
        else "open"
    )
    assert said == outcome


def test_supported_is_an_interval_inside():
    for value in np.linspace(-2, 2, 81):
        found = estimate(float(value), 0.2)
        low, high = found.interval(0.9)
        assert (inside(1.0).p_values(found).inside <= 0.05) == (low >= -1 and high <= 1)


def test_beyond_a_region_without_width_is_the_two_sided_test():
    found = estimate(0.3, 0.2)
    assert inside(1e-12).p_values(found).beyond == pytest.approx(2 * min(found.p_above(0.0), found.p_below(0.0)))


def test_holm_is_statsmodels():
    p = np.random.default_rng(0).uniform(size=(7, 8)) ** 2  # statsmodels collects garbage at every call
    theirs = np.array([multipletests(column, method="holm")[1] for column in p.T]).T
    np.testing.assert_allclose(holm(p), theirs)


def test_correlation_is_scipys_less_fishers_bias():
    x, y = np.random.default_rng(0).normal(size=(2, 20))
    found = Correlation(np.corrcoef(x, x + y)[0, 1], 20)
    theirs = stats.pearsonr(x, x + y)
    shift = theirs.statistic / (2 * 19)
    moved = np.tanh(np.arctanh(theirs.confidence_interval(0.9)) - shift)
    np.testing.assert_allclose(found.interval(0.9), moved, rtol=1e-9)
    assert found.p_above(float(moved[0])) == pytest.approx(0.05)


def test_reliability_is_what_seeds_leave_of_the_arms():
    random = np.random.default_rng(0)
    arms = {arm: random.normal(random.normal(0, 2), 1, 4).tolist() for arm in range(400)}
    assert seed_variance(arms) == pytest.approx(1, abs=0.1)
    assert reliability(arms) == pytest.approx(4 / (4 + 1 / 4), abs=0.02)
    singles = [values[0] for values in arms.values()]
    assert reliability_of_single(singles, 1.0) == pytest.approx(4 / 5, abs=0.05)
    noise = {arm: random.normal(0, 1, 4).tolist() for arm in range(400)}
    assert abs(reliability(noise)) < 0.3
