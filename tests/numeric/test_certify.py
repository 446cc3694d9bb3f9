"""Every ball contains the exact value, and is small enough to see a mistake."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from duality.numeric import exact
from duality.numeric.certify import certify, certify_cross
from duality.numeric.ensembles import ENSEMBLES, SIZES, draw

SIDES = ("gram", "covariance")
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
EVERY = len(ENSEMBLES) * len(SIZES)
"""Trials after which every ensemble was seen at every size."""
SMALL = 64
"""Entries up to which the exact oracle is quick."""


def small(trials: int, seed: int, dtype: torch.dtype):
    return ((sample.name, sample.z) for sample in draw(trials, seed, dtype) if sample.z.numel() <= SMALL)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_balls_contain_the_exact_values(dtype):
    for name, z in small(EVERY, 3, dtype):
        k, rows = certify(z), z.tolist()
        for side in SIDES:
            assert exact.gram_norm(rows) in k.gram_norm(side), name
            assert exact.sample_contrastive(rows) in k.sample_contrastive(side), name
            assert exact.dimension_contrastive(rows) in k.dimension_contrastive(side), name
        assert exact.energy(rows) in k.energy, name
        assert exact.sample_fourth_powers(rows) in k.sample_fourth_powers, name
        assert exact.dimension_fourth_powers(rows) in k.dimension_fourth_powers, name
        assert 0 in k.duality_residual, name


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_energies_one_by_one(dtype):
    for name, z in small(EVERY // 2, 4, dtype):
        k, rows = certify(z), z.tolist()
        dimensions = exact.dimension_energies(rows) if len(rows) else [Fraction(0)] * z.shape[1]
        for balls, hull, energies in (
            (k.sample_energies, k.sample_energy_range, exact.sample_energies(rows)),
            (k.dimension_energies, k.dimension_energy_range, dimensions),
        ):
            assert all(energy in ball for energy, ball in zip(energies, balls, strict=True)), name
            assert all(energy in hull for energy in energies or [0]), name
            # The hull is the range and hardly more.
            least, most = min(energies, default=0), max(energies, default=0)
            assert hull.radius <= (most - least) / 2 + Fraction(most) / 10**12 + Fraction(1, 2**800), name


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_cross_forms_contain_the_exact_values(dtype):
    pairs = zip(draw(EVERY // 2, 5, dtype), draw(EVERY // 2, 6, dtype), strict=True)
    for first, second in pairs:
        if first.z.numel() > SMALL or not first.z.shape[0]:
            continue
        cross, pair = certify_cross(first.z, second.z), (first.z.tolist(), second.z.tolist())
        for side in SIDES:
            for form in ("gram_norm", "covariance_norm", "sample_contrastive", "dimension_contrastive"):
                truth = getattr(exact, f"cross_{form}")(*pair)
                assert truth in getattr(cross, f"cross_{form}")(side), (first.name, form, side)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 999))
def test_cross_forms_of_views_that_share_one_axis(n, m, p, seed):
    generator = torch.Generator().manual_seed(seed)
    a, b = torch.randn(n, m, generator=generator), torch.randn(p, m, generator=generator)
    for side in SIDES:
        assert exact.cross_gram_norm(a.tolist(), b.tolist()) in certify_cross(a, b).cross_gram_norm(side)
        truth = exact.cross_covariance_norm(a.T.tolist(), b.T.tolist())
        assert truth in certify_cross(a.T, b.T).cross_covariance_norm(side)


def test_cross_forms_refuse_views_that_do_not_fit():
    narrow = certify_cross(torch.ones(3, 2), torch.ones(3, 4))
    short = certify_cross(torch.ones(3, 2), torch.ones(5, 2))
    for side in SIDES:
        for form in (narrow.cross_gram_norm, narrow.cross_dimension_contrastive):
            with pytest.raises(ValueError, match="must agree in dimensions"):
                form(side)
        for form in (short.cross_covariance_norm, short.cross_sample_contrastive):
            with pytest.raises(ValueError, match="must agree in samples"):
                form(side)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_false_alarm_and_every_injected_error_seen(dtype):
    for sample in draw(EVERY // 2, 7, dtype):
        k = certify(sample.z)
        agree = k.gram_norm("gram") - k.gram_norm("covariance")
        for residual in (k.duality_residual, agree):
            assert residual.is_zero(sample.name).ok, sample.name
            for sign in (1, -1):
                assert not (residual + sign * 10 * residual.radius).is_zero(sample.name).ok, sample.name


@pytest.mark.parametrize("exponent", [-1000, -300, 0, 250, 1000])
def test_powers_of_two_change_nothing_but_the_unit(exponent):
    z = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    scaled = torch.ldexp(z, torch.tensor(exponent // 2)) * 2.0 ** (exponent - exponent // 2)
    unit = Fraction(2) ** (4 * exponent)
    for side in SIDES:
        expected = certify(z).sample_contrastive(side)
        found = certify(scaled).sample_contrastive(side)
        assert found.value == expected.value * unit
        assert found.radius == expected.radius * unit


@pytest.mark.parametrize(("n", "m"), [(64, 32), (300, 200)])
def test_balls_are_small(n, m):
    """Relative radii next to the depth of the sums in float64: for Gaussian data a few hundred roundings."""
    k = certify(torch.randn(n, m, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))
    for side in SIDES:
        for ball in (k.gram_norm(side), k.sample_contrastive(side), k.dimension_contrastive(side)):
            assert ball.radius / ball.value < Fraction(min(n + m, 256) * 30, 2**53)


def test_zero_and_empty_embeddings():
    for shape in ((3, 2), (0, 2), (3, 0), (0, 0)):
        k = certify(torch.zeros(shape))
        assert k.shape == shape
        for ball in (k.energy, k.gram_norm("gram"), k.sample_energy_range, k.duality_residual):
            assert ball.value == 0
            assert ball.radius < Fraction(1, 2**800)


def test_bad_embeddings(unchecked):
    with pytest.raises(ValueError, match="NaN or infinite"):
        certify(torch.tensor([[float("nan")]]))
    with pytest.raises(ValueError, match="matrix of N samples"):
        certify(torch.ones(3))
    with pytest.raises(ValueError, match="convert them"):
        certify(torch.ones(3, 3, dtype=torch.int64))


def test_gradients_and_inputs_are_left_alone():
    z = torch.randn(4, 3, requires_grad=True)
    before = z.detach().clone()
    k = certify(z)
    assert 0 in k.duality_residual
    assert not k.x.values.requires_grad
    assert torch.equal(z.detach(), before)
    doubles = before.double() / before.abs().max()
    untouched = doubles.clone()
    assert 0 in certify(doubles).duality_residual
    assert torch.equal(doubles, untouched)
