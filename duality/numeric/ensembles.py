"""Random embeddings that try hard: every kind of matrix on which one of the criteria could go wrong.

Each ensemble is a function of a generator and a size that returns z = Kᵀ, N × M, in float64. `draw` walks through
all of them at all sizes, the degenerate ones too. Trial k of a seed is the same however many trials are asked for.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Ensemble = Callable[[np.random.Generator, int, int], np.ndarray]

SIZES = (
    (7, 5),
    (5, 7),
    (16, 16),
    (4, 32),
    (32, 4),
    (13, 31),
    (1, 6),
    (6, 1),
    (1, 1),
    (2, 3),
    (0, 4),
    (4, 0),
    (0, 0),
)
"""N and M of the trials: more samples than dimensions and fewer, primes, powers of two, one and none."""


def gaussian(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Independent normal entries."""
    return rng.standard_normal((n, m))


def cauchy(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Entries without a variance, or a mean."""
    return rng.standard_cauchy((n, m))


def student(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Entries with a variance, without a fourth moment: Student's t with three degrees of freedom."""
    return rng.standard_t(3, (n, m))


def low_rank(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Rank one or two."""
    rank = int(rng.integers(1, 3))
    return rng.standard_normal((n, rank)) @ rng.standard_normal((rank, m))


def dominant_sample(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """One sample up to 10⁶ times as large as the others."""
    z = gaussian(rng, n, m)
    z[: min(n, 1)] *= 10 ** rng.uniform(2, 6)
    return z


def dominant_dimension(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """One dimension up to 10⁶ times as large as the others, where subtracting fourth powers cancels."""
    return dominant_sample(rng, m, n).T


def orthogonal_samples(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Orthonormal samples (L_c = 0) where N ≤ M, else orthonormal dimensions (L_nc = 0)."""
    basis, _ = np.linalg.qr(gaussian(rng, max(n, m), min(n, m)))
    return basis if n >= m else basis.T


def hadamard(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """The corner of a Hadamard matrix of signs, its samples in random order: all energies equal."""
    corner = np.ones((1, 1))
    while len(corner) < max(n, m):
        corner = np.block([[corner, corner], [corner, -corner]])
    return rng.permutation(corner)[:n, :m]


def simplex(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """SimCLR's optimum, a regular simplex around zero, rotated; where N > M, its shadow in M dimensions."""
    rotation, _ = np.linalg.qr(gaussian(rng, max(n, m), max(n, m)))
    return ((np.eye(n) - 1 / max(n, 1)) @ rotation[:n])[:, :m]


def equiangular(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Unit samples on a cone around one dimension, with equal inner products where N < M."""
    height = rng.uniform(0, 1)
    cone = np.sqrt(1 - height) * np.eye(n, m, k=1)
    cone[:, :1] = np.sqrt(height)
    return cone


def constant(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """One number everywhere: total collapse."""
    return np.full((n, m), rng.standard_normal())


def duplicates(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """A few distinct samples, each many times."""
    return gaussian(rng, 3, m)[rng.integers(0, 3, n)]


def wide_range(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Entries of either sign from 1e-30 to 1e30, log-uniform: fourth powers from 1e-120 to 1e120."""
    return rng.choice([-1.0, 1.0], (n, m)) * 10 ** rng.uniform(-30, 30, (n, m))


def any_scale(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Normal entries times one number from 1e-30 to 1e30."""
    return gaussian(rng, n, m) * 10 ** rng.uniform(-30, 30)


def sparse(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Nine zeros in ten: whole samples and dimensions of zeros, and sometimes all."""
    return gaussian(rng, n, m) * (rng.random((n, m)) < 0.1)


def integers(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Small integers: float64 makes no error at all."""
    return rng.integers(-9, 10, (n, m)).astype(np.float64)


def centred(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Dimensions of mean zero, after an offset up to 1000 times their spread was taken off."""
    z = gaussian(rng, n, m) + rng.uniform(0, 1000)
    return z - z.sum(axis=0) / max(n, 1)


def standardised(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Centred dimensions of norm √(N/M) (eq. 14), from dimensions of very different scales."""
    z = centred(rng, n, m) * 10 ** rng.uniform(-3, 3, m)
    return _normalised(z, axis=0) * np.sqrt(n / max(m, 1))


def unit(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Samples of norm one."""
    return _normalised(gaussian(rng, n, m), axis=1)


def doubly_normalised(rng: np.random.Generator, n: int, m: int) -> np.ndarray:
    """Samples of norm one, dimensions of norm √(N/M), but for a small remainder."""
    z = gaussian(rng, n, m)
    for _ in range(30):
        z = _normalised(_normalised(z, axis=0) * np.sqrt(n / max(m, 1)), axis=1)
    return z


def _normalised(z: np.ndarray, axis: int) -> np.ndarray:
    norms = np.sqrt(np.square(z).sum(axis=axis, keepdims=True))
    return np.divide(z, norms, out=np.zeros_like(z), where=norms > 0)


ENSEMBLES: dict[str, Ensemble] = {
    ensemble.__name__.replace("_", " "): ensemble
    for ensemble in (
        gaussian,
        cauchy,
        student,
        low_rank,
        dominant_sample,
        dominant_dimension,
        orthogonal_samples,
        hadamard,
        simplex,
        equiangular,
        constant,
        duplicates,
        wide_range,
        any_scale,
        sparse,
        integers,
        centred,
        standardised,
        unit,
        doubly_normalised,
    )
}


@dataclass(frozen=True)
class Sample:
    """Embeddings, N × M, and where they come from: for a trial, all that is needed to draw it again."""

    name: str
    z: Float[Tensor, "N M"]


def draw(
    trials: int, seed: int = 0, dtype: torch.dtype = torch.float64, device: torch.device | str = "cpu"
) -> Iterator[Sample]:
    """So many matrices, each ensemble in turn, each time at the next size.

    What does not fit the data type is scaled by a power of two until it does (float16 ends at 65504), so that all
    entries are finite.
    """
    names = list(ENSEMBLES)
    for trial in range(trials):
        rng = np.random.default_rng((seed, trial))
        name = names[trial % len(names)]
        n, m = SIZES[(trial // len(names) + trial) % len(SIZES)]
        z = torch.from_numpy(np.ascontiguousarray(ENSEMBLES[name](rng, n, m)))
        yield Sample(f"{name}, {n} × {m}, trial {trial} of seed {seed}", _fitted(z, dtype).to(device))


def _fitted(z: Tensor, dtype: torch.dtype) -> Tensor:
    peak = float(z.abs().max()) if z.numel() else 0.0
    largest = torch.finfo(dtype).max / 2
    if peak > largest:
        z = z * 2.0 ** -np.ceil(np.log2(peak / largest))
    return z.to(dtype)
