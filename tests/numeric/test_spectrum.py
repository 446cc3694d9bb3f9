"""How many directions are in use: what rounding to a file's data type can, and cannot, make one believe."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from duality.cli.audit_summary import summary
from duality.numeric import spectrum
from duality.numeric.audit import audit
from duality.numeric.embeddings import shipped_embeddings

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
COARSE = [torch.float8_e4m3fn, torch.float8_e5m2]


def gaussian(n: int, m: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, m, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("embeddings", shipped_embeddings(), ids=lambda embeddings: embeddings.name)
def test_every_precision_gives_the_same_sentences(embeddings, dtype):
    assert summary(audit(embeddings.z.to(dtype))) == summary(audit(embeddings.z))


@pytest.mark.parametrize("dtype", DTYPES + COARSE)
@pytest.mark.parametrize(("n", "m"), [(130, 20), (3000, 20), (20, 130)])
def test_healthy_embeddings_are_healthy_in_every_precision(dtype, n, m):
    result = audit(gaussian(n, m).to(dtype))
    assert summary(result)[0].startswith("Uses ")
    assert "empty" not in summary(result)[0]
    assert result.centered_spectrum.effective_rank > 0.8 * min(n - 1, m)
    if dtype.itemsize > 1:
        assert (result.spectrum.numerical_rank, result.spectrum.undetermined) == (min(n, m), 0)


@pytest.mark.parametrize("dtype", DTYPES + COARSE)
@pytest.mark.parametrize("spread", [0.0, 1e-9])
def test_collapse_is_told_in_every_precision(dtype, spread):
    z = 1 + gaussian(1, 40).abs() + spread * gaussian(2000, 40)
    assert summary(audit(z.to(dtype)))[0].startswith("Collapsed")


def test_collapse_that_half_precision_cannot_tell_is_said_to_be_so():
    z = 1.0 + 2e-3 * gaussian(2000, 40)
    assert summary(audit(z.half()))[0].startswith("Uses ")
    assert "as far as bfloat16 can tell" in summary(audit(z.bfloat16()))[0]


@pytest.mark.parametrize("dtype", DTYPES + COARSE)
def test_dimensional_collapse_is_told_in_every_precision(dtype):
    z = (gaussian(1500, 3) @ gaussian(3, 256, seed=1)).to(dtype)
    result = audit(z)
    assert summary(result)[0].startswith("Dimensional collapse: uses ")
    assert 0 < result.centered_spectrum.numerical_rank <= 3
    told = dtype in (torch.float32, torch.float64)
    assert ("253 of 256 possible directions are empty" in summary(result)[0]) is told
    assert result.spectrum.undetermined == (0 if told else 256 - result.spectrum.numerical_rank)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_million_samples_hide_no_direction(dtype):
    result = audit(gaussian(1_000_000, 16).to(dtype))
    assert (result.spectrum.numerical_rank, result.centered_spectrum.numerical_rank) == (16, 16)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("n", "m"), [(100, 8), (8, 100)])
def test_large_samples_and_dimensions_do_not_hide_the_others(dtype, n, m):
    z = gaussian(n, m)
    z[0] *= 2.0**12
    z[:, 1] *= 2.0**-8
    result = audit(z.to(dtype))
    assert result.spectrum.numerical_rank == min(n, m)
    assert result.centered_spectrum.numerical_rank == min(n - 1, m)


@given(
    rank=st.integers(0, 6),
    n=st.integers(2, 40),
    m=st.integers(1, 40),
    seed=st.integers(0, 10_000),
    dtype=st.sampled_from(DTYPES + COARSE),
    shift=st.sampled_from([0, 1, 50]),
    scale=st.sampled_from([0, 6, 20]),
)
def test_rounding_never_makes_a_direction(rank, n, m, seed, dtype, shift, scale):
    """Integers of a known rank, exact in float64, with samples of very different sizes."""
    draw = torch.Generator().manual_seed(seed)
    factors = [torch.randint(-9, 10, shape, generator=draw).double() for shape in ((n, rank), (rank, m))]
    z = factors[0] @ factors[1] + shift
    sizes = 2.0 ** -torch.randint(0, scale + 1, (n, 1), generator=draw).double()
    z = z * sizes
    stored = z.to(dtype)
    if not stored.float().isfinite().all():
        return
    result = audit(stored)
    exact = int(torch.linalg.matrix_rank(z, rtol=1e-9)), int(torch.linalg.matrix_rank(z - z.mean(dim=0), rtol=1e-9))
    assert result.spectrum.numerical_rank <= exact[0]
    assert result.centered_spectrum.numerical_rank <= max(exact[1], 0)


def test_blocks_do_not_change_the_rank(monkeypatch):
    z = (gaussian(300, 4) @ gaussian(4, 6) * torch.arange(300)[:, None]).bfloat16()
    whole = audit(z)
    monkeypatch.setattr(spectrum, "_BLOCK_ENTRIES", 70)
    again = audit(z)
    for name in ("numerical_rank", "undetermined"):
        assert getattr(again.centered_spectrum, name) == getattr(whole.centered_spectrum, name)


def test_samples_too_small_for_half_precision_are_undetermined():
    """Below the normal numbers, rounding is not relative any more."""
    direction = torch.tensor([[1.0, 0.7, 0.3]], dtype=torch.float64)
    z = torch.arange(1, 40, dtype=torch.float64)[:, None] * direction * 2.0**-24
    assert audit(z.half()).spectrum.numerical_rank <= 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_constant_embeddings_have_no_undetermined_direction(dtype):
    result = audit(torch.full((9, 4), 3.0, dtype=dtype)).centered_spectrum
    assert (result.numerical_rank, result.undetermined, result.effective_rank) == (0, 0, 0.0)


def test_rounding_share_bounds_what_rounding_did():
    z = gaussian(200, 30)
    for dtype in DTYPES[1:]:
        stored = z.to(dtype)
        result = audit(stored)
        error = float((stored.double() - z).norm())
        assert error <= math.sqrt(result.rounding_share * result.energy) < 4 * error
