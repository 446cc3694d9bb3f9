"""What ties each loss to L_c or L_nc (Proposition 3.2, equations 8 to 14)."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from duality import losses
from duality.criteria import (
    cross_dimension_contrastive,
    cross_sample_contrastive,
    dimension_contrastive,
    sample_contrastive,
)
from duality.normalization import center, standardize_dimensions, unit_embeddings
from tests.losses.kit import two_views, value_and_gradients

batches = given(seed=st.integers(0, 2**31), n=st.integers(2, 20), m=st.integers(2, 20))
few = settings(max_examples=25)


def close(left, right):
    torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-11)


@few
@batches
def test_spectral_repulsion_is_the_cross_view_contrastive_criterion(seed, n, m):
    z_a, z_b = two_views(n, m, seed)
    terms = losses.spectral_contrastive(z_a, z_b, max_norm=None).terms
    close(terms["repulsion"] * n * (n - 1), cross_sample_contrastive(z_a, z_b, side="gram"))


@few
@batches
def test_barlow_twins_redundancy_is_the_cross_view_non_contrastive_criterion(seed, n, m):
    z_a, z_b = two_views(n, m, seed)
    a, b = (standardize_dimensions(z) * math.sqrt(m) for z in (z_a, z_b))
    expected = cross_dimension_contrastive(a, b, side="covariance") / n**2
    # The loss adds 1e-5 to each variance.
    smallest = min(float(z.var(dim=0, correction=0).min()) for z in (z_a, z_b))
    torch.testing.assert_close(
        losses.barlow_twins(z_a, z_b).terms["redundancy"], expected, rtol=2e-5 / smallest, atol=0
    )


@few
@batches
def test_vicreg_covariance_is_the_non_contrastive_criterion_of_centered_embeddings(seed, n, m):
    z_a, z_b = two_views(n, m, seed)
    criteria = sum(dimension_contrastive(center(z), side="covariance") for z in (z_a, z_b))
    close(losses.vicreg(z_a, z_b).terms["covariance"], criteria / (m * (n - 1) ** 2))


@few
@batches
def test_vicreg_is_its_rewriting_through_the_contrastive_criterion(seed, n, m):
    """Equation 10."""
    views = two_views(n, m, seed)
    vicreg = value_and_gradients(lambda a, b: losses.vicreg(a, b).total, *views)
    rewritten = value_and_gradients(lambda a, b: losses.vicreg_contrastive(a, b).total, *views)
    torch.testing.assert_close(rewritten, vicreg, rtol=1e-8, atol=1e-8)


@few
@batches
def test_squared_repulsion_is_at_least_that_of_the_contrastive_criterion(seed, n, m):
    """DCL-sq ≥ log(2N−2) + its mean logit, by Jensen; the sum of all pairs' squares is L_c."""
    z_a, z_b = two_views(n, m, seed)
    z = unit_embeddings(torch.cat([z_a, z_b]))
    positives = 2 * (z[:n] * z[n:]).sum(dim=1).square().sum()
    squares = sample_contrastive(z, side="gram")
    for loss, pairs, total in [
        (losses.simclr_sq, 2 * n * (2 * n - 1), squares),
        (losses.dcl_sq, 2 * n * (2 * n - 2), squares - positives),
    ]:
        bound = math.log(pairs / (2 * n)) + total / (pairs * 0.3)
        assert loss(z_a, z_b, temperature=0.3).terms["repulsion"] >= bound - 1e-12


def test_squared_repulsion_meets_its_bound_where_all_similarities_are_equal():
    """Both views the same simplex: every negative pair has the similarity −1/(N−1)."""
    n = 5
    simplex = unit_embeddings(center(torch.eye(n, dtype=torch.float64)))
    repulsion = losses.dcl_sq(simplex, simplex, temperature=0.3).terms["repulsion"]
    close(repulsion, torch.tensor(math.log(2 * n - 2) + 1 / ((n - 1) ** 2 * 0.3), dtype=torch.float64))


@few
@batches
def test_vicreg_ctr_is_vicreg_exp_on_the_transpose(seed, n, m):
    """Equation 13, of embeddings whose rows and columns are centred, up to VICReg's N−1 against M."""
    z_a, z_b = (center(center(z).T).T for z in two_views(n, m, seed))
    ctr = losses.vicreg_ctr(z_a, z_b, temperature=0.3 * (m - 1) / m).terms["covariance"]
    close(ctr, losses.vicreg_exp(z_a.T, z_b.T, temperature=0.3).terms["covariance"])


@few
@batches
def test_covariance_of_vicreg_exp_approaches_vicreg_s_for_small_covariances(seed, n, m):
    """log Σ_j exp(C_ij/τ) = log(M−1) + mean_j C_ij/τ + variance_j C_ij/(2τ²) + …, exact for constant rows."""
    z_a, _ = two_views(n, m, seed)
    covariances = center(z_a).T @ center(z_a) / (n - 1)
    row_means = (covariances.sum(dim=1) - covariances.diagonal()) / (m - 1)
    for temperature in (1e4, 1e5):
        repulsion = losses.vicreg_exp(z_a, z_a, temperature=temperature).terms["covariance"] / 2
        linear = math.log(m - 1) + row_means.mean() / temperature
        largest = covariances.abs().max() / temperature
        assert abs(repulsion - linear) <= largest**2 + 1e-13 * math.log(m)


@pytest.mark.parametrize("shape", [(4, 9), (6, 6)], ids=str)
def test_coding_rate_is_largest_where_embeddings_are_orthogonal(shape):
    """Over unit embeddings R ≤ N/2 log(1 + M/(Nε²)), with equality just where L_c = 0."""
    n, m = shape
    bound = n / 2 * math.log(1 + m / (n * 0.2))
    orthogonal = torch.eye(n, m, dtype=torch.float64)
    close(losses.tcr(orthogonal, orthogonal).terms["coding_rate"], torch.tensor(bound, dtype=torch.float64))
    z_a, z_b = two_views(n, m)
    assert losses.tcr(z_a, z_b).terms["coding_rate"] < bound


def test_table_1_normalisations_of_simclr():
    z_a, z_b = two_views(9, 6)
    for normalization, normalize in [
        ("centered embeddings", center),
        ("dimensions", standardize_dimensions),
    ]:
        a, b = normalize(z_a), normalize(z_b)
        terms = losses.simclr(z_a, z_b, normalization=normalization, temperature=0.3).terms
        if normalization == "centered embeddings":
            close(terms, losses.simclr(a, b, temperature=0.3).terms)
        else:
            close(terms["alignment"], -(a * b).sum() / (9 * 0.3))
