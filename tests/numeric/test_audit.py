"""An audit against plain float64 formulas, on embeddings whose answers are known."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import duality
from duality.numeric import audit as module
from duality.numeric import spectrum
from duality.numeric.audit import audit


def gaussian(n: int, m: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(n, m, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def entropy_rank(z: torch.Tensor) -> float:
    p = np.linalg.svd(z.numpy(), compute_uv=False)
    p = p[p > 0] / p.sum()
    return math.exp(-(p * np.log(p)).sum())


@given(st.integers(2, 40), st.integers(1, 40), st.integers(0, 100))
def test_measures_what_plain_formulas_do(n, m, seed):
    z = gaussian(n, m, seed)
    result = audit(z)
    gram, covariance = z @ z.T, z.T @ z
    near = {"rel": 1e-9, "abs": 1e-9}
    for side in ("gram", "covariance"):
        sample, dimension = getattr(result.sample_contrastive, side), getattr(result.dimension_contrastive, side)
        assert sample == pytest.approx(float((gram - gram.diag().diag()).square().sum()), **near)
        assert dimension == pytest.approx(float((covariance - covariance.diag().diag()).square().sum()), **near)
    assert result.gram_norm == pytest.approx(float(gram.square().sum()), **near)
    assert result.energy == pytest.approx(float(z.square().sum()), **near)
    assert result.sample_norms.fourth_powers == pytest.approx(float(gram.diag().square().sum()), **near)
    assert result.dimension_norms.fourth_powers == pytest.approx(float(covariance.diag().square().sum()), **near)
    assert result.spectrum.effective_rank == pytest.approx(entropy_rank(z), rel=1e-9)
    assert result.spectrum.numerical_rank == int(torch.linalg.matrix_rank(z))
    unit = duality.sample_contrastive(duality.unit_embeddings(z), side="gram")
    assert result.unit_sample_contrastive == pytest.approx(float(unit), **near)
    assert result.ok


@given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 100))
def test_difference_of_the_criteria_is_explained(n, m, seed):
    result = audit(gaussian(n, m, seed) * torch.arange(1, m + 1))
    difference = result.sample_contrastive.value - result.dimension_contrastive.value
    explained = result.shape_difference + result.dimension_norms.excess - result.sample_norms.excess
    assert explained == pytest.approx(difference, rel=1e-9, abs=1e-9 * result.gram_norm)


@pytest.mark.parametrize("shape", [(60, 7), (7, 60), (20, 20)])
def test_centred_spectrum_is_that_of_centred_embeddings(shape):
    z = gaussian(*shape) + 5
    centered = audit(z).centered_spectrum
    assert centered.effective_rank == pytest.approx(entropy_rank(duality.center(z)), rel=1e-6)
    assert centered.numerical_rank == min(shape[0] - 1, shape[1])


def test_blocks_do_not_change_the_result(monkeypatch):
    z = gaussian(500, 6) + 1
    whole = audit(z)
    monkeypatch.setattr(spectrum, "_BLOCK_ENTRIES", 70)
    blocks = audit(z)
    assert blocks.energy == pytest.approx(whole.energy, rel=1e-12)
    assert blocks.centered_spectrum.effective_rank == pytest.approx(
        whole.centered_spectrum.effective_rank, rel=1e-9
    )
    assert blocks.unit_sample_contrastive == pytest.approx(whole.unit_sample_contrastive, rel=1e-9)
    assert blocks.mean_share == pytest.approx(whole.mean_share, rel=1e-9)


@pytest.mark.parametrize(("n", "m", "built"), [(300, 9, "covariance"), (9, 300, "gram")])
def test_large_embeddings_are_certified_in_part_and_never_built_twice(monkeypatch, n, m, built):
    z = gaussian(n, m)
    whole = audit(z)
    monkeypatch.setattr(module, "CERTIFIED_SIZE", 100)
    result = audit(z)
    assert result.certified_shape == (min(n, 100), min(m, 100))
    for name in ("sample_contrastive", "dimension_contrastive"):
        other = "gram" if built == "covariance" else "covariance"
        assert getattr(getattr(result, name), other) is None
        assert getattr(result, name).value == pytest.approx(getattr(whole, name).value, rel=1e-9)
    assert result.cheaper_side == built


def test_bounds_of_lemma_3_4_end_at_zero_and_one():
    orthonormal = torch.eye(5).repeat(3, 1)
    assert audit(orthonormal).dimension_norms.position == 0
    assert audit(orthonormal).dimension_norms.factor == 1
    one_axis = torch.zeros(6, 4)
    one_axis[:, 2] = 1
    assert audit(one_axis).dimension_norms.position == pytest.approx(1)
    assert audit(one_axis).dimension_norms.factor == pytest.approx(4)
    assert audit(one_axis).dimension_norms.zeros == 3


def test_tight_frame_reaches_the_welch_bound():
    frame = torch.eye(4, dtype=torch.float64).repeat(3, 1)
    result = audit(frame)
    assert result.unit_sample_contrastive == pytest.approx(result.welch_bound) == 12**2 / 4 - 12
    assert result.random_expectation == 12 * 11 / 4


def test_repeats_and_constants_are_counted():
    z = gaussian(6, 4)
    z[3] = z[1]
    z[5] = z[1]
    z[:, 2] = 0.0
    z[0, 2] = -0.0
    result = audit(z)
    assert result.sample_norms.repeated == 2
    assert result.constant_dimensions == 1
    assert result.dimension_norms.zeros == 1
    z[:, 3] = z[:, 0]
    assert audit(z).dimension_norms.repeated == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_rank_is_judged_in_the_precision_of_the_file(dtype):
    z = (gaussian(50, 2) @ gaussian(2, 10)).to(dtype)
    result = audit(z)
    assert result.spectrum.numerical_rank == 2
    assert result.dtype == str(dtype).removeprefix("torch.")


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_constant_embeddings_are_measured(value):
    result = audit(torch.full((8, 5), value))
    assert result.centered_spectrum.numerical_rank == 0
    assert result.centered_spectrum.effective_rank == 0
    assert result.spectrum.numerical_rank == (value != 0)
    assert result.mean_share == pytest.approx(float(value != 0))
    assert result.ok


def test_subtraction_that_cancels_loses_every_bit():
    assert audit(torch.eye(3, 6)).bits_lost == math.inf
    assert audit(gaussian(400, 4)).bits_lost < 1


@pytest.mark.parametrize(
    ("z", "fix"),
    [
        (torch.ones(1, 3), "at least two samples"),
        (torch.ones(0, 3), "at least two samples"),
        (torch.ones(3, 0), "at least one dimension"),
        (torch.tensor([[1.0], [math.nan]]), "remove them"),
        (torch.tensor([[1.0], [math.inf]]), "remove them"),
        (torch.full((2, 2), 1e-80, dtype=torch.float64), "scale the embeddings"),
        (torch.full((2, 2), 1e80, dtype=torch.float64), "scale the embeddings"),
    ],
)
def test_bad_embeddings_are_named_with_the_fix(z, fix):
    with pytest.raises(ValueError, match=fix):
        audit(z)
