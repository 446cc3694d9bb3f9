"""Derivatives of every order and kind are those of the plain loop: backward twice, forward, and of `torch.func`."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck
from torch.func import grad, hessian, jacrev, jvp, vmap

from duality import losses
from duality.losses import logsumexp
from duality.losses.logsumexp import pairwise_logsumexp
from tests.losses.kit import CASES, DEFAULTS, Case, two_views

# Forward derivatives import decompositions that torch itself still compiles with its old compiler.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:FutureWarning")

ROOT = Path(__file__).parents[2]

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-9)


def both(shape: tuple[int, int], seed: int = 0) -> Tensor:
    """Two views in one tensor, so that second derivatives are taken within and between them."""
    return torch.stack(two_views(*shape, seed))


def reference_gradient(case: Case, z: Tensor, create_graph: bool = False) -> Tensor:
    z = z if z.requires_grad else z.clone().requires_grad_()
    return torch.autograd.grad(case.reference_total(*z), z, create_graph=create_graph)[0]


def reference_hessian(case: Case, z: Tensor) -> Tensor:
    z = z.clone().requires_grad_()
    slope = reference_gradient(case, z, create_graph=True)
    rows = [torch.autograd.grad(entry, z, retain_graph=True)[0] for entry in slope.flatten()]
    return torch.stack(rows).reshape(*z.shape, *z.shape)


@every_case
def test_second_derivatives(case: Case):
    z = both((4, 3))
    expected = reference_hessian(case, z)
    for loss in (lambda z: case.loss(*z), lambda z: case.loss(*z).total):
        close(torch.autograd.functional.hessian(loss, z), expected)
        close(hessian(loss)(z), expected)
        close(jacrev(grad(loss))(z), expected)


@every_case
@pytest.mark.parametrize("shape", [(4, 3), (3, 5)], ids=str)
def test_function_transforms_of_first_order(case: Case, shape):
    z, direction = both(shape), both(shape, seed=1)
    expected = reference_gradient(case, z)
    close(grad(lambda z: case.loss(*z))(z), expected)
    close(jvp(lambda z: case.loss(*z), (z,), (direction,))[1], (expected * direction).sum())
    one_view = jvp(lambda a: case.loss(a, z[1]), (z[0],), (direction[0],))[1]
    close(one_view, (expected[0] * direction[0]).sum())
    with torch.autograd.forward_ad.dual_level():
        dual = torch.autograd.forward_ad.make_dual(z, direction)
        close(torch.autograd.forward_ad.unpack_dual(case.loss(*dual).total).tangent, (expected * direction).sum())


@every_case
def test_batches_of_views(case: Case):
    batch = torch.stack([both((4, 3)), both((4, 3), seed=1)])
    expected = torch.stack([reference_gradient(case, z) for z in batch])
    close(vmap(grad(lambda z: case.loss(*z).total))(batch), expected)
    close(vmap(lambda z: case.loss(*z).total)(batch), torch.stack([case.reference_total(*z) for z in batch]))


@every_case
def test_several_gradients_at_once(case: Case):
    """Without a graph of their own: the tiled gradient, batched."""
    z = both((5, 3))
    terms = torch.autograd.functional.jacobian(
        lambda z: torch.stack([*case.loss(*z).terms.values()]), z, vectorize=True
    )
    one_by_one = torch.autograd.functional.jacobian(lambda z: torch.stack([*case.reference(*z).values()]), z)
    close(terms, one_by_one)


@every_case
def test_gradcheck_twice(case: Case):
    z = both((3, 4)).requires_grad_()
    assert gradcheck(lambda z: case.loss(*z).total, z, check_forward_ad=True, fast_mode=True)
    assert gradgradcheck(lambda z: case.loss(*z).total, z, check_fwd_over_rev=True, fast_mode=True)


@settings(max_examples=8)
@given(seed=st.integers(0, 2**31), n=st.integers(2, 5), m=st.integers(2, 5), power=st.integers(-3, 3))
@pytest.mark.parametrize("name", DEFAULTS)
def test_a_gradient_penalty_has_the_same_derivative_backward_and_forward(name, seed, n, m, power):
    """At any batch: whether the derivative was refused, or wrong, once depended on the data."""
    z = both((n, m), seed) * 2.0**power
    loss = DEFAULTS[name]()

    def penalty(z: Tensor) -> Tensor:
        return grad(lambda z: loss(*z).total)(z).square().sum()

    leaf, direction = z.clone().requires_grad_(), both((n, m), seed + 1)
    (slope,) = torch.autograd.grad(loss(*leaf).total, leaf, create_graph=True)
    (second,) = torch.autograd.grad(slope.square().sum(), leaf)
    scale = second.abs().max() * direction.abs().max() + 1e-9
    assert abs((second * direction).sum() - jvp(penalty, (z,), (direction,))[1]) <= 1e-8 * scale


@pytest.mark.parametrize("kind", ["zero row", "equal", "constant"])
@pytest.mark.parametrize("name", DEFAULTS)
def test_second_derivatives_at_degenerate_views_are_finite(name, kind):
    z = both((4, 3))
    match kind:
        case "zero row":
            z[:, 1] = 0
        case "equal":
            z[1] = z[0]
        case "constant":
            z[:] = 0.1
    assert torch.isfinite(hessian(lambda z: DEFAULTS[name]()(*z).total)(z)).all()


@pytest.mark.parametrize("similarity", ["plain", "square", "absolute"])
def test_tiles_of_the_gradient_are_those_of_the_whole_matrix(similarity, monkeypatch):
    x = both((5, 3))[0].requires_grad_()
    upstream = torch.linspace(-1, 1, 5, dtype=torch.float64)
    monkeypatch.setattr(logsumexp, "_TILE", 2)
    tiled, whole = (
        torch.autograd.grad(pairwise_logsumexp(x, 0.3, similarity=similarity), x, upstream, create_graph=graph)[0]
        for graph in (False, True)
    )
    close(tiled, whole.detach())


def test_losses_add_up_and_are_used_like_tensors():
    z_a, z_b = two_views(5, 4)
    z_a.requires_grad_()
    simclr, vicreg = losses.SimCLRLoss()(z_a, z_b), losses.VICRegLoss()(z_a, z_b)
    mixed = 2 * simclr + vicreg / 3 - 1
    assert type(mixed) is Tensor
    assert mixed.item() == pytest.approx(2 * simclr.item() + vicreg.item() / 3 - 1)
    mixed.backward()
    found, z_a.grad = z_a.grad, None
    simclr, vicreg = losses.SimCLRLoss()(z_a, z_b), losses.VICRegLoss()(z_a, z_b)
    (2 * simclr.total + vicreg.total / 3).backward()
    assert torch.equal(found, z_a.grad)
    z_a.grad = None
    losses.SimCLRLoss()(z_a, z_b).backward()
    assert z_a.grad.abs().max() > 0
    assert torch.equal(torch.stack([simclr, vicreg]), torch.stack([simclr.total, vicreg.total]))
    assert sum([simclr, vicreg]) == simclr.total + vicreg.total
    assert set(simclr.terms) == {"alignment", "repulsion"}


@pytest.mark.slow
def test_compiled_losses():
    """In a process of its own without the checks of shapes, which cost torch.compile half a minute a loss."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.losses.compiled"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines() == [f"{case.name}: equal" for case in CASES]
