"""Every loss against a plain loop, in value and gradient; and what all losses have in common."""

import inspect

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from duality import losses
from duality.losses import logsumexp
from tests.losses.kit import CASES, DEFAULTS, Case, two_views, value_and_gradients

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
SHAPES = [(7, 3), (4, 9), (5, 5), (2, 3)]


@every_case
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_loss_and_gradients_are_those_of_the_plain_loop(case: Case, shape):
    z_a, z_b = two_views(*shape)
    value, *gradients = value_and_gradients(lambda a, b: case.loss(a, b).total, z_a, z_b)
    expected, *expected_gradients = value_and_gradients(case.reference_total, z_a, z_b)
    torch.testing.assert_close(value, expected, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(gradients, expected_gradients, rtol=1e-9, atol=1e-11)


@every_case
def test_terms_are_those_of_the_plain_loop_and_their_weighted_sum_is_the_total(case: Case):
    z_a, z_b = two_views(6, 4)
    output, expected = case.loss(z_a, z_b), case.reference(z_a, z_b)
    assert output.terms.keys() == expected.keys()
    for name, term in output.terms.items():
        torch.testing.assert_close(term, expected[name], rtol=1e-11, atol=1e-12)
    total = sum(case.weights.get(name, 1.0) * term for name, term in output.terms.items())
    torch.testing.assert_close(output.total, total, rtol=1e-12, atol=1e-12)


@every_case
def test_gradcheck(case: Case):
    a, b = (z.requires_grad_() for z in two_views(5, 4))
    assert torch.autograd.gradcheck(lambda x, y: case.loss(x, y).total, (a, b))


@every_case
@settings(max_examples=10)
@given(seed=st.integers(0, 2**31), n=st.integers(2, 12), m=st.integers(2, 12))
def test_order_of_samples_and_of_views_does_not_matter(case: Case, seed, n, m):
    z_a, z_b = two_views(n, m, seed)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    total = case.loss(z_a, z_b).total
    torch.testing.assert_close(case.loss(z_a[order], z_b[order]).total, total, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(case.loss(z_b, z_a).total, total, rtol=1e-8, atol=1e-8)


@every_case
def test_small_tiles_change_nothing(case: Case, monkeypatch):
    z_a, z_b = two_views(7, 5)
    whole = value_and_gradients(lambda a, b: case.loss(a, b).total, z_a, z_b)
    monkeypatch.setattr(logsumexp, "_TILE", 3)
    tiled = value_and_gradients(lambda a, b: case.loss(a, b).total, z_a, z_b)
    torch.testing.assert_close(tiled, whole, rtol=1e-11, atol=1e-12)


def test_there_are_twelve_losses():
    assert len(DEFAULTS) == 12


@pytest.mark.parametrize("name", DEFAULTS)
def test_module_and_function_have_the_same_settings_and_value(name):
    module = DEFAULTS[name]
    settings = inspect.signature(module).parameters
    assert settings == dict(list(inspect.signature(module.function).parameters.items())[2:])
    assert {*module().settings, "distributed", "group"} == settings.keys()
    z_a, z_b = two_views(6, 4)
    torch.testing.assert_close(module()(z_a, z_b).total, module.function(z_a, z_b).total, rtol=0, atol=0)
    assert all(f"{setting}=" in repr(module()) for setting in module().settings)


def test_unknown_setting_is_rejected_when_the_module_is_made():
    with pytest.raises(TypeError, match="temprature"):
        losses.SimCLRLoss(temprature=0.1)


def test_only_one_view_may_need_a_gradient():
    z_a, z_b = two_views(6, 4)
    for module in DEFAULTS.values():
        z_a.requires_grad_()
        (gradient,) = torch.autograd.grad(module()(z_a, z_b).total, z_a)
        assert gradient.abs().max() > 0
