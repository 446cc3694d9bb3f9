import itertools
from fractions import Fraction
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch.autograd import gradcheck, gradgradcheck
from torch.func import grad, hessian, jvp, vmap
from torch.utils._python_dispatch import TorchDispatchMode

import duality
from duality import criteria
from duality.criteria import dimension_contrastive, gram_norm, sample_contrastive
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.precision import judge
from duality.numeric.rounding import growth, unit_roundoff
from tests import oracle

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
sides = st.sampled_from(oracle.SIDES)
entries = st.floats(-8, 8, width=16, allow_subnormal=False)


@st.composite
def embeddings(draw, dtypes=DTYPES, smallest=0, shape=None):
    """Up to 6 × 6 entries, zero or 2⁻¹⁴ to 8, times a power of two, in one of the types."""
    shape = shape or draw(st.tuples(*[st.integers(smallest, 6)] * 2))
    z = torch.from_numpy(draw(hnp.arrays("float64", shape, elements=entries)))
    dtype = draw(st.sampled_from(dtypes))
    power = 0 if dtype == torch.float16 else draw(st.integers(-10, 10))
    return (z * 2.0**power).to(dtype)


@st.composite
def views(draw, dtypes=(torch.float32, torch.float64)):
    shape = draw(st.tuples(*[st.integers(0, 5)] * 2))
    dtype = draw(st.sampled_from(dtypes))
    return tuple(draw(embeddings((dtype,), shape=shape)) for _ in range(2))


@st.composite
def permuted_samples(draw):
    """Integer embeddings whose samples permute one vector: equal norms, and float64 without any rounding."""
    vector = draw(st.lists(st.integers(-9, 9), min_size=1, max_size=6))
    samples = draw(st.lists(st.permutations(vector), min_size=1, max_size=6))
    return torch.tensor(samples, dtype=torch.float64)


def value_and_gradient(function, *tensors):
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    value = function(*leaves)
    return value.detach(), *torch.autograd.grad(value, leaves)


# --- Values and gradients against exact rational arithmetic


@pytest.mark.parametrize("criterion", oracle.CRITERIA)
@given(z=embeddings(), side=sides)
def test_value(criterion, z, side):
    value = getattr(criteria, criterion)(z, side=side)
    assert value.dtype == oracle.working_type(z)
    assert value.item() in oracle.value_ball(criterion, z)


@pytest.mark.parametrize("criterion", oracle.CRITERIA)
@given(z=embeddings(DTYPES[1:]), side=sides)
def test_gradient(criterion, z, side):
    _, gradient = value_and_gradient(lambda z: getattr(criteria, criterion)(z, side=side), z)
    assert gradient.dtype == z.dtype
    assert oracle.contains(oracle.gradient_balls(criterion, z), gradient)


@pytest.mark.parametrize("criterion", oracle.CROSS_CRITERIA)
@given(pair=views(), side=sides)
def test_cross_value(criterion, pair, side):
    assert getattr(criteria, criterion)(*pair, side=side).item() in oracle.cross_value_ball(criterion, *pair)


@pytest.mark.parametrize("criterion", ["sample_contrastive", "dimension_contrastive", "gram_norm"])
@given(z=embeddings((torch.float32, torch.float64)), side=sides)
def test_cross_view_of_one_view_with_itself(criterion, z, side):
    def cross(z):
        return getattr(criteria, f"cross_{criterion}")(z, z, side=side)

    value, gradient = value_and_gradient(cross, z)
    assert value.item() in oracle.value_ball(criterion, z)
    assert oracle.contains(oracle.gradient_balls(criterion, z), gradient)


@given(z=embeddings())
def test_energies_and_fourth_powers(z):
    rows = z.tolist()
    error = Fraction(growth(4 * max(*z.shape, 1), unit_roundoff(oracle.working_type(z))))
    for name in ("sample_energies", "dimension_energies"):
        expected = (
            getattr(exact, name)(rows) if z.numel() else [Fraction(0)] * z.shape[name == "dimension_energies"]
        )
        for computed, energy in zip(getattr(criteria, name)(z).tolist(), expected, strict=True):
            assert abs(Fraction(computed) - energy) <= error * energy
    for name in ("sample_fourth_powers", "dimension_fourth_powers"):
        powers = getattr(exact, name)(rows)
        assert abs(Fraction(getattr(criteria, name)(z).item()) - powers) <= error * powers


