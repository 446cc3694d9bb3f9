"""The oracle against numpy on integers, where numpy is exact as well, and against finite differences."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from duality.numeric import exact

matrices = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(-9, 9))
)
squares = st.integers(1, 5).flatmap(lambda n: arrays(np.int64, (n, n), elements=st.integers(-5, 5)))


@given(matrices)
def test_forms_are_numpy_s(z):
    gram, covariance, rows = z @ z.T, z.T @ z, z.tolist()
    assert exact.gram(rows) == gram.tolist()
    assert exact.sample_contrastive(rows) == (gram**2).sum() - (np.diag(gram) ** 2).sum()
    assert exact.dimension_contrastive(rows) == (covariance**2).sum() - (np.diag(covariance) ** 2).sum()
    assert exact.gram_norm(rows) == (covariance**2).sum()
    assert exact.sample_fourth_powers(rows) == (np.diag(gram) ** 2).sum()
    assert exact.dimension_fourth_powers(rows) == (np.diag(covariance) ** 2).sum()
    assert exact.sample_energies(rows) == np.diag(gram).tolist()
    assert exact.dimension_energies(rows) == np.diag(covariance).tolist()
    assert exact.energy(rows) == (z**2).sum()
    assert exact.transpose(rows) == z.T.tolist()
    assert exact.product(rows, exact.transpose(rows)) == gram.tolist()


@given(matrices, st.integers(0, 99))
def test_cross_forms_are_numpy_s(z, seed):
    other = np.random.default_rng(seed).permuted(z)
    similarities, correlations = z @ other.T, z.T @ other
    off_diagonal = ~np.eye(len(z), dtype=bool)
    assert exact.cross_gram_norm(z.tolist(), other.tolist()) == (similarities**2).sum()
    assert exact.cross_covariance_norm(z.tolist(), other.tolist()) == (correlations**2).sum()
    assert exact.cross_sample_contrastive(z.tolist(), other.tolist()) == (similarities**2)[off_diagonal].sum()
    off_diagonal = ~np.eye(z.shape[1], dtype=bool)
    assert exact.cross_dimension_contrastive(z.tolist(), other.tolist()) == (correlations**2)[off_diagonal].sum()


@given(matrices)
def test_centred_dimensions_sum_to_zero_and_keep_their_differences(z):
    centred = exact.center(z.tolist())
    assert all(sum(column) == 0 for column in zip(*centred, strict=True))
    assert all(row[0] - centred[0][0] == old[0] - z[0][0] for row, old in zip(centred, z.tolist(), strict=True))


@given(matrices)
def test_gradients_are_the_linear_terms(z):
    """f(z + t e) is a polynomial of degree 4 in t: five-point differences give its derivative exactly."""
    rows = exact.rationals(z.tolist())
    pairs = (
        (exact.sample_contrastive, exact.sample_gradient),
        (exact.dimension_contrastive, exact.dimension_gradient),
    )
    for function, gradient in pairs:
        for i, j in ((0, 0), (len(rows) - 1, len(rows[0]) - 1)):

            def moved(t, i=i, j=j, function=function):
                return function([[x + t * ((a, b) == (i, j)) for b, x in enumerate(r)] for a, r in enumerate(rows)])

            slope = (moved(-2) - 8 * moved(-1) + 8 * moved(1) - moved(2)) / 12
            assert gradient(rows)[i][j] == slope


@given(squares)
def test_determinant(matrix):
    assert abs(float(exact.determinant(matrix.tolist())) - np.linalg.det(matrix)) < 1e-6


def test_determinant_of_special_matrices():
    assert exact.determinant([]) == 1
    assert exact.determinant([[0, 1], [1, 0]]) == -1
    assert exact.determinant([[1, 2], [2, 4]]) == 0
    with pytest.raises(ValueError, match="not square"):
        exact.determinant([[1, 2]])


def test_floats_are_taken_for_what_they_are():
    assert exact.energy([[0.1]]) == Fraction(0.1) ** 2 != Fraction(1, 100)


def test_empty():
    assert exact.sample_contrastive([]) == exact.dimension_contrastive([]) == exact.energy([[], []]) == 0
