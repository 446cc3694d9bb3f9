import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from duality.training.optimizer import (
    LARS,
    build_optimizer,
    learning_rate,
    peak_learning_rate,
    set_learning_rate,
)
from duality.training.recipe import OptimizerRecipe


def reference_lars(w, gradients, lr, weight_decay, momentum, eta):
    """The official update, written out for one parameter in numpy."""
    velocity = np.zeros_like(w)
    for g in gradients:
        update = g.copy()
        if w.ndim > 1:
            update = g + weight_decay * w
            w_norm, update_norm = np.sqrt((w**2).sum()), np.sqrt((update**2).sum())
            if w_norm > 0 and update_norm > 0:
                update = update * (eta * w_norm / update_norm)
        velocity = momentum * velocity + update
        w = w - lr * velocity
    return w


@pytest.mark.parametrize("shape", [(5, 3), (4, 2, 3, 3), (7,)])
@pytest.mark.parametrize("weight_decay", [0.0, 1e-2])
def test_lars_follows_the_official_formula(shape, weight_decay):
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=shape), [rng.normal(size=shape) for _ in range(5)]
    parameter = nn.Parameter(torch.tensor(start))
    optimizer = LARS([parameter], lr=0.7, weight_decay=weight_decay, momentum=0.9, eta=1e-3)
    for gradient in gradients:
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
    expected = reference_lars(start, gradients, 0.7, weight_decay, 0.9, 1e-3)
    # Some forty roundings of numbers of order one.
    np.testing.assert_allclose(parameter.detach().numpy(), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("lr", [1e-4, 0.7])
def test_clipped_lars_follows_its_formula(lr):
    """At the small rate the factor is clipped, at the large one it is not."""
    rng = np.random.default_rng(0)
    w, decay, eta = rng.normal(size=(5, 3)), 1e-2, 0.02
    parameter, velocity = nn.Parameter(torch.tensor(w)), np.zeros_like(w)
    optimizer = LARS([parameter], lr=lr, weight_decay=decay, momentum=0.9, eta=eta, clip=True)
    factors = []
    for _ in range(5):
        g = rng.normal(size=w.shape)
        parameter.grad = torch.tensor(g)
        optimizer.step()
        w_norm, g_norm = np.sqrt((w**2).sum()), np.sqrt((g**2).sum())
        factors.append(min(eta * w_norm / (g_norm + decay * w_norm + 1e-8) / lr, 1))
        velocity = 0.9 * velocity + factors[-1] * (g + decay * w)
        w = w - lr * velocity
    assert all((factor == 1) == (lr < 0.01) for factor in factors)
    np.testing.assert_allclose(parameter.detach().numpy(), w, rtol=0, atol=1e-14)


def test_lars_leaves_vectors_unscaled_and_undecayed():
    vector = nn.Parameter(torch.ones(3))
    vector.grad = torch.full((3,), 2.0)
    LARS([vector], lr=0.5, weight_decay=10.0).step()
    assert vector.tolist() == [0.0, 0.0, 0.0]


def test_lars_steps_where_a_norm_is_zero():
    zero, still = nn.Parameter(torch.zeros(2, 2)), nn.Parameter(torch.ones(2, 2))
    zero.grad, still.grad = torch.ones(2, 2), torch.zeros(2, 2)
    LARS([zero, still], lr=1.0).step()
    assert (zero == -1).all()
    assert (still == 1).all()


def test_lars_scales_with_the_norm_of_the_decayed_gradient_not_the_sum_of_norms():
    """g opposite to λw: the official denominator is ‖g + λw‖, small; ‖g‖ + λ‖w‖ would be large."""
    w = nn.Parameter(torch.full((2, 2), 1.0, dtype=torch.float64))
    w.grad = torch.full((2, 2), -0.9, dtype=torch.float64)
    LARS([w], lr=1.0, weight_decay=1.0, momentum=0.0, eta=0.1).step()
    # direction 0.1 per entry, norm 0.2, ‖w‖ = 2: scaled by 0.1 · 2 / 0.2 = 1.
    assert torch.allclose(w.detach(), torch.full((2, 2), 0.9, dtype=torch.float64), atol=1e-15)


def test_lars_calls_the_closure_and_skips_parameters_without_gradient():
    used, unused = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    optimizer = LARS([used, unused], lr=1.0)

    def closure() -> float:
        loss = used.sum()
        loss.backward()
        return float(loss.detach())

    assert optimizer.step(closure) == 2.0
    assert unused.tolist() == [1.0, 1.0]
    assert used.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("name", ["lr", "weight_decay", "momentum", "eta"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_lars_refuses_settings_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        LARS([nn.Parameter(torch.ones(1))], **({"lr": 0.1} | {name: value}))


@given(
    dtype=st.sampled_from([torch.float16, torch.bfloat16]),
    weights=st.integers(-12, 3),
    gradients=st.integers(-24, 15),
    size=st.sampled_from([2, 300]),
)
def test_lars_with_half_precision_parameters_is_lars_in_float64_rounded(dtype, weights, gradients, size):
    """Norms below and beyond float16's range, and factors ‖w‖/‖d‖ too; it once became NaN, or stood still."""
    generator = torch.Generator().manual_seed(0)
    entries = torch.randn(2, size, 3, generator=generator).clamp(-1.5, 1.5)
    start, slope = entries[0] * 2.0**weights, entries[1] * 2.0**gradients
    half = nn.Parameter(start.to(dtype))
    wide = nn.Parameter(half.detach().double())
    start = wide.detach().clone()
    optimizers = [LARS([parameter], lr=3.0, weight_decay=1e-2, eta=1e-2) for parameter in (half, wide)]
    for optimizer in optimizers:
        for parameter in optimizer.param_groups[0]["params"]:
            parameter.grad = slope.to(dtype).to(parameter.dtype)
        optimizer.step()
    limits = torch.finfo(dtype)
    # The velocity, times the learning rate, and the parameter are rounded.
    rounded = limits.eps * (wide.abs() + (wide - start).abs()) + 4 * limits.eps * limits.smallest_normal
    assert ((wide - half).abs() <= rounded).all()
    assert half.dtype == dtype


@pytest.mark.parametrize("name", ["lars", "sgd", "adamw"])
def test_the_optimiser_takes_all_parameters_at_the_scaled_rate_and_decays_matrices_alone(name):
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    recipe = OptimizerRecipe(name, base_lr=0.5, epochs=1, weight_decay=0.1)
    optimizer = build_optimizer(module, recipe, batch_size=512)
    given = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert given == {id(p) for p in module.parameters()}
    assert {group["lr"] for group in optimizer.param_groups} == {1.0}
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    for p in module.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    for key, p in module.named_parameters():
        assert torch.equal(p, before[key]) == (p.ndim == 1)


@pytest.mark.parametrize("name", ["lars", "sgd", "adamw"])
def test_vectors_have_their_own_rate(name):
    module = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    recipe = OptimizerRecipe(name, base_lr=0.2, epochs=1, vector_lr=0.0048)
    optimizer = build_optimizer(module, recipe, batch_size=512)
    for rate in (None, 0.1):
        if rate is not None:
            set_learning_rate(optimizer, rate)
        peak = 0.4 if rate is None else rate
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                expected = peak if parameter.ndim > 1 else peak * 0.0048 / 0.2
                assert group["lr"] == pytest.approx(expected, rel=1e-15)


def test_lars_has_the_recipe_s_trust_and_clip():
    recipe = OptimizerRecipe("lars", base_lr=0.2, epochs=1, trust=0.02, clip=True)
    groups = build_optimizer(nn.Linear(3, 2), recipe, batch_size=256).param_groups
    assert {(group["eta"], group["clip"]) for group in groups} == {(0.02, True)}


def test_the_rate_ends_at_its_share_of_the_peak():
    recipe = OptimizerRecipe("sgd", base_lr=0.2, epochs=10, end_factor=0.25)
    assert learning_rate(recipe, 256, 5, 0) == pytest.approx(0.2)
    assert learning_rate(recipe, 256, 5, 50) == pytest.approx(0.05)
    assert learning_rate(recipe, 256, 5, 25) == pytest.approx(0.2 * 0.625)


def test_the_rate_warms_up_and_falls_as_a_cosine_to_zero():
    recipe = OptimizerRecipe("sgd", base_lr=0.2, epochs=10, warmup_epochs=2.0)
    rates = [learning_rate(recipe, 512, 5, step) for step in range(50)]
    peak = peak_learning_rate(recipe, 512)
    assert peak == pytest.approx(0.4)
    assert rates[:10] == pytest.approx([peak * (k + 1) / 10 for k in range(10)])
    assert rates[10:] == pytest.approx([peak * (1 + math.cos(math.pi * k / 40)) / 2 for k in range(40)])
    assert learning_rate(recipe, 512, 5, 50) == pytest.approx(0.0, abs=1e-15)


def test_without_warm_up_the_first_step_has_the_peak_and_all_warm_up_never_falls():
    assert learning_rate(OptimizerRecipe("sgd", 0.1, epochs=2), 256, 4, 0) == pytest.approx(0.1)
    rising = OptimizerRecipe("sgd", 0.1, epochs=2, warmup_epochs=2.0)
    assert learning_rate(rising, 256, 4, 7) == pytest.approx(0.1)


def test_set_learning_rate_reaches_every_group():
    optimizer = torch.optim.SGD(
        [{"params": [nn.Parameter(torch.ones(1))]}, {"params": [nn.Parameter(torch.ones(1))]}]
    )
    set_learning_rate(optimizer, 0.25)
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]