@pytest.mark.parametrize(("n", "m"), [(96, 24), (24, 96), (64, 64), (1, 50), (50, 1), (32, 700)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_larger_values_are_within_the_certified_bound(n, m, dtype):
    z = torch.randn(n, m, dtype=torch.float64, generator=torch.Generator().manual_seed(n)).to(dtype)
    certified = certify(z)
    for criterion, side in itertools.product(oracle.CRITERIA, oracle.SIDES):
        check = judge(criterion, getattr(criteria, criterion)(z, side=side), certified, side)
        assert check is not None
        assert check.ok, check


@pytest.mark.parametrize("side", ["gram", "covariance"])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (1, 4), (4, 1)])
def test_derivatives_of_first_and_second_order(shape, side):
    a, b = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for _ in range(2))
    for criterion in oracle.CRITERIA:
        arguments = (partial(getattr(criteria, criterion), side=side), (a,))
        assert gradcheck(*arguments)
        assert gradgradcheck(*arguments)
    for criterion in oracle.CROSS_CRITERIA:
        arguments = (partial(getattr(criteria, criterion), side=side), (a, b))
        assert gradcheck(*arguments)
        assert gradgradcheck(*arguments)


# --- Identities and inequalities


@given(z=embeddings(smallest=1))
def test_theorem_3_3(z):
    both = oracle.value_ball("sample_contrastive", z).radius + oracle.value_ball("dimension_contrastive", z).radius
    assert abs(Fraction(criteria.duality_residual(z).item())) <= 2 * both


@given(z=embeddings(smallest=1))
def test_gradient_of_theorem_3_3_vanishes(z):
    z = z.to(oracle.working_type(z))
    _, gradient = value_and_gradient(criteria.duality_residual, z)
    radius = [[ball.radius for ball in row] for row in oracle.gradient_balls("gram_norm", z)]
    assert all(
        abs(Fraction(entry)) <= 4 * bound
        for row in zip(gradient.tolist(), radius, strict=True)
        for entry, bound in zip(*row, strict=True)
    )


@given(z=embeddings((torch.float32, torch.float64)), side=st.sampled_from(["gram", "covariance"]))
def test_a_power_of_two_scales_without_rounding(z, side):
    for criterion in oracle.CRITERIA:
        function = getattr(criteria, criterion)
        assert function(4 * z, side=side) == 4**4 * function(z, side=side)


@given(z=embeddings(smallest=1), side=sides, order=st.randoms(use_true_random=False))
def test_order_and_signs_do_not_matter(z, side, order):
    n, m = z.shape
    signs = torch.tensor([order.choice((-1, 1)) for _ in range(m)], dtype=z.dtype)
    moved = z[order.sample(range(n), n)][:, order.sample(range(m), m)] * signs
    for criterion in oracle.CRITERIA:
        assert getattr(criteria, criterion)(moved, side=side).item() in oracle.value_ball(criterion, z)


@given(samples=st.lists(st.lists(st.integers(-9, 9), min_size=4, max_size=4), min_size=1, max_size=6), side=sides)
def test_rotations_keep_the_gram_side(samples, side):
    z = torch.tensor(samples, dtype=torch.float64)
    h = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)
    rotated = z @ torch.kron(h, h)  # twice a rotation, in integers
    assert sample_contrastive(rotated, side=side) == 2**4 * sample_contrastive(z, side=side)
    assert gram_norm(rotated, side=side) == 2**4 * gram_norm(z, side=side)


@given(z=permuted_samples(), side=sides)
def test_lemma_3_4_and_the_exact_corollary(z, side):
    n, m = z.shape
    norm4 = criteria.sample_energies(z)[0] ** 2  # a⁴
    powers = criteria.dimension_fourth_powers(z)
    assert n**2 * norm4 <= m * powers
    assert powers <= n**2 * norm4
    l_c, l_nc = sample_contrastive(z, side=side), dimension_contrastive(z, side=side)
    spread = (m * criteria.dimension_energies(z) - n * norm4.sqrt()).square().sum()  # M² Σ_j (r_j − Na²/M)²
    assert m**2 * (l_c - l_nc + n * norm4) == m * n**2 * norm4 + spread
    assert m * (l_nc - n * norm4) + n**2 * norm4 <= m * l_c
    assert l_c <= l_nc - n * norm4 + n**2 * norm4


def test_equality_cases():
    eye = torch.eye(4, dtype=torch.float64)
    copies = eye.repeat(3, 1)  # K = [I I I]: not collapsed, reaches the lower bound
    assert criteria.dimension_fourth_powers(copies) == 12**2 / 4
    assert dimension_contrastive(copies) == 0
    assert sample_contrastive(copies) == 12**2 / 4 - 12  # Welch
    collapsed = eye[:1].repeat(5, 1)  # one non-zero dimension: the upper bound, and L_nc is blind to it
    assert criteria.dimension_fourth_powers(collapsed) == 5**2
    assert dimension_contrastive(collapsed) == 0
    assert sample_contrastive(collapsed) == 5**2 - 5


