"""What one matrix of embeddings looks like through the paper: both criteria, norms, ranks, the cheaper side.

Everything is added up over blocks of samples in float64; nothing larger than a block of them, M × M, or N × N where
N < M, is built.
The duality itself is certified, on the whole matrix up to `CERTIFIED_SIZE`, else on evenly spaced rows and columns.
Batch-first ``z`` = Kᵀ of shape (N, M); M dimensions are the paper's rows, N samples its columns.
"""

import math
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from duality.criteria import as_embeddings
from duality.numeric.certify import Certified, CertifiedSide, certify
from duality.numeric.check import Check
from duality.numeric.spectrum import Spectrum, blocks, spectra

CERTIFIED_SIZE = 4096
"""Samples, and dimensions, up to which the N × N and the M × M matrix are both built."""
_RANGE = 1e60
"""Beyond this, or below its inverse, fourth powers would leave the range of float64."""


@dataclass(frozen=True)
class Norms:
    """The norms of all samples, or of all dimensions.

    Attributes:
        smallest, largest: the extreme norms.
        fourth_powers: Σ‖·‖⁴.
        factor: ``fourth_powers`` over the lower bound of Lemma 3.4: 1 where all norms are equal.
        position: where it lies between the bounds of Lemma 3.4, from 0 at the lower to 1 at the upper.
        excess: Σ(‖·‖² − mean)², the part of ``fourth_powers`` above the lower bound.
        zeros: how many are zero.
        repeated: how many equal an earlier one, entry by entry.
    """

    smallest: float
    largest: float
    fourth_powers: float
    factor: float
    position: float
    excess: float
    zeros: int
    repeated: int


@dataclass(frozen=True)
class Criterion:
    """One criterion from each matrix; None where that matrix would be too large to build."""

    gram: float | None
    covariance: float | None

    @property
    def value(self) -> float:
        """The criterion, from whichever matrix there is."""
        value = self.covariance if self.gram is None else self.gram
        assert value is not None
        return value


@dataclass(frozen=True)
class Audit:
    """What `audit` measures.

    Attributes:
        samples, dimensions: N and M.
        dtype: the data type of the embeddings.
        checks: Theorem 3.3 and the bounds of Lemma 3.4, each residual with its certified bound.
        certified_shape: the part that ``checks`` saw, as (samples, dimensions).
        energy: ‖K‖²_F.
        gram_norm: ‖KᵀK‖²_F = ‖KKᵀ‖²_F.
        sample_contrastive, dimension_contrastive: L_c and L_nc, on both sides.
        unit_sample_contrastive: L_c of the embeddings scaled to unit norm.
        mean_share: part of the energy that the mean embedding holds: 0 for centred embeddings.
        rounding_share: the largest part of the energy that rounding to ``dtype`` can have made.
        constant_dimensions: dimensions with the same entry for every sample.
        sample_norms, dimension_norms: the paper's columns and rows.
        spectrum, centered_spectrum: of the embeddings, and of the centred ones.
    """

    samples: int
    dimensions: int
    dtype: str
    checks: tuple[Check, ...]
    certified_shape: tuple[int, int]
    energy: float
    gram_norm: float
    sample_contrastive: Criterion
    dimension_contrastive: Criterion
    unit_sample_contrastive: float
    mean_share: float
    rounding_share: float
    constant_dimensions: int
    sample_norms: Norms
    dimension_norms: Norms
    spectrum: Spectrum
    centered_spectrum: Spectrum

    @property
    def ok(self) -> bool:
        """Whether every certified check passes."""
        return all(check.ok for check in self.checks)

    @property
    def cheaper_side(self) -> str:
        """The smaller matrix: ``"gram"`` (N × N) or ``"covariance"`` (M × M)."""
        return "gram" if self.samples < self.dimensions else "covariance"

    @property
    def saving(self) -> float:
        """How many times fewer multiplications the cheaper side takes; memory goes with its square."""
        return max(self.samples, self.dimensions) / min(self.samples, self.dimensions)

    @property
    def bits_lost(self) -> float:
        """Bits that the subtraction on the cheaper side loses: log₂ of (full + diagonal) / (full − diagonal)."""
        gram = self.cheaper_side == "gram"
        diagonal = (self.dimension_norms if gram else self.sample_norms).fourth_powers
        kept = (self.dimension_contrastive if gram else self.sample_contrastive).value
        return math.log2((self.gram_norm + diagonal) / kept) if kept > 0 else math.inf

    @property
    def shape_difference(self) -> float:
        """T²/M − T²/N, the part of L_c − L_nc that N ≠ M alone causes; T = ‖K‖²_F.

        The rest is the excess of the dimension norms less that of the sample norms (Theorem 3.3 and Lemma 3.4).
        """
        return self.energy**2 * (1 / self.dimensions - 1 / self.samples)

    @property
    def welch_bound(self) -> float:
        """The least L_c of N unit embeddings in M dimensions: max(0, N²/M − N)."""
        return max(0.0, self.samples**2 / self.dimensions - self.samples)

    @property
    def random_expectation(self) -> float:
        """The expected L_c of N independent uniform unit embeddings: N(N − 1)/M."""
        return self.samples * (self.samples - 1) / self.dimensions


