import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from torch.autograd import gradcheck, gradgradcheck

from duality import normalization
from duality.criteria import sample_contrastive
from duality.normalization import (
    NotScalableError,
    center,
    double_normalize,
    standardize_dimensions,
    unit_embeddings,
)
from duality.numeric import exact
from duality.numeric.rounding import growth, unit_roundoff
from tests import checks

SHAPES = [(4, 7), (7, 4), (5, 5), (1, 6), (6, 1), (1, 1)]
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def gaussian(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# --- Single passes; `tests.test_mutants` holds them against exact arithmetic


@pytest.mark.parametrize("normalize", [center, unit_embeddings, standardize_dimensions])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [*SHAPES, (0, 3), (3, 0), (0, 0)])
def test_shape_and_type(normalize, dtype, shape):
    z = gaussian(*shape).to(dtype)
    before = z.clone()
    result = normalize(z)
    assert result.shape == z.shape
    assert result.dtype == torch.promote_types(dtype, torch.float32)
    assert torch.isfinite(result).all()
    assert torch.equal(z, before)


@pytest.mark.parametrize("normalize", [center, unit_embeddings, standardize_dimensions])
@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (2, 2)])
def test_derivatives(normalize, shape):
    z = gaussian(*shape).requires_grad_()
    assert gradcheck(normalize, (z,))
    assert gradgradcheck(normalize, (z,))


@pytest.mark.parametrize("normalize", [unit_embeddings, standardize_dimensions])
@pytest.mark.parametrize("power", [-100, 100])
def test_scale_is_forgotten(normalize, power):
    z = gaussian(5, 3).float()
    assert torch.equal(normalize(z * 2.0**power), normalize(z))


def test_zero_embedding_stays_zero_with_a_finite_gradient():
    z = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    result = unit_embeddings(z)
    assert result[0].tolist() == [0, 0]
    result.sum().backward()
    assert z.grad is not None
    assert torch.isfinite(z.grad).all()


@pytest.mark.parametrize("value", [0.1, -3e4, 1 / 3, 1e-30])
def test_constant_dimension_becomes_exactly_zero(value):
    z = torch.cat([torch.full((11, 1), value), gaussian(11, 2).float()], dim=1)
    assert not center(z)[:, 0].any()
    assert not standardize_dimensions(z)[:, 0].any()


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("normalize", [center, unit_embeddings, standardize_dimensions, double_normalize])
@pytest.mark.parametrize(
    ("z", "message"), [(torch.ones(3), "give a matrix"), (torch.ones(2, 2, dtype=torch.int32), "convert them")]
)
def test_bad_input_names_the_fix(normalize, z, message):
    with pytest.raises(ValueError, match=message):
        normalize(z)


# --- Double normalisation


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_both_norms_are_reached(shape, dtype):
    result = double_normalize(gaussian(*shape).to(dtype))
    n, m = shape
    assert result.converged
    assert result.z.dtype == torch.promote_types(dtype, torch.float32)
    rows = result.z.tolist()
    deviations = [abs(energy - 1) for energy in exact.sample_energies(rows)]
    deviations += [abs(energy * m / n - 1) for energy in exact.dimension_energies(rows)]
    assert max(deviations) <= Fraction(result.deviation) + Fraction(n + m + 8, 2**52)
    assert result.deviation <= 64 * torch.finfo(result.z.dtype).eps


@given(seed=st.integers(0, 10**6), powers=st.lists(st.integers(-60, 60), min_size=9, max_size=9))
def test_scales_of_rows_and_columns_are_forgotten(seed, powers):
    """D₁KD₂ has one doubly normalised form, whatever D₁ and D₂: here powers of two, which round nothing."""
    z = gaussian(4, 5, seed=seed)
    scales = torch.tensor(powers, dtype=torch.float64).exp2()
    found, scaled = double_normalize(z), double_normalize(z * scales[:4, None] * scales[4:])
    assert scaled.converged
    assert torch.equal(found.z.sign(), scaled.z.sign())
    # The factors of the entries are a product of one for the row and one for the column, up to the rounding of
    # six operations and of an exponent below 2⁸, in each of four entries.
    factors = (scaled.z / z).log()
    inseparable = factors - factors[:1] - factors[:, :1] + factors[:1, :1]
    assert inseparable.abs().max() <= 4 * growth(6 + 2**8, unit_roundoff(z.dtype))


def test_entries_of_extreme_scale():
    z = gaussian(4, 6).float()
    for factor in (1e-38, 1e-30, 1e30, 1e37):
        assert double_normalize(z * factor).converged
    assert double_normalize(z * torch.tensor([1e-30, 1.0, 1e30, 1e-10])[:, None]).converged