@pytest.mark.parametrize("shape", [(5, 8), (8, 5), (6, 6), (1, 4), (4, 1)])
def test_corrected_remark_after_double_normalisation(shape):
    n, m = shape
    z = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    normalized = duality.double_normalize(z)
    assert normalized.converged
    # Squared norms within a factor 1 ± δ put their squares within 1 ± (2δ + δ²).
    delta = Fraction(normalized.deviation) + Fraction(4 * (n + m), 2**53)
    slack = (n + Fraction(n**2, m)) * (2 * delta + delta**2)
    certified = certify(normalized.z)
    gap = certified.dimension_contrastive("covariance") - certified.sample_contrastive("gram")
    assert abs(gap.value - n + Fraction(n**2, m)) <= slack + gap.radius
    assert n == m or abs(gap.value - n + m) > slack + gap.radius  # as printed in the paper


# --- Precision and range


def test_auto_refuses_an_ill_conditioned_subtraction():
    """One dominant dimension orthogonal to the rest: on the Gram side nothing of L_nc survives in float32."""
    z = torch.zeros(8, 32)
    z[:4, 0] = z[4:, 0] = 4096.0
    z[4:, 0] *= -1
    z[:, 1:] = torch.tensor([1.0, -1.0]).repeat(4)[:, None]
    truth = dimension_contrastive(z.double(), side="covariance").item()
    assert truth == 31 * 30 * 8**2
    assert dimension_contrastive(z).item() == truth
    assert dimension_contrastive(z, side="gram").item() != truth


@pytest.mark.parametrize("scale", [-50, -40, -34, 33])
@pytest.mark.parametrize("criterion", ["sample_contrastive", "dimension_contrastive"])
def test_auto_keeps_extreme_scales(criterion, scale):
    z = torch.randn(3, 24, generator=torch.Generator().manual_seed(0))
    value, gradient = value_and_gradient(getattr(criteria, criterion), z)
    far_value, far_gradient = value_and_gradient(getattr(criteria, criterion), z * 2.0**scale)
    wide_value, wide_gradient = value_and_gradient(getattr(criteria, criterion), z.double())
    limits = torch.finfo(torch.float32)
    for far, wide, near, degree in ((far_value, wide_value, value, 4), (far_gradient, wide_gradient, gradient, 3)):
        expected = wide * 2.0 ** (degree * scale)
        kept = expected.abs() <= limits.max
        # Rounded once, to float32, from float64; next to zero, to the spacing of subnormal numbers.
        bound = limits.eps * expected.abs() + limits.smallest_normal * limits.eps
        assert ((far - expected).abs() <= bound)[kept].all()
        assert far[~kept].isinf().all()
        assert near.dtype == far.dtype


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_what_float32_cannot_hold_is_zero_or_infinite(scale):
    z = torch.full((2, 3), scale)
    assert sample_contrastive(z).item() == (0.0 if scale < 1 else float("inf"))


@pytest.mark.parametrize("side", oracle.SIDES)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_stays_visible(bad, side):
    z = torch.ones(3, 5)
    z[1, 2] = bad
    for criterion in oracle.CRITERIA:
        assert not torch.isfinite(getattr(criteria, criterion)(z, side=side))


@pytest.mark.parametrize("side", oracle.SIDES)
def test_autocast_changes_nothing(side):
    a, b = torch.randn(6, 4), torch.randn(6, 4)
    cases = [(criterion, (a,)) for criterion in oracle.CRITERIA]
    cases += [(criterion, (a, b)) for criterion in oracle.CROSS_CRITERIA]
    for criterion, views in cases:
        function = partial(getattr(criteria, criterion), side=side)
        plain = value_and_gradient(function, *views)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            cast = value_and_gradient(function, *views)
        assert all(torch.equal(one, other) for one, other in zip(plain, cast, strict=True))


# --- What a caller may rely on


@given(z=embeddings(), side=sides)
def test_the_input_is_left_alone(z, side):
    before = z.clone()
    for criterion in oracle.CRITERIA:
        getattr(criteria, criterion)(z, side=side)
        getattr(criteria, f"cross_{criterion}")(z, z, side=side)
    assert torch.equal(z, before)


@given(z=embeddings(smallest=1), side=sides)
def test_strides_do_not_matter(z, side):
    strided = torch.stack([z, z], dim=2)[:, :, 0]
    for view in (strided, z.T.contiguous().T):
        for criterion in oracle.CRITERIA:
            assert getattr(criteria, criterion)(view, side=side).item() in oracle.value_ball(criterion, z)


