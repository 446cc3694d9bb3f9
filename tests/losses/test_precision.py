"""Low precision, tiny temperatures, degenerate embeddings: finite values and gradients, or a clear error."""

import pytest
import torch

from duality import losses
from duality.losses import vicreg_exp
from duality.losses.base import share_views
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


def test_sharing_views_of_one_process_copies_nothing():
    z_a, z_b = two_views(5, 3)
    views = share_views(z_a, z_b)
    assert views.a is z_a
    assert views.b is z_b
