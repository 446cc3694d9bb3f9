"""Enclosed matrices: the exact one is never farther than the distance says."""

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from duality.numeric import exact, matrices
from duality.numeric.matrices import Enclosed, depth, product, row_products, scale_rows, scaled, sum_by_halves
from duality.numeric.rounding import Ball


def enclosed(seed: int, n: int, m: int) -> Enclosed:
    """Entries of very different sizes, the largest in [1, 2)."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, m)) * 10 ** rng.uniform(-9, 0, (n, m))
    return scaled(torch.from_numpy(z))[0]


def distance(values: torch.Tensor, truth: list[list[Fraction]]) -> Ball:
    """‖values − truth‖_F."""
    pairs = zip(values.tolist(), truth, strict=True)
    total = sum(
        ((Fraction(x) - y) ** 2 for row, true in pairs for x, y in zip(row, true, strict=True)), Fraction(0)
    )
    return Ball.exact(total).sqrt()


def holds(found: Enclosed, truth: list[list[Fraction]]) -> bool:
    return distance(found.values, truth).lower <= Fraction(found.distance)


seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 7)


@given(seeds, sizes, sizes, sizes, st.sampled_from([1, 2, 128]))
def test_product(seed, n, m, p, block):
    a, b = enclosed(seed, n, m), enclosed(seed + 1, m, p)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matrices, "_BLOCK", block)
        found = product(a, b)
    assert holds(found, exact.product(a.values.tolist(), b.values.tolist()))


@given(seeds, sizes, sizes)
def test_product_of_products_carries_its_factors_distances(seed, n, m):
    a = enclosed(seed, n, m)
    rows = a.values.tolist()
    gram = exact.gram(rows)
    assert holds(product(product(a, a.transposed), a), exact.product(gram, rows))
    assert holds(product(a.transposed, product(a, a.transposed)), exact.product(exact.transpose(rows), gram))


@given(seeds, sizes, sizes)
def test_sums_and_differences(seed, n, m):
    a, b = enclosed(seed, n, m), enclosed(seed + 1, n, m)
    pairs = list(zip(exact.rationals(a.values.tolist()), exact.rationals(b.values.tolist()), strict=True))
    assert holds(a + b, [[x + y for x, y in zip(*pair, strict=True)] for pair in pairs])
    assert holds(a - b, [[x - y for x, y in zip(*pair, strict=True)] for pair in pairs])
    assert holds((a - b) * -4, [[4 * (y - x) for x, y in zip(*pair, strict=True)] for pair in pairs])


@given(seeds, sizes, sizes)
def test_row_products_and_scaled_rows(seed, n, m):
    a, b = enclosed(seed, n, m), enclosed(seed + 1, n, m)
    rows = exact.rationals(a.values.tolist())
    energies = exact.sample_energies(rows)
    crossed = [exact.dot(x, y) for x, y in zip(rows, exact.rationals(b.values.tolist()), strict=True)]
    found = row_products(a, a)
    assert holds(Enclosed(found.values[None], found.distance), [energies])
    assert holds(scale_rows(found, a), [[e * x for x in row] for e, row in zip(energies, rows, strict=True)])
    found = row_products(a, b)
    assert holds(Enclosed(found.values[None], found.distance), [crossed])


@given(seeds, sizes, sizes)
def test_norms_and_inner_products(seed, n, m):
    a, b = enclosed(seed, n, m), enclosed(seed + 1, n, m)
    one, two = a.values.tolist(), b.values.tolist()
    energy = exact.energy(one)
    assert energy in a.squared_norm()
    assert energy <= Fraction(a.norm) ** 2 <= energy * (1 + Fraction(1, 10**9)) + Fraction(1, 10**9)
    pairs = zip(exact.rationals(one), exact.rationals(two), strict=True)
    assert sum(exact.dot(x, y) for x, y in pairs) in a.inner(b)
    assert a.inner(a) == a.squared_norm()


@given(seeds, sizes, sizes, st.integers(150, 520))
def test_where_squares_underflow(seed, n, m, exponent):
    """What is left without a diagonal may be this small; its squares are then lost, its norm is not."""
    a, b = (Enclosed(enclosed(seed + k, n, m).values * 2.0**-exponent) for k in range(2))
    rows, others = exact.rationals(a.values.tolist()), exact.rationals(b.values.tolist())
    assert exact.energy(rows) <= Fraction(a.norm) ** 2
    assert exact.energy(rows) >= Fraction(a.is_zero("zero").residual) ** 2
    assert exact.energy(rows) in a.squared_norm()
    large = enclosed(seed + 2, m, n)
    assert holds(product(a, large), exact.product(rows, large.values.tolist()))
    found = row_products(a, b)
    crossed = [exact.dot(x, y) for x, y in zip(rows, others, strict=True)]
    assert holds(Enclosed(found.values[None], found.distance), [crossed])


@given(seeds, sizes)
def test_parts_of_a_matrix(seed, n):
    a = enclosed(seed, n, n)
    assert torch.equal(a.off_diagonal().values + torch.diag(a.diagonal().values), a.values)
    assert not a.off_diagonal().values.diagonal().any()
    assert torch.equal(a.transposed.values, a.values.T)


def test_is_zero_sees_ten_times_the_distance():
    near = Enclosed(torch.full((3, 3), 1e-12 / 3, dtype=torch.float64), 1.0001e-12)
    far = Enclosed(near.values * 10, near.distance)
    assert near.is_zero("near").ok
    assert not far.is_zero("far").ok


@given(st.lists(st.integers(-(2**40), 2**40), max_size=40))
def test_sum_by_halves_is_the_sum_at_the_depth_it_says(terms):
    assert sum_by_halves(torch.tensor(terms, dtype=torch.float64)) == sum(terms)
    assert 2 ** depth(len(terms)) >= len(terms)


def test_sum_by_halves_along_either_axis():
    terms = torch.arange(21, dtype=torch.float64).reshape(3, 7)
    assert torch.equal(sum_by_halves(terms.clone(), dim=1), terms.sum(dim=1))
    assert torch.equal(sum_by_halves(terms.clone(), dim=0), terms.sum(dim=0))
    assert sum_by_halves(torch.zeros(0, 3), dim=0).tolist() == [0, 0, 0]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8))
@settings(max_examples=300)
def test_scaling_is_exact_but_for_what_is_lost_far_below_the_peak(entries):
    found, exponent = scaled(torch.tensor([entries], dtype=torch.float64))
    peak = float(found.values.abs().max())
    assert peak == 0 or 1 <= peak < 2
    truth = [[Fraction(entry) / Fraction(2) ** exponent for entry in entries]]
    assert distance(found.values, truth).upper <= Fraction(2) ** -1000


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_scaling_refuses_what_is_not_finite(bad):
    with pytest.raises(ValueError, match="NaN or infinite entries: remove them"):
        scaled(torch.tensor([[1.0, bad]]))
