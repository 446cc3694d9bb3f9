"""The ensembles are what they are called, and the draw is the same whoever asks."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from duality.numeric import ensembles
from duality.numeric.certify import certify
from duality.numeric.ensembles import ENSEMBLES, SIZES, draw

EVERY = len(ENSEMBLES) * len(SIZES)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_shape_and_type(name):
    for n, m in SIZES:
        z = ENSEMBLES[name](np.random.default_rng(0), n, m)
        assert z.shape == (n, m)
        assert z.dtype == np.float64
        assert np.isfinite(z).all()


def test_every_ensemble_comes_at_every_size_and_round_in_turn():
    names = [sample.name.partition(", trial")[0] for sample in draw(EVERY)]
    assert len(set(names)) == EVERY
    assert {name.split(",")[0] for name in names[: len(ENSEMBLES)]} == set(ENSEMBLES)


def test_a_trial_does_not_depend_on_how_many_there_are():
    for few, many in zip(draw(7, seed=3), draw(300, seed=3), strict=False):
        assert few.name == many.name
        assert torch.equal(few.z, many.z)


def test_seeds_differ():
    first, second = (next(iter(draw(1, seed=seed))).z for seed in (0, 1))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str)
def test_entries_are_finite_in_every_type(dtype):
    for sample in draw(EVERY, 5, dtype):
        assert sample.z.dtype == dtype
        assert sample.z.isfinite().all()


def of(name, n=12, m=8):
    return ENSEMBLES[name](np.random.default_rng(1), n, m)


def test_orthogonal_and_normalised_ensembles():
    np.testing.assert_allclose(
        of("orthogonal samples", 8, 12) @ of("orthogonal samples", 8, 12).T, np.eye(8), atol=1e-12
    )
    np.testing.assert_allclose(of("orthogonal samples").T @ of("orthogonal samples"), np.eye(8), atol=1e-12)
    assert set(np.unique(of("hadamard"))) == {-1, 1}
    np.testing.assert_allclose(np.square(of("unit")).sum(1), 1)
    np.testing.assert_allclose(np.square(of("standardised")).sum(0), 12 / 8)
    np.testing.assert_allclose(of("standardised").sum(0), 0, atol=1e-9)
    both = of("doubly normalised")
    np.testing.assert_allclose(np.square(both).sum(1), 1)
    np.testing.assert_allclose(np.square(both).sum(0), 12 / 8, rtol=0.01)


def test_geometric_ensembles():
    gram = of("simplex", 5, 9) @ of("simplex", 5, 9).T
    np.testing.assert_allclose(gram, np.eye(5) - 1 / 5, atol=1e-12)
    gram = of("equiangular", 5, 9) @ of("equiangular", 5, 9).T
    assert np.ptp(gram[~np.eye(5, dtype=bool)]) < 1e-12
    assert np.linalg.matrix_rank(of("low rank")) <= 2
    assert len(np.unique(of("duplicates"), axis=0)) <= 3
    assert np.ptp(of("constant")) == 0
    assert np.array_equal(of("integers"), np.rint(of("integers")))
    assert (of("sparse") == 0).mean() > 0.7


def test_hard_ensembles():
    for name, energies in (("dominant sample", "sample_energies"), ("dominant dimension", "dimension_energies")):
        first, *others = getattr(certify(torch.from_numpy(np.ascontiguousarray(of(name)))), energies)
        assert first.lower > 100 * max(energy.upper for energy in others)
    magnitudes = np.abs(of("wide range", 40, 40))
    assert magnitudes.min() < 1e-27
    assert magnitudes.max() > 1e27
    assert np.abs(of("cauchy", 40, 40)).max() > 50


def test_large_entries_are_scaled_into_a_small_type_exactly():
    z = torch.tensor([[1e30, 2.0**80]], dtype=torch.float64)
    fitted = ensembles._fitted(z, torch.float16)
    ratio = Fraction(float(fitted[0, 1])) / Fraction(2) ** 80
    assert ratio.numerator & (ratio.numerator - 1) == 0
    assert fitted.isfinite().all()
