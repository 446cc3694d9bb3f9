"""Which trial is taken: the best, unless as good a one has better neighbours; and when a range was too narrow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from duality.experiments.run.choice import TOLERANCE, choose, edges, positions
from duality.experiments.run.trials import points

PLACES = np.array(points(12))[:, :2]


def test_positions_are_shares_of_the_range_s_logarithm():
    ranges = {"rate": (0.001, 0.1), "weight": (1.0, 16.0)}
    settings = [{"rate": 0.001, "weight": 16.0}, {"rate": 0.01, "weight": 4.0}, {"weight": 1.0, "rate": 0.1}]
    assert positions(settings, ranges) == pytest.approx(np.array([[0, 1], [0.5, 0.5], [1, 0]]))


def test_a_trial_as_good_with_better_neighbours_is_taken():
    places = np.array([[0.0], [0.05], [0.1], [0.8], [0.9], [1.0]])
    accuracies = np.array([0.70, 0.71, 0.70, 0.40, 0.713, 0.40])  # a lucky one at 0.9, a plateau around 0.05
    chosen, means = choose(places, accuracies)
    assert chosen == 1
    assert means[1] == pytest.approx((0.70 + 0.71 + 0.70) / 3)
    # Where it is better by more than luck, it is taken, whatever its neighbours.
    accuracies[4] = 0.71 + 1.1 * TOLERANCE
    assert choose(places, accuracies)[0] == 4


def test_a_trial_that_diverged_counts_as_the_worst_and_is_never_taken():
    places = np.array([[0.1], [0.2], [0.3], [0.7], [0.8], [0.9]])
    accuracies = np.array([0.5, np.nan, 0.4, 0.45, 0.5, 0.45])
    chosen, means = choose(places, accuracies)
    assert chosen == 4
    assert means[0] == pytest.approx((0.5 + 0.4 + 0.4) / 3)


@given(arrays(float, 12, elements=st.floats(0, 1)))
def test_what_is_taken_is_as_good_as_the_best_whatever_the_accuracies(accuracies):
    chosen, _ = choose(PLACES, accuracies)
    assert accuracies[chosen] >= accuracies.max() - TOLERANCE


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_an_optimum_inside_is_found_and_is_at_no_edge(x, y):
    accuracies = 0.5 - 0.3 * ((PLACES - [x, y]) ** 2).sum(axis=1)
    chosen, _ = choose(PLACES, accuracies)
    assert np.linalg.norm(PLACES[chosen] - [x, y]) < 0.45
    assert edges(PLACES, accuracies, chosen, ["x", "y"]) == {}


@pytest.mark.parametrize(("slope", "side"), [(1, "high"), (-1, "low")])
@pytest.mark.parametrize("axis", [0, 1])
def test_an_optimum_beyond_a_range_is_at_its_edge(axis, slope, side):
    accuracies = 0.5 + 0.3 * slope * PLACES[:, axis] - 0.1 * (PLACES[:, 1 - axis] - 0.5) ** 2
    chosen, _ = choose(PLACES, accuracies)
    names = ["x", "y"]
    assert edges(PLACES, accuracies, chosen, names) == {names[axis]: side}


def test_a_lucky_trial_at_an_edge_that_falls_outwards_is_no_reason_to_widen():
    places = np.array([[0.05], [0.1], [0.3], [0.4], [0.6], [0.9]])
    accuracies = np.array([0.52, 0.2, 0.5, 0.51, 0.4, 0.1])
    assert edges(places, accuracies, 0, ["x"]) == {}
    accuracies[1] = 0.52
    accuracies[2:] -= 0.1
    assert edges(places, accuracies, 0, ["x"]) == {"x": "low"}


def test_points_are_spread_and_fewer_are_a_beginning_of_more():
    assert points(24)[:12] == points(12)
    assert len(points(1)) == 1
    for column in np.array(points(12)).T:
        assert np.histogram(column, bins=4, range=(0, 1))[0].min() >= 2  # every quarter is tried twice or more