def audit(z: Float[Tensor, "N M"]) -> Audit:
    """Measure one matrix of embeddings, N samples × M dimensions, in any floating-point type.

    Raises:
        ValueError: ``z`` is not a floating-point matrix, has fewer than two samples or no dimension, entries that
            are not finite, or entries too large or small for fourth powers in float64.
    """
    dtype = z.dtype
    if dtype.itemsize == 1 and dtype.is_floating_point:
        z = z.float()  # torch finds neither extremes nor NaN among eight bits
    _check_input(z)
    n, m = z.shape
    sums = _Sums.of(z)
    samples = _norms(sums.sample_energies, _repeated(z))
    dimensions = _norms(sums.dimension_energies, _repeated(z.T))
    energy = float(sums.sample_energies.sum())
    found = spectra(z, sums.sample_energies.sqrt(), dtype)
    part = z[:: -(-n // CERTIFIED_SIZE), :: -(-m // CERTIFIED_SIZE)]
    certified = certify(part.cpu())
    if part.shape == z.shape:
        criteria = [
            Criterion(*(float(evaluate(side).value) for side in get_args(CertifiedSide)))
            for evaluate in (certified.sample_contrastive, certified.dimension_contrastive)
        ]
    else:
        values = (found.gram_norm - norms.fourth_powers for norms in (samples, dimensions))
        criteria = [Criterion(value, None) if n < m else Criterion(None, value) for value in values]
    return Audit(
        samples=n,
        dimensions=m,
        dtype=str(dtype).removeprefix("torch."),
        checks=_checks(certified, *part.shape),
        certified_shape=(part.shape[0], part.shape[1]),
        energy=energy,
        gram_norm=found.gram_norm,
        sample_contrastive=criteria[0],
        dimension_contrastive=criteria[1],
        unit_sample_contrastive=float(sums.unit_product.square().sum()) - (n - samples.zeros),
        mean_share=float(sums.total.square().sum()) / n / energy if energy else 0.0,
        rounding_share=found.rounding**2 / energy if energy else 0.0,
        constant_dimensions=int((z.amax(dim=0) == z.amin(dim=0)).sum()),
        sample_norms=samples,
        dimension_norms=dimensions,
        spectrum=found.given,
        centered_spectrum=found.centered,
    )


def _check_input(z: Tensor) -> None:
    as_embeddings(z[:1] if z.ndim == 2 else z)
    n, m = z.shape
    if n < 2 or m < 1:
        raise ValueError(f"embeddings have shape ({n}, {m}): give at least two samples of at least one dimension")
    low, high = (float(end) for end in z.aminmax())
    peak = max(abs(low), abs(high))
    if not math.isfinite(peak):
        raise ValueError("embeddings have NaN or infinite entries: remove them first")
    if peak and not 1 / _RANGE < peak < _RANGE:
        raise ValueError(f"the largest entry is {peak:.1g}: scale the embeddings to between 1e-60 and 1e60 first")


@dataclass
class _Sums:
    """What one pass over blocks of samples adds up, in float64."""

    sample_energies: Tensor
    dimension_energies: Tensor
    total: Tensor
    unit_product: Tensor

    @classmethod
    def of(cls, z: Tensor) -> "_Sums":
        n, m = z.shape
        small = min(n, m)
        shapes = ((0,), (m,), (m,), (small, small))
        sums = cls(*(torch.zeros(shape, dtype=torch.float64) for shape in shapes))
        for block in blocks(z):
            sums._add(block)
        return sums

    def _add(self, block: Tensor) -> None:
        energies = block.square().sum(dim=1)
        self.sample_energies = torch.cat([self.sample_energies, energies])
        self.dimension_energies += block.square().sum(dim=0)
        self.total += block.sum(dim=0)
        unit = block / torch.where(energies > 0, energies, 1.0).sqrt()[:, None]
        self.unit_product += unit.T @ unit if self.unit_product.shape[0] == unit.shape[1] else unit @ unit.T


def _norms(energies: Tensor, repeated: int) -> Norms:
    total, fourth_powers, count = float(energies.sum()), float(energies.square().sum()), energies.numel()
    lower = total**2 / count
    excess = float((energies - total / count).square().sum())
    return Norms(
        smallest=math.sqrt(energies.min()),
        largest=math.sqrt(energies.max()),
        fourth_powers=fourth_powers,
        factor=1 + excess / lower if lower else 1.0,
        position=excess / (total**2 - lower) if count > 1 and total else 0.0,
        excess=excess,
        zeros=int((energies == 0).sum()),
        repeated=repeated,
    )


def _repeated(rows: Tensor) -> int:
    """How many rows equal an earlier one, entry by entry (0 and −0 are equal)."""
    raw = (rows.cpu() + 0.0).contiguous().view(torch.uint8).numpy()
    return len(raw) - len(np.unique(raw.view(f"V{raw.shape[1]}")))


def _checks(k: Certified, n: int, m: int) -> tuple[Check, ...]:
    square = k.energy.square()
    return (
        k.duality_residual.is_zero("L_nc + Σ‖K_j·‖⁴ − L_c − Σ‖K_·i‖⁴ = 0"),
        (k.dimension_fourth_powers * m - square).is_nonnegative("Σ‖K_j·‖⁴ ≥ ‖K‖⁴/M"),
        (square - k.dimension_fourth_powers).is_nonnegative("Σ‖K_j·‖⁴ ≤ ‖K‖⁴"),
        (k.sample_fourth_powers * n - square).is_nonnegative("Σ‖K_·i‖⁴ ≥ ‖K‖⁴/N"),
        (square - k.sample_fourth_powers).is_nonnegative("Σ‖K_·i‖⁴ ≤ ‖K‖⁴"),
    )
