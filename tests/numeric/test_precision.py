"""Lower precision against the certified value: no false alarm, and every error of ten times the bound is seen."""

import math

import pytest
import torch

from duality import criteria
from duality.numeric.certify import certify
from duality.numeric.ensembles import ENSEMBLES, SIZES, draw
from duality.numeric.precision import CRITERIA, SIDES, in_range, judge, judge_criteria

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
HALF = len(ENSEMBLES) * len(SIZES) // 2
"""Trials: every ensemble, at half of the sizes each. `benchmarks/certified_cases.py` runs a hundred thousand."""


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_no_false_alarm(dtype):
    judged = 0
    for sample in draw(HALF, 11, dtype):
        for check in judge_criteria(sample.z):
            assert check.ok, f"{sample.name}: {check}"
            judged += 1
    assert judged > 6 * HALF


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("side", ["auto", *SIDES])
def test_ten_times_the_bound_is_seen(dtype, side):
    for sample in draw(HALF // 2, 12, dtype):
        if not sample.z.numel():
            continue
        k = certify(sample.z)
        for criterion in CRITERIA:
            value = getattr(criteria, criterion)(sample.z, side=side)
            right = judge(criterion, value, k, side)
            if right is None or "2^" in right.what or not value.isfinite():
                continue
            for sign in (1, -1):
                wrong = value.double() + sign * 10 * right.bound
                if wrong.abs() > torch.finfo(value.dtype).max:
                    continue
                if wrong.to(value.dtype).double() != wrong:
                    # The error must survive rounding to the type that is judged.
                    wrong = torch.nextafter(wrong.to(value.dtype), sign * torch.inf * torch.ones_like(value))
                check = judge(criterion, wrong.to(value.dtype), k, side)
                assert check is not None
                assert not check.ok, f"{sample.name}: {check}"


def test_results_beyond_the_range_must_be_infinite():
    z = torch.full((4, 4), 1e15)
    k = certify(z)
    infinite, large = torch.tensor(math.inf), torch.tensor(3e38)
    assert criteria.gram_norm(z) == math.inf
    assert judged("gram_norm", infinite, k)
    assert not judged("gram_norm", large, k)
    assert not judged("gram_norm", torch.tensor(math.nan), k)
    assert not judged("gram_norm", -infinite, k)
    small = certify(torch.ones(4, 4))
    assert not judged("gram_norm", infinite, small)


def judged(criterion, value, k) -> bool:
    check = judge(criterion, value, k, "auto")
    assert check is not None
    return check.ok


def test_forced_sides_are_judged_only_in_range():
    for scale in (1e-15, 1e15):
        z = torch.randn(5, 3) * scale
        k = certify(z)
        assert not in_range(k, torch.float32)
        assert in_range(k, torch.float64)
        assert all(judge("gram_norm", criteria.gram_norm(z, side=side), k, side) is None for side in SIDES)
        assert judge("gram_norm", criteria.gram_norm(z), k, "auto") is not None


def test_subnormal_results_are_judged_by_what_is_left_of_them():
    z = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)) * 1e-10
    for check in judge_criteria(z):
        assert check.ok
        assert check.bound < 1e-37


@pytest.mark.parametrize(("n", "m"), [(64, 16), (16, 64)])
def test_mistakes_are_seen_in_every_type(n, m):
    """The bound is far below what a missing diagonal or a factor 2 changes."""
    for dtype in DTYPES:
        z = torch.randn(n, m, generator=torch.Generator().manual_seed(1)).to(dtype)
        k = certify(z)
        for side in SIDES:
            mistakes = {
                "sample_contrastive": (
                    2 * criteria.sample_contrastive(z, side),
                    criteria.gram_norm(z, side),
                    criteria.dimension_contrastive(z, side),
                    criteria.sample_contrastive(z, side) - criteria.sample_energies(z).sum(),
                ),
                "dimension_contrastive": (
                    criteria.gram_norm(z, side),
                    criteria.sample_contrastive(z, side),
                    criteria.dimension_contrastive(z, side) / 2,
                ),
            }
            for criterion, values in mistakes.items():
                for value in values:
                    check = judge(criterion, value, k, side)
                    assert check is not None
                    assert not check.ok
