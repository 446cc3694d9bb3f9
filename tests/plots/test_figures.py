"""The figures: each draws the numbers it was given, and says in which unit."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.quiver import Quiver
from scipy import stats

from duality import criteria, plots

RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(24, 6))
SEEDS = [80.1, 80.9, 79.6, 80.4, 81.0]


@pytest.fixture
def axis():
    with plots.style("light"):
        return Figure().subplots()


@dataclass(frozen=True)
class Difference:
    label: str
    n: int
    value: float
    low: float
    high: float
    level: float
    outcome: str


DIFFERENCES = [
    Difference("VICReg − VICReg-exp, 512-512-512", 5, 0.1, -0.3, 0.5, 0.95, "supported"),
    Difference("SimCLR − VICReg, 512-512-512", 5, -2.0, -2.5, -1.5, 0.95, "contradicted"),
    Difference("VICReg-ctr − VICReg, 512-512-512", 1, 0.4, -np.inf, np.inf, 0.95, "open"),
]
PLANE = RANDOM.normal(size=(7, 2))
GRADIENT = RANDOM.normal(size=(7, 2))

DRAWN = {
    "spectra": (lambda axis: plots.spectra(axis, Z), "number of the eigenvalue", "eigenvalue"),
    "off_diagonals": (
        lambda axis: plots.off_diagonals(axis, Z, label="z"),
        "cosine of two samples",
        "density (per",
    ),
    "steps": (lambda axis: plots.steps(axis, [-1.0, 0.0, 1.0], [3, 1], label="z"), "cosine", "density (per"),
    "heat_map": (lambda axis: plots.heat_map(axis, Z @ Z.T, "gram"), "sample", "sample"),
    "between_bounds": (lambda axis: plots.between_bounds(axis, {"z": Z}), "over its lower bound (ratio)", ""),
    "through_training": (
        lambda axis: plots.through_training(axis, [0, 10], [[3.0, 2.0]], label="VICReg"),
        "optimiser step",
        "over its lower bound (ratio)",
    ),
    "accuracy_curve": (
        lambda axis: plots.accuracy_curve(axis, {16: SEEDS}, label="VICReg"),
        "embedding dimension M",
        "linear-probe accuracy (%)",
    ),
    "accuracy_by_method": (
        lambda axis: plots.accuracy_by_method(axis, {"VICReg": SEEDS}),
        "linear-probe accuracy (%)",
        "",
    ),
    "agreement": (
        lambda axis: plots.agreement(axis, [80.0], [81.0], label="VICReg"),
        "accuracy (%)",
        "accuracy (%)",
    ),
    "forest": (lambda axis: plots.forest(axis, DIFFERENCES, 1.0), "difference (points), 95% interval", ""),
    "circle": (lambda axis: plots.circle(axis, PLANE), "dimension 1", "dimension 2"),
    "gradient_arrows": (
        lambda axis: plots.gradient_arrows(axis, PLANE, GRADIENT, label="VICReg"),
        "dimension 1",
        "dimension 2",
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_returns_its_axis_and_names_both_axes(axis, name):
    draw, x, y = DRAWN[name]
    assert draw(axis) is axis
    assert x in axis.get_xlabel()
    assert y in axis.get_ylabel()
    # Where one axis has no label, its ticks are rows with names.
    assert axis.get_ylabel() or all(label.get_text() for label in axis.get_yticklabels())


def test_every_public_figure_is_tested():
    figures = {name for name in plots.__all__ if name[0].islower()}
    assert figures - set(DRAWN) == {"look", "mean_interval", "palette", "settings", "shared_limit", "style"}


# Matrices


@pytest.mark.parametrize("shape", [(24, 6), (6, 24), (8, 8)], ids=str)
def test_spectra_are_the_squared_singular_values_of_both_matrices(axis, shape):
    z = RANDOM.normal(size=shape)
    gram, covariance = plots.spectra(axis, z).lines[:2]
    for line, size in ((gram, shape[0]), (covariance, shape[1])):
        eigenvalues, rank = line.get_ydata(), min(shape)
        assert len(eigenvalues) == size
        np.testing.assert_allclose(eigenvalues[:rank], np.linalg.svd(z, compute_uv=False) ** 2, rtol=1e-9)
        assert all(eigenvalues[rank:] < min(eigenvalues[:rank]))
    zero_is_marked = any(text.get_text() == "zero, to rounding" for text in axis.texts)
    assert zero_is_marked == (shape[0] != shape[1])


@pytest.mark.parametrize("convert", [torch.tensor, lambda z: torch.tensor(z, requires_grad=True), np.asarray])
def test_tensors_and_arrays_are_drawn_alike(axis, convert):
    first, second = plots.spectra(axis, convert(Z)).lines[:2]
    assert first.get_ydata()[0] == pytest.approx(np.linalg.norm(Z, 2) ** 2)
    assert second.get_ydata()[0] == pytest.approx(np.linalg.norm(Z, 2) ** 2)


def test_half_precision_is_drawn(axis):
    assert plots.spectra(axis, torch.tensor(Z).bfloat16()).lines


@pytest.mark.parametrize("which", ["gram", "covariance"])
def test_histograms_count_each_pair_once(axis, which):
    plots.off_diagonals(axis, Z, which, label="z", bins=7)
    vectors = Z if which == "gram" else Z.T
    cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in combinations(vectors, 2)]
    (steps,) = axis.patches
    heights, edges, _ = steps.get_data()
    np.testing.assert_allclose(heights * np.diff(edges) * len(cosines), np.histogram(cosines, edges)[0], atol=1e-9)


def test_a_counted_histogram_has_area_one(axis):
    plots.steps(axis, [-1.0, -0.5, 1.0], [1, 3], label="z")
    heights, edges, _ = axis.patches[0].get_data()
    np.testing.assert_allclose(heights, [0.5, 0.5])
    assert heights @ np.diff(edges) == pytest.approx(1)


def test_heat_maps_show_the_entries_on_one_scale(axis):
    gram, covariance = Z @ Z.T, Z.T @ Z
    limit = plots.shared_limit(gram, covariance)
    assert limit == max(abs(gram).max(), abs(covariance).max())
    (image,) = plots.heat_map(axis, gram, "gram", limit=limit).images
    np.testing.assert_array_equal(image.get_array(), gram)
    assert image.get_clim() == (-limit, limit)


def test_a_heat_map_without_negative_entries_starts_at_zero(axis):
    (image,) = plots.heat_map(axis, abs(Z.T @ Z), "covariance").images
    assert image.get_clim() == (0, abs(Z.T @ Z).max())
    assert axis.get_xlabel() == "dimension"


# Bounds


def test_positions_between_the_bounds_are_those_of_the_criteria(axis):
    embeddings = {"random": Z, "frame": np.eye(6), "one dimension": np.eye(6)[[0] * 6]}
    plots.between_bounds(axis, embeddings)
    dimensions, samples = (line for line in axis.lines if not line.get_label().startswith("_"))
    for row, z in enumerate(map(torch.tensor, embeddings.values())):
        squared_energy, (n, m) = z.square().sum() ** 2, z.shape
        over_rows = m * criteria.dimension_fourth_powers(z) / squared_energy
        over_columns = n * criteria.sample_fourth_powers(z) / squared_energy
        assert dimensions.get_xdata()[row] == pytest.approx(float(over_rows))
        assert samples.get_xdata()[row] == pytest.approx(float(over_columns))
    np.testing.assert_allclose(dimensions.get_xdata()[1:], [1, 6])
    assert [label.get_text() for label in axis.get_yticklabels()] == list(embeddings)


def test_training_is_drawn_as_mean_and_range_over_seeds(axis):
    factors = np.array([[4.0, 2.0, 1.5], [6.0, 3.0, 1.1]])
    plots.through_training(axis, [0, 10, 20], factors, label="VICReg", upper=512)
    mean = axis.lines[0]
    np.testing.assert_allclose(mean.get_ydata(), [5.0, 2.5, 1.3])
    assert mean.get_label() == "VICReg (n = 2)"
    shaded = axis.collections[0].get_paths()[0].vertices
    for step, seeds in zip((0, 10, 20), factors.T, strict=True):
        range_there = shaded[shaded[:, 0] == step, 1]
        assert (range_there.min(), range_there.max()) == (seeds.min(), seeds.max())
    assert [line.get_ydata()[0] for line in axis.lines[1:]] == [1, 512]


# Accuracy


def test_intervals_are_students():
    expected = stats.ttest_1samp(SEEDS, 0).confidence_interval(plots.LEVEL)
    mean, low, high = plots.mean_interval(SEEDS)
    assert (mean, low, high) == pytest.approx((np.mean(SEEDS), expected.low, expected.high))
    assert np.isnan(plots.mean_interval([80.0])[1:]).all()


def bar_ends(axis) -> list[tuple[float, float]]:
    """The ends of the error bars, in the order drawn."""
    return [tuple(np.sort(segment[:, 1])) for bars in axis.collections for segment in bars.get_segments()]


def test_a_curve_shows_mean_interval_seeds_and_their_number(axis):
    accuracies = {512: SEEDS, 16: SEEDS[:3]}
    plots.accuracy_curve(axis, accuracies, label="VICReg")
    curve, dots = axis.lines[0], axis.lines[-1]
    np.testing.assert_array_equal(curve.get_xdata(), [16, 512])
    np.testing.assert_allclose(curve.get_ydata(), [np.mean(SEEDS[:3]), np.mean(SEEDS)])
    np.testing.assert_allclose(bar_ends(axis), [plots.mean_interval(values)[1:] for values in (SEEDS[:3], SEEDS)])
    assert list(dots.get_ydata()) == [*SEEDS[:3], *SEEDS]
    assert axis.get_legend_handles_labels()[1] == ["VICReg (n = 3–5)"]


def test_single_runs_have_no_interval(axis):
    plots.accuracy_curve(axis, {256: [65.0], 512: [66.7]}, label="published")
    assert not bar_ends(axis)
    assert [list(line.get_ydata()) for line in axis.lines] == [[65.0, 66.7]]
    assert axis.get_legend_handles_labels()[1] == ["published (n = 1)"]


def test_a_shifted_series_keeps_its_accuracies(axis):
    plots.accuracy_curve(axis, {16: SEEDS}, label="VICReg", shift=0.5, hollow=True)
    assert axis.lines[0].get_xdata() == pytest.approx(16 * np.sqrt(2))
    assert axis.lines[0].get_markerfacecolor() == "none"


def test_methods_stand_in_rows_with_their_numbers_of_seeds(axis):
    plots.accuracy_by_method(axis, {"VICReg": SEEDS, "published": [68.1]})
    assert [label.get_text() for label in axis.get_yticklabels()] == ["VICReg (n = 5)", "published (n = 1)"]
    means = {line.get_ydata()[0]: line.get_xdata()[0] for line in axis.lines if line.get_marker() in "os"}
    assert means == pytest.approx({0: np.mean(SEEDS), 1: 68.1})
    (dots,) = (line for line in axis.lines if line.get_marker() == ".")
    assert list(dots.get_xdata()) == SEEDS


def test_agreement_draws_the_diagonal_once(axis):
    for method in ("VICReg", "SimCLR"):
        plots.agreement(axis, [78.0, 79.0], [80.0, 81.5], label=method)
    points = [line for line in axis.lines if line.get_gid() != "diagonal"]
    assert len(points) == 2 == len(axis.lines) - 1
    assert points[0].get_xydata().tolist() == [[78.0, 80.0], [79.0, 81.5]]
    assert axis.get_legend_handles_labels()[1] == ["VICReg (n = 2)", "SimCLR (n = 2)"]


def test_a_distant_diagonal_does_not_widen_the_view(axis):
    plots.agreement(axis, [70.0, 71.0], [80.0, 81.0], label="VICReg")
    assert axis.get_ylim()[0] > 79


def test_a_forest_shows_effects_intervals_and_the_margin(axis):
    plots.forest(axis, DIFFERENCES, 1.0, published={DIFFERENCES[0].label: 0.2, "another": 3.0})
    effects = [line for line in axis.lines if line.get_marker() in "oD" and len(line.get_xdata()) == 1]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in effects] == [(0.1, 0), (-2.0, 1), (0.4, 2)]
    assert [line.get_marker() + line.get_fillstyle() for line in effects] == ["ofull", "Dfull", "onone"]
    # The third has no interval: one seed gives none.
    bars = [list(line.get_xdata()) for line in axis.lines if line.get_marker() == "|"]
    assert bars == [[-0.3, 0.5], [-2.5, -1.5]]
    margin = axis.patches[0]
    assert (margin.get_x(), margin.get_x() + margin.get_width()) == (-1.0, 1.0)
    assert axis.get_xlim()[0] < -2.5
    assert axis.get_xlim()[1] > 1.0
    (cross,) = (line for line in axis.lines if line.get_marker() == "x")
    assert cross.get_xydata().tolist() == [[0.2, 0]]
    assert axis.get_yticklabels()[0].get_text() == "VICReg − VICReg-exp,\n512-512-512 (n = 5)"


# The plane


def test_points_on_the_circle_are_split_by_class(axis):
    plots.circle(axis, PLANE, torch.tensor([0, 1, 0, 1, 2, 2, 2]), label="class")
    assert axis.get_legend_handles_labels()[1] == ["class 0", "class 1", "class 2"]
    np.testing.assert_array_equal(axis.lines[1].get_xydata(), PLANE[[1, 3]])
    assert axis.get_aspect() == 1
    assert axis.patches[0].get_radius() == 1


def test_arrows_point_down_the_gradient_and_stay_in_view(axis):
    plots.gradient_arrows(axis, PLANE, GRADIENT, label="VICReg", length=2.0)
    (arrows,) = (artist for artist in axis.collections if isinstance(artist, Quiver))
    drawn, largest = np.stack([arrows.U, arrows.V], axis=1), np.linalg.norm(GRADIENT, axis=1).max()
    np.testing.assert_allclose(drawn, -GRADIENT * 2.0 / largest)
    (low_x, high_x), (low_y, high_y) = axis.get_xlim(), axis.get_ylim()
    ends = PLANE + drawn
    assert low_x < ends[:, 0].min() <= ends[:, 0].max() < high_x
    assert low_y < ends[:, 1].min() <= ends[:, 1].max() < high_y
    assert axis.get_legend_handles_labels()[1] == [f"VICReg, longest arrow {largest:.2g}"]


def test_a_vanishing_gradient_has_arrows_of_no_length(axis):
    plots.gradient_arrows(axis, PLANE, np.zeros_like(PLANE), label="minimum")
    assert not axis.collections[0].U.any()


# Bad input

REFUSED = {
    "a vector": (plots.spectra, [Z[0]], {}, "give a matrix of N samples × M dimensions"),
    "NaN": (plots.spectra, [Z * np.nan], {}, "remove such samples"),
    "zero embeddings": (plots.spectra, [np.zeros((3, 2))], {}, "have no spectrum"),
    "an unknown matrix": (plots.off_diagonals, [Z, "both"], {"label": "z"}, "choose 'gram' or 'covariance'"),
    "one sample": (plots.off_diagonals, [Z[:1]], {"label": "z"}, "cosines need two"),
    "as many edges as counts": (plots.steps, [[0.0, 1.0], [1, 2]], {"label": "z"}, "one edge more than counts"),
    "an empty histogram": (plots.steps, [[0.0, 1.0], [0]], {"label": "z"}, "count at least one"),
    "an oblong matrix": (plots.heat_map, [Z, "gram"], {}, "give a square one"),
    "an unknown name": (plots.heat_map, [Z @ Z.T, "both"], {}, "choose 'gram' or 'covariance'"),
    "no scale": (plots.heat_map, [Z @ Z.T, "gram"], {"limit": 0.0}, "give a positive one"),
    "no embeddings": (plots.between_bounds, [{}], {}, "give at least one"),
    "collapse to zero": (plots.between_bounds, [{"zero": np.zeros((3, 2))}], {}, "zero: .* leave them out"),
    "below the bound": (plots.through_training, [[0], [[0.5]]], {"label": "x"}, "divide by T²/M"),
    "logs of one seed": (plots.through_training, [[0, 1], [1.0, 2.0]], {"label": "x"}, "a row for each seed"),
    "logs that differ": (plots.through_training, [[0, 1], [[1.0, 2.0], [1.0]]], {"label": "x"}, "cut them"),
    "a diverged seed": (plots.through_training, [[0], [[np.nan]]], {"label": "x"}, "leave out the seeds"),
    "no accuracies": (plots.accuracy_curve, [{}], {"label": "x"}, "at least one seed"),
    "no seeds": (plots.accuracy_by_method, [{"VICReg": []}], {}, "VICReg has no accuracies"),
    "no size": (plots.accuracy_curve, [{0: [80.0]}], {"label": "x"}, "give positive sizes"),
    "too few looks": (plots.accuracy_by_method, [{"a": [1.0], "b": [2.0]}], {"looks": [0]}, "one for each"),
    "pairs that differ": (plots.agreement, [[80.0], [80.0, 81.0]], {"label": "x"}, "give both of each run"),
    "no differences": (plots.forest, [[], 1.0], {}, "give at least one"),
    "no delta": (plots.forest, [DIFFERENCES, 0.0], {}, "positive number of points"),
    "an unknown verdict": (
        plots.forest,
        [[Difference("x", 1, 0.0, 0.0, 0.0, 0.95, "sure")], 1.0],
        {},
        "choose one of supported",
    ),
    "three dimensions": (plots.circle, [RANDOM.normal(size=(4, 3))], {}, "give two"),
    "too few labels": (plots.circle, [PLANE, np.array([0, 1])], {}, "one integer each"),
    "too few gradients": (plots.gradient_arrows, [PLANE, GRADIENT[:3]], {"label": "x"}, "gradient for each"),
}


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("name", REFUSED)
def test_bad_input_is_refused_with_a_fix(axis, name):
    draw, arguments, keywords, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        draw(axis, *arguments, **keywords)
