"""Exact criteria and gradients of small matrices as balls: what any correct evaluation must land in.

Every form is a sum of products of entries. However it is summed, a product that meets at most k roundings on its
way ends within ((1 + u)ᵏ − 1) of itself, so the error is at most that times the sum of the products' absolute
values: the same form of |K|, every minus made a plus. No tolerance is chosen.
"""

from fractions import Fraction

import torch
from torch import Tensor

from duality.numeric import exact
from duality.numeric.rounding import Ball, growth, unit_roundoff

CRITERIA = ("sample_contrastive", "dimension_contrastive", "gram_norm")
CROSS_CRITERIA = (
    "cross_gram_norm",
    "cross_covariance_norm",
    "cross_sample_contrastive",
    "cross_dimension_contrastive",
)
SIDES = ("auto", "gram", "covariance")


def value_ball(criterion: str, z: Tensor) -> Ball:
    """A criterion of `duality.criteria`, for embeddings N × M as they are, computed in their type or float32."""
    # Both the full square and the fourth powers of |K| count where one is subtracted from the other.
    return _ball(
        getattr(exact, criterion)(z.tolist()), 2 * exact.gram_norm(z.abs().tolist()), _value_roundings(z), z
    )


def cross_value_ball(criterion: str, a: Tensor, b: Tensor) -> Ball:
    """A cross-view form of `duality.criteria`."""
    on_samples = criterion in ("cross_gram_norm", "cross_sample_contrastive")
    norm = exact.cross_gram_norm if on_samples else exact.cross_covariance_norm
    full = norm(a.abs().tolist(), b.abs().tolist())
    return _ball(getattr(exact, criterion)(a.tolist(), b.tolist()), 2 * full, _value_roundings(a), a)


def gradient_balls(criterion: str, z: Tensor) -> list[list[Ball]]:
    """∂criterion/∂z, entry by entry; a gradient in half precision is rounded to it once more."""
    if not z.numel():
        return [[] for _ in z]
    rows, magnitudes = z.tolist(), z.abs().tolist()
    gradient = {
        "sample_contrastive": exact.sample_gradient,
        "dimension_contrastive": exact.dimension_gradient,
        "gram_norm": _gram_norm_gradient,
    }[criterion](rows)
    # 4 |K||K|ᵀ|K| once for the full square and once for the diagonal.
    worst = _gram_norm_gradient(magnitudes)
    roundings = sum(z.shape) + 16
    return [
        [_stored(_ball(entry, 2 * bound, roundings, z), z.dtype) for entry, bound in zip(*pair, strict=True)]
        for pair in zip(gradient, worst, strict=True)
    ]


def contains(balls: list[list[Ball]], gradient: Tensor) -> bool:
    """Whether every entry of a gradient lies in its ball."""
    rows = zip(balls, gradient.tolist(), strict=True)
    return bool(torch.isfinite(gradient).all()) and all(
        entry in ball for row in rows for ball, entry in zip(*row, strict=True)
    )


def working_type(z: Tensor) -> torch.dtype:
    """The type that the criteria compute in."""
    return torch.promote_types(z.dtype, torch.float32)


def _value_roundings(z: Tensor) -> int:
    """Two entries of a product, each of ``size`` roundings, their multiplication, and ``size``² sums of them."""
    size = max(*z.shape, 1)
    return size**2 + 2 * size + 8


def _ball(value: Fraction, magnitude: Fraction, roundings: int, z: Tensor) -> Ball:
    return Ball(value, magnitude * Fraction(growth(roundings, unit_roundoff(working_type(z)))))


def _stored(ball: Ball, dtype: torch.dtype) -> Ball:
    largest = max(abs(ball.lower), abs(ball.upper))
    return Ball(
        ball.value, ball.radius + largest * Fraction(unit_roundoff(dtype)) + Fraction(torch.finfo(dtype).tiny)
    )


def _gram_norm_gradient(z: exact.Matrix) -> exact.Rationals:
    """4 KᵀK Kᵀ, N × M."""
    return exact.product([[4 * entry for entry in row] for row in exact.gram(z)], z)
