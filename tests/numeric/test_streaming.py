"""A data set in chunks has the criteria of the whole, wherever it is cut and in whatever order it is joined."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.streaming import Moments, accumulate
from duality.numeric.tightness import tightness


def embeddings(seed: int, n: int, m: int) -> torch.Tensor:
    z = torch.randn(n, m, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    z[: n // 3] *= 2.0**-200
    z[n // 3 : n // 2] = 0
    return z


def contains(moments: Moments, rows: list[list[float]]) -> bool:
    return (
        moments.samples == len(rows)
        and exact.energy(rows) in moments.energy
        and exact.gram_norm(rows) in moments.gram_norm
        and exact.sample_contrastive(rows) in moments.sample_contrastive
        and exact.dimension_contrastive(rows) in moments.dimension_contrastive
        and exact.sample_fourth_powers(rows) in moments.sample_fourth_powers
        and exact.dimension_fourth_powers(rows) in moments.dimension_fourth_powers
    )


@given(st.integers(0, 999), st.integers(1, 12), st.integers(1, 4), st.integers(1, 5), st.integers(-900, 900))
def test_chunks_contain_the_exact_values(seed, n, m, size, exponent):
    z = embeddings(seed, n, m) * 2.0 ** (exponent // 2) * 2.0 ** (exponent - exponent // 2)
    chunks = z.split(size)
    assert contains(accumulate(chunks), z.tolist())
    assert contains(accumulate(reversed(chunks)), z.tolist())


def test_workers_join_to_the_whole():
    z = embeddings(0, 90, 7)
    k = certify(z)
    first, second = accumulate(z[:40].split(8)), accumulate(z[40:].split(16))
    for moments in (first + second, second + first, Moments.of(z)):
        for streamed, whole in (
            (moments.sample_contrastive, k.sample_contrastive("gram")),
            (moments.dimension_contrastive, k.dimension_contrastive("covariance")),
        ):
            assert (streamed - whole).is_zero("streaming").ok
            assert streamed.radius / streamed.value < 1e-12


def test_chunks_are_read_one_at_a_time():
    alive = []

    def chunks():
        for seed in range(5):
            alive.append(seed)
            yield embeddings(seed, 6, 3)
            assert alive == list(range(seed + 1))

    assert accumulate(chunks()).samples == 30


def test_refuses_nothing_and_chunks_that_do_not_fit():
    with pytest.raises(ValueError, match="give at least one"):
        accumulate([])
    with pytest.raises(ValueError, match="chunks of 3 and 4 dimensions"):
        accumulate([torch.ones(2, 3), torch.ones(2, 4)])


def test_tightness_rows_hold_their_bounds():
    rows = list(tightness(exact_sizes=((6, 4),), sizes=((32, 16),)))
    assert {row.dtype for row in rows} == {torch.float16, torch.bfloat16, torch.float32, torch.float64}
    assert [row.source for row in rows] == ["certify", *["criteria"] * 4]
    assert all(row.error <= row.bound and row.ratio >= 1 for row in rows)
    # Rigorous, and within a few hundred roundings of float64, a few thousand of float32.
    assert rows[0].bound < 500 * 2.0**-53
    assert all(row.bound < 5000 * 2.0**-24 for row in rows)
