"""Certified gradients against exact rationals, and autograd against them."""

from fractions import Fraction

import pytest
import torch

from duality import criteria
from duality.numeric import exact
from duality.numeric.ensembles import ENSEMBLES, SIZES, draw
from duality.numeric.gradients import CONTRASTIVE, autograd, certify_gradients, check_gradients, judge_gradient
from duality.numeric.precision import SIDES

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
EVERY = len(ENSEMBLES) * len(SIZES)
EXACT = {"sample_contrastive": exact.sample_gradient, "dimension_contrastive": exact.dimension_gradient}


def farther_than(values: torch.Tensor, truth: list[list[Fraction]], distance: float) -> bool:
    pairs = zip(values.tolist(), truth, strict=True)
    total = sum((Fraction(x) - y) ** 2 for row, true in pairs for x, y in zip(row, true, strict=True))
    return total > Fraction(distance) ** 2


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64], ids=str)
def test_certified_gradients_enclose_the_exact_ones(dtype):
    for sample in draw(EVERY // 2, 21, dtype):
        if not 0 < sample.z.numel() <= 64:
            continue
        gradients = certify_gradients(sample.z)
        unit = gradients.k.power(3)
        truths = {name: [[x / unit for x in row] for row in f(sample.z.tolist())] for name, f in EXACT.items()}
        for name, truth in truths.items():
            for side in SIDES:
                found = getattr(gradients, name)(side)
                assert not farther_than(found.values, truth, found.distance), (sample.name, name, side)
        pairs = zip(truths["sample_contrastive"], truths["dimension_contrastive"], strict=True)
        difference = [[x - y for x, y in zip(*pair, strict=True)] for pair in pairs]
        found = gradients.difference
        assert not farther_than(found.values, difference, found.distance), sample.name


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_false_alarm(dtype):
    for sample in draw(EVERY // 4, 22, dtype):
        for check in check_gradients(sample.z):
            assert check.ok, f"{sample.name}: {check}"


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_ten_times_the_bound_is_seen_and_so_are_mistakes(dtype):
    z = torch.randn(12, 7, generator=torch.Generator().manual_seed(2)).to(dtype)
    gradients = certify_gradients(z)
    for criterion in CONTRASTIVE:
        for side in SIDES:
            right = autograd(criterion, z, side)
            bound = judge_gradient(criterion, right, gradients, side).bound * 8.0**gradients.k.exponent
            other = CONTRASTIVE[criterion == "sample_contrastive"]
            nudge = torch.zeros_like(right)
            nudge[3, 2] = 12 * bound
            for wrong in (right + nudge, 2 * right, -right, right / 4, right.roll(1, 0), autograd(other, z, side)):
                assert not judge_gradient(criterion, wrong, gradients, side).ok


def test_out_of_range_gradients_are_not_judged():
    z = torch.randn(5, 3) * 1e15
    checks = list(check_gradients(z))
    assert len(checks) == 2
    assert all(check.ok for check in checks)


def test_autograd_leaves_the_embeddings_alone():
    z = torch.randn(4, 3)
    before = z.clone()
    gradient = autograd("sample_contrastive", z, "gram")
    assert torch.equal(z, before)
    assert z.grad is None
    leaf = z.clone().requires_grad_()
    criteria.sample_contrastive(leaf, "gram").backward()
    assert torch.equal(leaf.grad, gradient)