def test_gradient_flows_through_every_iteration():
    z = gaussian(3, 5).requires_grad_()
    assert gradcheck(lambda z: double_normalize(z, tolerance=1e-13).z, (z,))
    assert gradcheck(lambda z: sample_contrastive(double_normalize(z, tolerance=1e-13).z, side="gram"), (z,))


def test_gradient_at_zeros_is_finite():
    z = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0], [1.0, 0.0, 1.0]], requires_grad=True)
    double_normalize(z).z.pow(3).sum().backward()
    assert z.grad is not None
    assert torch.isfinite(z.grad).all()


def test_stopping_early_is_reported():
    z = gaussian(4, 6) * torch.linspace(1, 50, 6, dtype=torch.float64)
    stopped = double_normalize(z, max_iterations=1)
    assert (stopped.iterations, stopped.converged) == (1, False)
    assert stopped.deviation > 1e-3
    assert double_normalize(z, tolerance=stopped.deviation * 2).iterations == 1


def positive_scaling_exists(support: np.ndarray) -> bool:
    """By linear programming: N × M sums of M and N, every non-zero at least t, t as large as it gets (Menon)."""
    (n, m), entries = support.shape, np.argwhere(support)
    count = len(entries)
    sums = np.zeros((n + m, count + 1))
    for index, (row, column) in enumerate(entries):
        sums[row, index] = sums[n + column, index] = 1
    best = linprog(
        c=np.r_[np.zeros(count), -1],
        A_ub=np.c_[-np.eye(count), np.ones(count)],
        b_ub=np.zeros(count),
        A_eq=sums,
        b_eq=np.r_[np.full(n, m), np.full(m, n)],
        bounds=[(0, None)] * count + [(0, 1)],
    )
    return best.status == 0 and -best.fun > 1e-9


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 2), (2, 3), (3, 2), (3, 3), (2, 4)])
def test_refused_are_exactly_the_patterns_without_a_scaling(shape):
    for bits in itertools.product((0.0, 1.0), repeat=math.prod(shape)):
        support = torch.tensor(bits, dtype=torch.float64).reshape(shape)
        if positive_scaling_exists(support.numpy() > 0):
            assert double_normalize(support).converged
        else:
            with pytest.raises(NotScalableError):
                double_normalize(support)


def test_older_versions_of_scipy_are_served(monkeypatch):
    """Before 1.15 they take indices of 32 bits only, and return a matrix where now there is an array."""
    calls = []

    def strict(function):
        def call(graph, *arguments, **options):
            assert {graph.indices.dtype, graph.indptr.dtype} == {np.dtype("int32")}
            calls.append(function)
            result = function(graph, *arguments, **options)
            if hasattr(result, "flow"):
                result.flow = csr_matrix(result.flow)
            return result

        return call

    for function in (normalization.maximum_flow, normalization.connected_components):
        monkeypatch.setattr(normalization, function.__name__, strict(function))
    assert double_normalize(torch.eye(3)).converged
    with pytest.raises(NotScalableError, match="nears equal norms only"):
        double_normalize(torch.tensor([[1.0, 1.0], [0.0, 1.0]]))
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("z", "message"),
    [
        ([[1, 1], [0, 1]], "nears equal norms only as some of its non-zeros vanish"),
        ([[1, 1, 1], [1, 0, 0], [1, 0, 0]], "its zeros leave no scaling"),
        ([[1, 1], [0, 0]], "sample 1 is zero"),
        ([[1, 0], [1, 0]], "dimension 1 is zero"),
    ],
)
def test_refusals_name_the_fix(z, message):
    with pytest.raises(NotScalableError, match=message):
        double_normalize(torch.tensor(z, dtype=torch.float32))


@pytest.mark.parametrize("pattern", [torch.eye(4).roll(1, 0), torch.block_diag(torch.ones(2, 3), torch.ones(2, 3))])
def test_permutations_and_blocks_are_scaled(pattern):
    assert double_normalize(pattern * 7.0).converged


@pytest.mark.parametrize(
    ("z", "arguments", "message"),
    [
        (torch.ones(0, 3), {}, "are empty"),
        (torch.tensor([[1.0, float("nan")]]), {}, "NaN or infinite"),
        (torch.ones(2, 2), {"max_iterations": 0}, "allow at least one"),
    ],
)
def test_nothing_to_normalise(z, arguments, message):
    with pytest.raises(ValueError, match=message):
        double_normalize(z, **arguments)


def test_honest_deviation():
    assert checks.deviation_is_honest(double_normalize)
