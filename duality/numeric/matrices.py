"""Float64 matrices that know how far they are from the exact ones.

Sums run by halves, so their depth is known: ⌈log₂ n⌉ additions on every path. Matrix products run over blocks of
the shared dimension, any order within a block. The bounds are normwise (‖AB − fl(AB)‖_F ≤ θ ‖A‖_F ‖B‖_F), hence
cost no second product. They hold for data scaled to a largest entry in [1, 2), or zero: then nothing overflows,
and what underflows is below 2⁻¹⁰⁰⁰.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from duality.numeric.check import Check
from duality.numeric.rounding import Ball, growth, unit_roundoff

UNIT = unit_roundoff(torch.float64)
OUTWARD = 1 + 2.0**-45
"""A few dozen operations on positive floats are off by less than this factor (``proofs/coq/outward.v``)."""
UNDERFLOW = 2.0**-900
"""More than all underflows of a sum together: each is below 2⁻¹⁰²², even where subnormals are flushed to zero."""
_ROOT_UNDERFLOW = 2.0**-440
"""More than the root of all underflows of a sum of squares together."""
_BLOCK = 128
"""Length of the partial sums of a product: the smaller, the tighter; the larger, the faster."""


@dataclass(frozen=True)
class Enclosed:
    """A matrix or vector of float64, ‖values − exact‖_F ≤ distance."""

    values: Tensor
    distance: float = UNDERFLOW

    @cached_property
    def _square_sum(self) -> tuple[float, float]:
        """Σ values² as computed, and the bound of its relative error."""
        squares = self.values.square()
        return float(sum_by_halves(squares.reshape(-1))), growth(1 + depth(squares.numel()), UNIT)

    @cached_property
    def norm(self) -> float:
        """An upper bound of ‖values‖_F."""
        total, error = self._square_sum
        return math.sqrt(total / (1 - error)) * OUTWARD + _ROOT_UNDERFLOW

    def squared_norm(self) -> Ball:
        """‖exact‖²_F."""
        total, error = self._square_sum
        radius = total * error / (1 - error) + self.distance * (2 * self.norm + self.distance)
        return Ball(Fraction(total), Fraction(radius * OUTWARD + UNDERFLOW))

    def inner(self, other: "Enclosed") -> Ball:
        """⟨exact, other's exact⟩, the sum of the products of their entries."""
        if other is self:
            return self.squared_norm()
        terms = (self.values * other.values).reshape(-1)
        error = growth(1 + depth(terms.numel()), UNIT)
        radius = error * self.norm * other.norm + _product_distance(self, other)
        return Ball(Fraction(float(sum_by_halves(terms))), Fraction(radius * OUTWARD + UNDERFLOW))

    def is_zero(self, what: str) -> Check:
        """The check that the exact matrix may be zero: ‖values‖_F ≤ distance."""
        total, error = self._square_sum
        at_least = math.sqrt(total / (1 + error)) / OUTWARD - _ROOT_UNDERFLOW
        return Check(what, max(at_least, 0.0), self.distance)

    def off_diagonal(self) -> "Enclosed":
        """The same matrix with a zero diagonal."""
        values = self.values.clone()
        values.diagonal().zero_()
        return Enclosed(values, self.distance)

    def diagonal(self) -> "Enclosed":
        """The diagonal, as a vector."""
        return Enclosed(self.values.diagonal(), self.distance)

    @property
    def transposed(self) -> "Enclosed":
        """The transpose."""
        return Enclosed(self.values.T, self.distance)

    def __mul__(self, factor: int | float) -> "Enclosed":
        """Times a power of two, or its negative: exact but for underflow."""
        return Enclosed(self.values * factor, self.distance * abs(factor) + UNDERFLOW)

    def __add__(self, other: "Enclosed") -> "Enclosed":
        values = self.values + other.values
        rounding = UNIT * Enclosed(values).norm
        return Enclosed(values, (self.distance + other.distance + rounding) * OUTWARD)

    def __sub__(self, other: "Enclosed") -> "Enclosed":
        return self + other * -1


def product(a: Enclosed, b: Enclosed) -> Enclosed:
    """The matrix product a b."""
    blocks = zip(a.values.split(_BLOCK, dim=1), b.values.split(_BLOCK, dim=0), strict=True)
    total = a.values.new_zeros(a.values.shape[0], b.values.shape[1])
    for left, right in blocks:
        total += left @ right
    shared = a.values.shape[1]
    # Within a block one multiplication and the additions; the first block is added to zero, which is exact.
    error = growth(min(shared, _BLOCK) + max(shared - 1, 0) // _BLOCK, UNIT)
    distance = error * a.norm * b.norm + _product_distance(a, b)
    return Enclosed(total, distance * OUTWARD + UNDERFLOW)


def row_products(a: Enclosed, b: Enclosed) -> Enclosed:
    """The inner products of equal rows, Σ_j a_ij b_ij, for a and b exact but for underflow."""
    dots = sum_by_halves(a.values * b.values, dim=1)
    error = growth(1 + depth(a.values.shape[1]), UNIT)
    if b is a:
        return Enclosed(dots, Enclosed(dots).norm * error / (1 - error) * OUTWARD + UNDERFLOW)
    energies = [sum_by_halves(side.values.square(), dim=1) / (1 - error) * OUTWARD for side in (a, b)]
    scale = float((energies[0] * energies[1]).sum()) * (1 + growth(dots.numel() + 1, 2 * UNIT))
    return Enclosed(dots, error * (math.sqrt(scale) + _ROOT_UNDERFLOW) * OUTWARD + UNDERFLOW)


def scale_rows(factors: Enclosed, x: Enclosed) -> Enclosed:
    """diag(factors) x."""
    values = factors.values[:, None] * x.values
    distance = UNIT * Enclosed(values).norm + _product_distance(factors, x)
    return Enclosed(values, distance * OUTWARD + UNDERFLOW)


def _product_distance(a: Enclosed, b: Enclosed) -> float:
    """How far a product is from the exact one because its factors are."""
    return a.distance * b.norm + a.norm * b.distance + a.distance * b.distance


def depth(terms: int) -> int:
    """Additions on the longest path of `sum_by_halves`: ⌈log₂ n⌉."""
    return (terms - 1).bit_length() if terms > 1 else 0


def sum_by_halves(terms: Float[Tensor, "..."], dim: int = 0) -> Float[Tensor, "..."]:
    """The sum along one axis, first half plus second half, again and again. Overwrites ``terms``."""
    count = terms.shape[dim]
    if count == 0:
        return terms.sum(dim=dim)
    while count > 1:
        half = (count + 1) // 2
        terms.narrow(dim, 0, count - half).add_(terms.narrow(dim, half, count - half))
        count = half
    return terms.select(dim, 0)


def scaled(z: Float[Tensor, "N M"]) -> tuple[Enclosed, int]:
    """Embeddings of any floating type, exactly, as float64 × 2ᵉ whose largest entry lies in [1, 2), and e.

    Raises:
        ValueError: NaN or infinite entries.
    """
    x = z.detach().to("cpu" if z.device.type == "mps" else z.device, torch.float64)
    peak = float(x.abs().max()) if x.numel() else 0.0
    if not math.isfinite(peak):
        raise ValueError("embeddings have NaN or infinite entries: remove them first")
    exponent = math.frexp(peak)[1] - 1 if peak else 0
    if exponent:
        # In two steps: 2⁻ᵉ itself may be out of range.
        first = exponent // 2
        x = x * 2.0**-first * 2.0 ** (first - exponent)
    return Enclosed(x), exponent
