"""Resampled null experiments and planted gaps, on results whose scatter is planted."""

import dataclasses
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from duality.experiments.infer.resampling import deviations, resample
from duality.experiments.run.record import Results
from tests.experiments.synthetic import synthetic

VALUES = st.dictionaries(st.integers(0, 99), st.floats(0, 100), max_size=9)


@pytest.mark.parametrize("spread", [0.1, 0.5])
def test_a_method_against_itself_is_different_in_at_most_five_of_a_hundred(scale, spread):
    result = resample(synthetic(scale, spread=spread, only=["fig-1a", "fig-1b"]), draws=400)
    assert sum(result.verdicts.values()) == result.draws == 400
    assert result.verdicts["different"] <= 0.05 * result.draws
    assert result.verdicts["equivalent"] > 0


def test_where_the_margin_hides_nothing_false_alarms_are_as_frequent_as_the_level(scale):
    """Seeds that scatter by two points, margin one: α of the draws on average, so of 400 at most this many."""
    result = resample(synthetic(scale, spread=2.0, only=["fig-1a", "fig-1b"]), draws=400)
    assert 0 < result.verdicts["different"] <= stats.binom.ppf(1 - 1e-6, result.draws, 0.05)


@pytest.mark.parametrize("gap", [3.0, -3.0])
def test_a_gap_of_three_points_is_found(scale, gap):
    """The seeds scatter by half a point and some: noncentral t gives it a power of more than 99 %."""
    result = resample(synthetic(scale, spread=0.3, only=["fig-1a", "fig-1b"]), gap, draws=400)
    assert result.verdicts["different"] >= 0.98 * result.draws


def test_draws_can_be_had_again(scale):
    results = synthetic(scale, only=["fig-1a"])
    assert resample(results, draws=50) == resample(results, draws=50)
    assert resample(results, draws=50, seed=1) != resample(results, draws=50)


def test_too_few_runs_give_no_answer(scale):
    results = synthetic(dataclasses.replace(scale, seeds=1), only=["fig-1a", "fig-1b"])
    assert resample(Results(scale, results.cells)) is None
    assert resample(Results(scale, ())) is None


def test_it_says_what_it_found(scale):
    result = resample(synthetic(scale, spread=0.1, only=["fig-2"]), gap=3.0, draws=20)
    assert str(result) == "methods 3 points apart, 5 seeds resampled from 15 runs: 20 different of 20"
    assert str(dataclasses.replace(result, gap=0.0)).startswith("a method against itself, ")


@given(st.lists(VALUES, max_size=4))
def test_deviations_have_no_mean_and_the_variance_of_the_seeds(methods):
    assert len(deviations(methods)) == sum(len(values) for values in methods if len(values) > 1)
    for values in methods:
        found = deviations([values])
        if found:
            assert np.mean(found) == pytest.approx(0, abs=1e-10)
            expected = statistics.variance(values.values())
            assert np.mean(np.square(found)) == pytest.approx(expected, rel=1e-9, abs=1e-20)
