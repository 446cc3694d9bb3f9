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
CRITERIA: tuple[Criterion, ...] = ("gram_norm", "sample_contrastive", "dimension_contrastive")
SIDES: tuple[CertifiedSide, ...] = ("gram", "covariance")
_DIRECT_SIDE: dict[Criterion, CertifiedSide] = {"sample_contrastive": "gram", "dimension_contrastive": "covariance"}
"""The side on which the off-diagonal is summed as it stands; on the other, fourth powers are subtracted."""


def judge(criterion: Criterion, computed: Float[Tensor, ""], k: Certified, side: Side) -> Check | None:
    """Whether a value is within its worst rounding error of the certified one.

    Args:
        criterion: the name of the function of `duality.criteria` that gave the value.
        computed: what it returned; its data type is the one that was computed in.
        k: ``certify`` of the same embeddings.
        side: the side it was asked for. For ``"auto"`` the bound is the larger of both sides'.

    Returns:
        The check. None where fourth powers leave the range of the data type and nothing rescues them: on a forced
        side, and in float64. A result too large for the data type must come out as infinity.
    """
    dtype = computed.dtype
    narrowed = not in_range(k, dtype)
    if narrowed and (side != "auto" or dtype == torch.float64):
        return None
    certified = certified_value(criterion, k)
    sides = SIDES if side == "auto" else (side,)
    used = torch.float64 if narrowed else dtype
    rounding = max(Evaluation(k, one, used).rounding(criterion) for one in sides)
    radius = certified.radius + Fraction(rounding) * k.power(4)
    if narrowed:
        radius += Fraction(unit_roundoff(dtype)) * (abs(certified.value) + radius) + Fraction(
            torch.finfo(dtype).tiny
        )
    what = f"{criterion}, {side} side, {str(dtype).removeprefix('torch.')}"
    return _compare(what, float(computed), Ball(certified.value, radius), Fraction(torch.finfo(dtype).max))


def judge_criteria(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Every criterion of `duality.criteria` on every side that the data's range allows, in the type of ``z``."""
    k = certify(z)
    for criterion in CRITERIA:
        function: Callable[..., Tensor] = getattr(criteria, criterion)
        for side in ("auto", *SIDES):
            check = judge(criterion, function(z, side=side).detach(), k, side)
            if check is not None:
                yield check


def certified_value(criterion: Criterion, k: Certified) -> Ball:
    """The certified value from the side that has the smaller radius, or for the full square the cheaper one."""
    cheaper: CertifiedSide = "gram" if k.shape[0] <= k.shape[1] else "covariance"
    return getattr(k, criterion)(_DIRECT_SIDE.get(criterion, cheaper))


def in_range(k: Certified, dtype: torch.dtype) -> bool:
    """Whether fourth powers neither over- nor underflow in this data type, give or take a factor of two."""
    limits = torch.finfo(dtype)
    smallest = max(*k.shape, 1) * math.sqrt(limits.tiny / limits.eps)
    return k.energy.value == 0 or smallest / 2 <= k.energy.value <= math.sqrt(limits.max) / 2


@dataclass(frozen=True)
class Evaluation:
    """The rounding errors of one side of `duality.criteria` in one data type, in the units of `Certified.x`."""

    k: Certified
    side: CertifiedSide
    dtype: torch.dtype

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
        return math.ldexp(torch.finfo(self.dtype).tiny, -degree * self.k.exponent)

    @cached_property
    def product_error(self) -> float:
        """‖fl(G) − G‖_F."""
        lost = 4 * self.outer * self.inner * self.underflow(2)
        return (self.growth(self.inner) * self.k.x.norm**2 + lost) * OUTWARD

    def is_direct(self, criterion: Criterion) -> bool:
        """Whether nothing is subtracted."""
        return self.side == _DIRECT_SIDE.get(criterion, self.side)

    def size(self, criterion: Criterion) -> float:
        """An upper bound of the root of a criterion: the norm of the matrix, with or without its diagonal."""
        upper = max(certified_value(criterion, self.k).upper, Fraction(0))
        return math.sqrt(round_up(upper / self.k.power(4))) * OUTWARD

    def rounding(self, criterion: Criterion) -> float:
        """|fl(criterion) − criterion|."""
        if self.is_direct(criterion):
            return self._squares(self.size(criterion))
        errors = self._squares(self.size("gram_norm")) + self._fourth_powers(criterion)
        return (errors + self.growth(1) * (self.size(criterion) ** 2 + errors)) * OUTWARD + self.underflow(4)

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


def _compare(what: str, computed: float, certified: Ball, largest: Fraction) -> Check:
    """The check of a computed float; an infinite one stands for everything from ``largest`` up."""
    if math.isnan(computed) or computed == -math.inf:
        return Check(what, abs(computed), round_up(certified.radius))
    if computed == math.inf:
        missing = max(largest - certified.value, Fraction(0))
        return Ball(missing, certified.radius).is_zero(what)
    return (certified - computed).is_zero(what)
