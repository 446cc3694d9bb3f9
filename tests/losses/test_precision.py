"""Low precision, tiny temperatures, degenerate embeddings: finite values and gradients, or a clear error."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from duality import losses
from duality.losses import vicreg_exp
from duality.losses.views import share_views
from tests.losses.kit import CASES, DEFAULTS, two_views, value_and_gradients

every_default = pytest.mark.parametrize("name", DEFAULTS)


def finite(loss, z_a, z_b):
    value, *gradients = value_and_gradients(lambda a, b: loss(a, b).total, z_a, z_b)
    assert all(torch.isfinite(each).all() for each in (value, *gradients))
    return value, gradients


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_half_precision_is_computed_in_float32(case, dtype):
    halves = two_views(6, 4, dtype=dtype)
    value, gradients = finite(case.loss, *halves)
    assert value.dtype == torch.float32
    assert {gradient.dtype for gradient in gradients} == {dtype}
    assert value == case.loss(*(z.float() for z in halves)).total


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_autocast_changes_nothing(case):
    views = two_views(6, 4, dtype=torch.float32)
    expected = value_and_gradients(lambda a, b: case.loss(a, b).total, *views)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(
            value_and_gradients(lambda a, b: case.loss(a, b).total, *views), expected, rtol=0, atol=0
        )


@every_default
def test_one_view_in_half_precision_meets_another_in_double(name):
    z_a, z_b = two_views(6, 4)
    assert DEFAULTS[name]()(z_a.half(), z_b).total.dtype == torch.float64


COLDEST = {
    name: module(temperature=0.005) for name, module in DEFAULTS.items() if "temperature" in str(module().settings)
}


@pytest.mark.parametrize("name", COLDEST)
def test_tiny_temperature(name):
    views = two_views(8, 6, dtype=torch.float32)
    value, _ = finite(COLDEST[name], *views)
    exact = COLDEST[name](*(z.double() for z in views)).total
    torch.testing.assert_close(value.double(), exact, rtol=1e-4, atol=1e-4)


def degenerate(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    z_a, z_b = two_views(8, 6, dtype=torch.float32)
    match kind:
        case "collapsed":
            return z_a[:1].repeat(8, 1), z_a[:1].repeat(8, 1)
        case "constant":
            return torch.full_like(z_a, 0.1), torch.full_like(z_b, 0.1)
        case "zero":
            return torch.zeros_like(z_a), torch.zeros_like(z_b)
        case "duplicates":
            return z_a[:4].repeat(2, 1), z_b[:4].repeat(2, 1)
        case "equal views":
            return z_a, z_a.clone()
        case "rank one":
            return z_a[:, :1].repeat(1, 6), z_b[:, :1].repeat(1, 6)
    return two_views(2, 6, dtype=torch.float32)


@every_default
@pytest.mark.parametrize(
    "kind", ["collapsed", "constant", "zero", "duplicates", "equal views", "rank one", "two samples"]
)
def test_degenerate_embeddings_give_finite_losses_and_gradients(name, kind):
    finite(DEFAULTS[name](), *degenerate(kind))


@every_default
@pytest.mark.parametrize("size", [1e-12, 1e12])
def test_embeddings_of_any_size_that_a_loss_can_square_twice(name, size):
    if size > 1 and name in ("VICRegLoss", "SpectralContrastiveLoss"):
        size = 1e8  # fourth powers stay within float32
    z_a, z_b = two_views(8, 6, dtype=torch.float32)
    finite(DEFAULTS[name](), size * z_a, size * z_b)


@every_default
@pytest.mark.parametrize(
    ("views", "message"),
    [
        ((torch.randn(1, 4), torch.randn(1, 4)), "batch of 1.*at least 2"),
        ((torch.randn(0, 4), torch.randn(0, 4)), "batch of 0.*at least 2"),
        ((torch.randn(4, 0), torch.randn(4, 0)), "no dimension"),
        ((torch.randn(4, 3), torch.randn(4, 2)), r"shape \(4, 3\) and \(4, 2\)"),
        ((torch.randn(4, 3), torch.randn(5, 3)), r"shape \(4, 3\) and \(5, 3\)"),
        ((torch.randn(4), torch.randn(4)), "matrix of N samples"),
        ((torch.ones(4, 3).long(), torch.ones(4, 3).long()), "floating-point"),
        ((torch.full((4, 3), torch.nan), torch.randn(4, 3)), "NaN or infinite"),
        ((torch.randn(4, 3), torch.full((4, 3), torch.inf)), "NaN or infinite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_views_without_a_loss_are_an_error_that_names_the_fix(name, views, message, unchecked):
    with pytest.raises(ValueError, match=message):
        DEFAULTS[name]()(*views)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda a, b: losses.simclr(a, b, temperature=0.0), "temperature is 0.0"),
        (lambda a, b: losses.simclr(a, b, temperature=torch.tensor(0.1)), "temperature is tensor.*give a positive"),
        (lambda a, b: losses.vicreg(a, b, variance_weight=-3), "variance_weight is -3: give a finite number, 0"),
        (lambda a, b: losses.dcl(a, b, temperature=float("nan")), "temperature is nan"),
        (lambda a, b: losses.simclr(a, b, normalization="rows"), "normalization is 'rows'"),
        (lambda a, b: losses.vicreg(a, b, side="left"), "side is 'left'"),
        (lambda a, b: losses.tcr(a, b, side="left"), "side is 'left'"),
        (lambda a, b: losses.tcr(a, b, distortion=0.0), "distortion is 0.0"),
        (lambda a, b: losses.spectral_contrastive(a, b, max_norm=-1.0), "max_norm is -1.0"),
        (lambda a, b: vicreg_exp(a[:, :1], b[:, :1]), "at least 2"),
    ],
)
def test_setting_out_of_range_is_an_error_that_names_it(call, message, unchecked):
    with pytest.raises(ValueError, match=message):
        call(*two_views(5, 3))


SETTINGS = [(name, setting) for name, module in DEFAULTS.items() for setting in module().settings]


@pytest.mark.parametrize(("name", "setting"), SETTINGS)
@pytest.mark.parametrize("value", [-3, -0.1, float("nan"), float("inf"), "0.1", "foo", True, [1]], ids=repr)
def test_every_setting_has_a_range_and_is_checked_by_module_and_function(name, setting, value, unchecked):
    with pytest.raises(ValueError, match=f"^{setting} is "):
        DEFAULTS[name](**{setting: value})
    with pytest.raises(ValueError, match=f"^{setting} is "):
        DEFAULTS[name].function(*two_views(5, 3), **{setting: value})
    changed = DEFAULTS[name]()
    setattr(changed, setting, value)
    with pytest.raises(ValueError, match=f"^{setting} is "):
        changed(*two_views(5, 3))


@settings(max_examples=25)
@given(
    seed=st.integers(0, 2**31), n=st.integers(2, 8), power=st.floats(-5, 0), noise=st.sampled_from([0, 1e-3, 0.3])
)
@pytest.mark.parametrize("name", ["SimCLRLoss", "SimCLRAbsLoss"])
def test_simclr_is_positive_and_has_a_gradient_at_any_temperature(name, seed, n, power, noise):
    """A log-sum-exp is at least its positive: rounded apart, the total was negative and its gradient noise."""
    generator = torch.Generator().manual_seed(seed)
    z_a = torch.randn(n, 6, generator=generator)
    z_b = z_a + noise * torch.randn(n, 6, generator=generator)
    loss = DEFAULTS[name](temperature=10.0**power)
    value, *slopes = value_and_gradients(lambda a, b: loss(a, b).total, z_a, z_b)
    exact, *exact_slopes = value_and_gradients(lambda a, b: loss(a, b).total, z_a.double(), z_b.double())
    assert value >= 0
    # Similarities are known to a few units of rounding; in an exponent these are a relative error.
    relative = 30 * torch.finfo(torch.float32).eps * (1 + 10.0**-power)
    assert abs(value - exact) <= relative * exact + 1e-6 * exact + 1e-37
    for slope, exact_slope in zip(slopes, exact_slopes, strict=True):
        assert (slope - exact_slope).norm() <= 3 * relative * exact_slope.norm() + 1e-30


@settings(max_examples=20)
@given(power=st.integers(-38, 37), shape=st.sampled_from([(4, 3), (3, 7)]))
@pytest.mark.parametrize("name", DEFAULTS)
def test_at_any_scale_float32_has_the_value_of_float64(name, power, shape):
    """Or, visibly, what float32 cannot hold. From 1e19 on variances were infinite, and the losses finite."""
    views = tuple(z * 10.0**power for z in two_views(*shape, dtype=torch.float32))
    assume(all(torch.isfinite(z).all() for z in views))
    value, *slopes = value_and_gradients(lambda a, b: DEFAULTS[name]()(a, b).total, *views)
    wide = tuple(z.double() for z in views)
    exact, *exact_slopes = value_and_gradients(lambda a, b: DEFAULTS[name]()(a, b).total, *wide)
    assert value.dtype == torch.float32
    limits = torch.finfo(torch.float32)
    if exact.abs() > limits.max:
        assert value.isinf()
    else:
        torch.testing.assert_close(value.double(), exact, rtol=1e-4, atol=1e-6)
    for slope, exact_slope in zip(slopes, exact_slopes, strict=True):
        if exact_slope.abs().max() < limits.max:
            error = (slope.double() - exact_slope).abs().max()
            assert error <= 1e-3 * exact_slope.abs().max() + 1e-4 * limits.tiny**0.5


@every_default
def test_float64_beyond_its_fourth_powers_is_refused(name):
    z_a, z_b = (z * 1e160 for z in two_views(4, 3))
    with pytest.raises(ValueError, match="make them smaller"):
        DEFAULTS[name]()(z_a, z_b)


def test_sharing_views_of_one_process_copies_nothing():
    z_a, z_b = two_views(5, 3)
    views = share_views(z_a, z_b, "any", {})
    assert views.a is z_a
    assert views.b is z_b
