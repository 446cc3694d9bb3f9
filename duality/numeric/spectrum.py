"""How many directions embeddings use: effective ranks, and the rank that no rounding of the file can have made.

A file holds z + E: rounding to its data type moved every entry by at most u times itself (Higham 2002, Theorem
2.3), so ‖E‖_F ≤ u‖z + E‖_F. Had z rank r, the singular values σ beyond the r largest would obey √Σσ² ≤ ‖E‖_F
(Eckart & Young 1936). The same holds with samples and dimensions scaled to norm 1, which changes no rank: there, a
large sample does not hide the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from duality.numeric.rounding import unit_roundoff

_BLOCK_ENTRIES = 2**22
_EMPTY = 1e-4
"""A direction whose singular value is below this part of the largest may be called empty."""


@dataclass(frozen=True)
class Spectrum:
    """How many directions the embeddings use, by three measures of their singular values σ.

    Attributes:
        numerical_rank: the least rank that the embeddings can have had before rounding to their data type.
        undetermined: further directions that may be in use, or may be rounding alone: one cannot tell at this
            precision, since rounding to the data type reaches 10⁻⁴ of the largest σ.
        effective_rank: exp of the entropy of σ / Σσ (Roy & Vetterli 2007; RankMe, Garrido et al. 2023).
        participation_ratio: (Σσ²)² / Σσ⁴, at most the rank.
    """

    numerical_rank: int
    undetermined: int
    effective_rank: float
    participation_ratio: float


@dataclass(frozen=True)
class Spectra:
    """What `spectra` finds.

    Attributes:
        given, centered: of the embeddings as they are, and of the centred ones.
        gram_norm: Σσ⁴ = ‖KᵀK‖²_F, as they are.
        rounding: a bound of ‖E‖_F.
    """

    given: Spectrum
    centered: Spectrum
    gram_norm: float
    rounding: float


def spectra(z: Float[Tensor, "N M"], sample_norms: Float[Tensor, " N"], dtype: torch.dtype) -> Spectra:
    """How many directions N embeddings of M dimensions use.

    Args:
        z: embeddings.
        sample_norms: the norm of every sample, in float64.
        dtype: the data type that the embeddings were rounded to.
    """
    plain = _Decomposed.of(z, dtype)
    ranks = plain.ranks()
    if ranks != plain.full_ranks():
        # Second, because it costs as much again: most embeddings are shown to have full rank as they are.
        scaled = _Decomposed.of(z, dtype, sample_norms).ranks()
        ranks = [(max(a, c), max(b, d)) for (a, b), (c, d) in zip(ranks, scaled, strict=True)]
    given, centered = (
        _spectrum(singular, rank, plain.arithmetic)
        for singular, rank in zip((plain.singular, plain.centered), ranks, strict=True)
    )
    return Spectra(given, centered, float(plain.singular.pow(4).sum()), plain.rounding)


def blocks(z: Float[Tensor, "N M"]) -> Iterator[Float[Tensor, "B M"]]:
    """Some samples at a time, in float64 on the CPU.

    Blocks are taller than wide: to decompose one costs little more than to multiply it, and N ≤ M is one block.
    """
    m = z.shape[1]
    for block in z.split(max(m + 1, _BLOCK_ENTRIES // (m + 1))):
        yield block.to("cpu", torch.float64)


@dataclass(frozen=True)
class _Decomposed:
    """All singular values of a matrix, and of its part beside the ones, both falling.

    ``rounding`` and ``arithmetic`` bound how far storage, and the float64 arithmetic here, moved the matrix.
    """

    singular: Tensor
    centered: Tensor
    rounding: float
    arithmetic: float

    @classmethod
    def of(cls, z: Tensor, dtype: torch.dtype, sample_norms: Tensor | None = None) -> "_Decomposed":
        """Of ``z`` as it is or, given the norms of its samples, with these and those of its dimensions made 1."""
        scales = torch.ones(len(z), dtype=torch.float64)
        if sample_norms is not None:
            # A zero sample is the same at any scale: the largest norm lets the others be seen.
            scales = 1 / torch.where(sample_norms > 0, sample_norms, sample_norms.max().clamp(min=1e-60))
        columns = _factor(z, scales)[:, 1:]
        norms = columns.norm(dim=0)
        widths = torch.ones_like(norms) if sample_norms is None else torch.where(norms > 0, norms, 1.0)
        columns = columns / widths
        stored = torch.finfo(dtype)
        below_normal = stored.smallest_normal * stored.eps / 2 * scales.norm() / widths.norm(-2)
        singular, centered = torch.linalg.svdvals(columns), torch.linalg.svdvals(columns[1:])
        rounding = unit_roundoff(dtype) * columns.norm() + below_normal
        # The customary bound of LAPACK's singular values.
        arithmetic = max(z.shape) * torch.finfo(torch.float64).eps * singular[0]
        return cls(singular, centered, float(rounding), float(arithmetic))

    def full_ranks(self) -> list[tuple[int, int]]:
        """What `ranks` are where every direction is in use."""
        return [(len(singular), len(singular)) for singular in (self.singular, self.centered)]

    def ranks(self) -> list[tuple[int, int]]:
        """The least rank, and the least plus what is undetermined, as it is and beside the ones."""
        return [self._rank(self.singular), self._rank(self.centered)]

    def _rank(self, singular: Tensor) -> tuple[int, int]:
        if not len(singular) or singular[0] <= self.arithmetic:
            return 0, 0
        rounding = self.rounding + self.arithmetic
        tails = singular.square().flip(0).cumsum(0).flip(0).sqrt()
        least = int((tails > rounding).sum())
        return least, max(least, int((singular + rounding > _EMPTY * singular[0]).sum()))


def _factor(z: Tensor, scales: Tensor) -> Tensor:
    """The R of a QR decomposition of diag(scales) [1 z].

    Without its first column it has the singular values of the scaled ``z``. Without its first row too, it has one
    rank less than [1 z], which is the rank of the centred ``z``; for equal scales also its singular values.
    """
    factor = torch.zeros(0, z.shape[1] + 1, dtype=torch.float64)
    start = 0
    for block in blocks(z):
        part = scales[start : start + len(block), None]
        factor = torch.linalg.qr(torch.cat([factor, torch.cat([part, part * block], dim=1)]), mode="r").R
        start += len(block)
    return factor


def _spectrum(singular: Tensor, rank: tuple[int, int], arithmetic: float) -> Spectrum:
    if not len(singular) or singular[0] <= arithmetic:
        return Spectrum(0, 0, 0.0, 0.0)
    energy = singular.square()
    entropy = torch.special.entr(singular / singular.sum()).sum()
    participation = energy.sum().square() / energy.square().sum()
    return Spectrum(rank[0], rank[1] - rank[0], float(entropy.exp()), float(participation))