@pytest.mark.parametrize("side", ["gram", "covariance"])
@pytest.mark.parametrize("criterion", [*oracle.CRITERIA, *oracle.CROSS_CRITERIA])
def test_gradients_are_laid_out_as_the_embeddings(criterion, side):
    """A transposed gradient made the backward pass of Barlow Twins' normalisation five times as slow."""
    views = [torch.randn(6, 4, dtype=torch.float64) for _ in range(2 if criterion in oracle.CROSS_CRITERIA else 1)]
    for each in (views, [z.T.contiguous().T for z in views]):
        _, *gradients = value_and_gradient(partial(getattr(criteria, criterion), side=side), *each)
        assert [gradient.stride() for gradient in gradients] == [z.stride() for z in each]


@pytest.mark.parametrize("side", ["gram", "covariance"])
def test_function_transforms(side):
    batch = torch.randn(3, 6, 4, dtype=torch.float64)
    for criterion in oracle.CRITERIA:
        function = partial(getattr(criteria, criterion), side=side)
        singles = [value_and_gradient(function, z) for z in batch]
        torch.testing.assert_close(vmap(function)(batch), torch.stack([value for value, _ in singles]))
        torch.testing.assert_close(vmap(grad(function))(batch), torch.stack([slope for _, slope in singles]))
        torch.testing.assert_close(grad(getattr(criteria, criterion))(batch[0]), singles[0][1])


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:FutureWarning")
@pytest.mark.parametrize("side", oracle.SIDES)
def test_forward_derivatives(side):
    z, other, direction = torch.randn(3, 4, 3, dtype=torch.float64)
    for criterion in oracle.CRITERIA:
        function = partial(getattr(criteria, criterion), side=side)
        expected = torch.autograd.functional.hessian(function, z)
        torch.testing.assert_close(hessian(function)(z), expected)
    for criterion in oracle.CROSS_CRITERIA:
        function = partial(getattr(criteria, criterion), side=side)
        for a, b in ((z, other), (z, z)):
            _, slope_a, slope_b = value_and_gradient(function, a, b)
            torch.testing.assert_close(
                jvp(function, (a, b), (direction, a))[1], (slope_a * direction).sum() + (slope_b * a).sum()
            )
        _, slope = value_and_gradient(partial(function, z), other)
        torch.testing.assert_close(jvp(partial(function, z), (other,), (z,))[1], (slope * z).sum())


class LargestTensor(TorchDispatchMode):
    """The number of entries of the largest result of any operation."""

    def __init__(self):
        super().__init__()
        self.entries = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, tuple | list) else [result]:
            if isinstance(tensor, torch.Tensor):
                self.entries = max(self.entries, tensor.numel())
        return result


@pytest.mark.parametrize("shape", [(8, 300), (300, 8)])
@pytest.mark.parametrize("criterion", [*oracle.CRITERIA, *oracle.CROSS_CRITERIA])
def test_auto_builds_nothing_larger_than_the_embeddings(criterion, shape):
    views = (torch.randn(shape, requires_grad=True) for _ in range(2 if criterion.startswith("cross") else 1))
    function = getattr(criteria, criterion)
    with LargestTensor() as largest:
        function(*views).backward()
    assert largest.entries == 8 * 300


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.ones(3),), "give a matrix of N samples"),
        ((torch.ones(2, 3, 4),), "give a matrix of N samples"),
        ((torch.ones(2, 3, dtype=torch.int64),), "convert them to a floating-point type"),
        ((torch.ones(2, 3, dtype=torch.complex64),), "convert them to a floating-point type"),
        ((torch.ones(2, 3), "left"), "choose one of 'auto', 'gram', 'covariance'"),
    ],
)
@pytest.mark.parametrize("criterion", oracle.CRITERIA)
def test_bad_input_names_the_fix(criterion, arguments, message):
    with pytest.raises(ValueError, match=message):
        getattr(criteria, criterion)(*arguments)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("criterion", "shape", "axes"),
    [
        ("cross_gram_norm", (4, 2), "dimensions"),
        ("cross_covariance_norm", (5, 3), "samples"),
        ("cross_sample_contrastive", (5, 3), "samples and dimensions"),
        ("cross_dimension_contrastive", (4, 2), "samples and dimensions"),
    ],
)
def test_views_that_do_not_fit(criterion, shape, axes):
    with pytest.raises(ValueError, match=f"agree in {axes}"):
        getattr(criteria, criterion)(torch.ones(4, 3), torch.ones(shape))
