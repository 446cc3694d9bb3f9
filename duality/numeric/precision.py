"""What `duality.criteria` returned, in whatever precision, judged against the certified value.

The criteria compute in float32 at least. Their sums run along rows, then over what the rows gave, each in an
order that is the library's own: the bounds hold for any order, with fused multiply-adds or without, with
subnormals or without, on any device. They are worst cases. They do not cover products that round their factors
(TF32, bfloat16 passes): `torch.set_float32_matmul_precision` must stand at "highest", as it does by default.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from duality import criteria
from duality.criteria import Side
from duality.numeric.certify import Certified, CertifiedSide, certify
from duality.numeric.check import Check
from duality.numeric.matrices import OUTWARD
from duality.numeric.rounding import Ball, growth, round_up, unit_roundoff

Criterion = Literal["gram_norm", "sample_contrastive", "dimension_contrastive"]
"""A function of `duality.criteria` and a method of `Certified`, of one name."""
SIDES: tuple[CertifiedSide, ...] = ("gram", "covariance")
DIRECT_SIDE: dict[Criterion, CertifiedSide] = {"sample_contrastive": "gram", "dimension_contrastive": "covariance"}
"""The side on which the off-diagonal is summed as it stands; on the other, fourth powers are subtracted."""


def judge(criterion: Criterion, computed: Float[Tensor, ""], k: Certified, side: Side) -> Check | None:
    """Whether a value is within its worst rounding error of the certified one.

    Args:
        criterion: the name of the function of `duality.criteria` that gave the value.
        computed: what it returned; its data type is the one that was computed in.
        k: ``certify`` of the same embeddings.
        side: the side it was asked for. For ``"auto"`` the bound is the larger of both sides'.

    Returns:
        The check; None where fourth powers leave the range of the data type on a forced side (``"auto"`` rescales).
        A result too large for the data type must come out as infinity.
    """
    in_range = _in_range(k, computed.dtype)
    if side != "auto" and not in_range:
        return None
    sides = SIDES if side == "auto" else (side,)
    exponent = k.exponent if in_range else 0
    rounding = max(Evaluation(k, one, computed.dtype, exponent).rounding(criterion) for one in sides)
    certified = getattr(k, criterion)(DIRECT_SIDE.get(criterion) or _smaller_side(k))
    # Undoing the scale may lose what is then subnormal.
    lost = 0 if in_range else 4 * Fraction(torch.finfo(computed.dtype).tiny)
    what = f"{criterion}, {side} side, {str(computed.dtype).removeprefix('torch.')}"
    value = float(computed)
    if math.isnan(value):
        return Check(what, value, round_up(certified.radius))
    if math.isinf(value):
        largest = Fraction(torch.finfo(computed.dtype).max)
        excess = min(certified.value - largest, Fraction(0)) if value > 0 else certified.value + largest
    else:
        excess = certified.value - Fraction(value)
    return Ball(excess, certified.radius + Fraction(rounding) * k.power(4) + lost).is_zero(what)


def judge_criteria(z: Float[Tensor, "N M"], k: Certified | None = None) -> Iterator[Check]:
    """Every criterion of `duality.criteria` on every side that the data's range allows, in the type of ``z``."""
    k = k or certify(z)
    for criterion in ("gram_norm", "sample_contrastive", "dimension_contrastive"):
        function: Callable[..., Tensor] = getattr(criteria, criterion)
        for side in ("auto", *SIDES):
            check = judge(criterion, function(z, side=side).detach(), k, side)
            if check is not None:
                yield check


@dataclass(frozen=True)
class Evaluation:
    """The rounding errors of one side of `duality.criteria` in one data type.

    Errors are in the units of `Certified.x`, embeddings divided by 2 to the power of ``k.exponent``. ``exponent``
    says how far the data that `criteria` computed with is from these: 0 where it rescales, else ``k.exponent``.
    """

    k: Certified
    side: CertifiedSide
    dtype: torch.dtype
    exponent: int

    @property
    def outer(self) -> int:
        """Rows of the matrix that is built."""
        return self.k.shape[0 if self.side == "gram" else 1]

    @property
    def inner(self) -> int:
        """Terms of each of its entries."""
        return self.k.shape[1 if self.side == "gram" else 0]

    def growth(self, roundings: int) -> float:
        """The relative error of so many roundings."""
        return growth(roundings, unit_roundoff(self.dtype))

    def underflow(self, degree: int) -> float:
        """The absolute error of an operation on forms of this degree, even where subnormals are flushed to zero."""
        return math.ldexp(torch.finfo(self.dtype).tiny, -degree * self.exponent)

    @cached_property
    def product_error(self) -> float:
        """‖fl(G) − G‖_F, and what underflow of the entries themselves does to it."""
        energy = self.k.x.norm**2
        entries = 3 * self.k.x.norm * math.sqrt(self.inner * self.outer) * self.underflow(1)
        return (
            self.growth(self.inner) * energy + 4 * self.outer * self.inner * self.underflow(2) + entries
        ) * OUTWARD

    def size(self, criterion: Criterion) -> float:
        """An upper bound of the root of a criterion: the norm of the matrix, with or without its diagonal."""
        ball = getattr(self.k, criterion)(DIRECT_SIDE.get(criterion) or _smaller_side(self.k))
        return math.sqrt(round_up(max(ball.upper, Fraction(0)) / self.k.power(4))) * OUTWARD

    def rounding(self, criterion: Criterion) -> float:
        """|fl(criterion) − criterion|."""
        if criterion == "gram_norm" or self.side == DIRECT_SIDE[criterion]:
            return self._squares(self.size(criterion))
        squares = self._squares(self.size("gram_norm"))
        powers = self._fourth_powers(criterion)
        return ((squares + powers) * (1 + self.growth(1)) + self.growth(1) * self.size(criterion) ** 2) * OUTWARD

    def _squares(self, size: float) -> float:
        """The error of the sum of squares of a product whose exact norm is ``size``."""
        d = self.product_error
        error = self.growth(2 * self.outer) * (size + d) ** 2 + 2 * size * d + d**2
        return (error + 4 * self.outer**2 * self.underflow(4)) * OUTWARD

    def _fourth_powers(self, criterion: Criterion) -> float:
        """The error of the squared energies, ``inner`` of them, each of ``outer`` terms."""
        name = "sample_fourth_powers" if criterion == "sample_contrastive" else "dimension_fourth_powers"
        powers = round_up(getattr(self.k, name).upper / self.k.power(4))
        lost = 2 * self.outer * self.underflow(2)
        relative = self.growth(2 * self.outer + self.inner) * powers
        absolute = 2 * self.k.x.norm**2 * lost + self.inner * (lost**2 + 2 * self.underflow(4))
        return (relative + 2 * absolute) * OUTWARD


def _smaller_side(k: Certified) -> CertifiedSide:
    return "gram" if k.shape[0] <= k.shape[1] else "covariance"


def _in_range(k: Certified, dtype: torch.dtype) -> bool:
    """Whether fourth powers neither over- nor underflow, so that `criteria` takes the embeddings as they are."""
    limits = torch.finfo(dtype)
    smallest = max(*k.shape, 1) * math.sqrt(limits.tiny / limits.eps)
    return k.energy.value == 0 or smallest / 2 <= k.energy.value <= math.sqrt(limits.max) / 2
