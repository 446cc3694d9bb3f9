"""Normalisations of embeddings: what each method of the paper's Table 1 does to rows and columns.

All take batch-first ``z`` = Kᵀ of shape (N, M), N samples × M dimensions, compute in at least float32, return
that type, and are differentiable.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, maximum_flow
from torch import Tensor

from duality.criteria import as_embeddings


def center(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Subtract from every dimension its mean over the samples (VICReg and Barlow Twins; Table 1).

    A constant dimension becomes exactly zero.
    """
    z = as_embeddings(z)
    # Whatever is subtracted first is gone after centring; the first sample leaves a constant nothing to round.
    shifted = z - z[:1].detach()
    return shifted - shifted.mean(dim=0) if z.shape[0] else z


def unit_embeddings(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Scale every embedding to ‖K_·i‖₂ = 1 (SimCLR; Table 1), at any scale. A zero embedding stays zero."""
    return _unit(as_embeddings(z), dim=1)


def standardize_dimensions(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Centre every dimension and scale it to ‖K_j·‖₂ = √(N/M) (eq. 14). A constant dimension becomes zero.

    The paper prints eq. 14 for columns; it means rows of K, the dimensions: only then does the total energy
    ‖K‖²_F equal N, as it does for unit embeddings.
    """
    z = center(z)
    n, m = z.shape
    return _unit(z, dim=0) * (n / max(m, 1)) ** 0.5


class NotScalableError(ValueError):
    """No positive scaling of rows and columns gives the matrix the norms asked for."""


@dataclass(frozen=True)
class DoubleNormalization:
    """Embeddings whose samples have norm 1 and whose dimensions have norm √(N/M), and how near they came.

    ``deviation`` is the largest relative error of a squared norm; ``converged`` says whether it is within the
    tolerance asked for.
    """

    z: Float[Tensor, "N M"]
    iterations: int
    deviation: float
    converged: bool


def double_normalize(
    z: Float[Tensor, "N M"], tolerance: float | None = None, max_iterations: int = 10_000
) -> DoubleNormalization:
    """Scale samples and dimensions, D₁KD₂ with positive diagonals, until both are normalised.

    Sinkhorn's iteration on the squared entries, in the log domain. With unit embeddings and dimensions of norm
    √(N/M) the remark after Theorem 3.3 reads L_nc = L_c + N − N²/M (our erratum to the paper's L_c + N − M).
    A single pass of either normalisation undoes the other; only the limit has both. Nothing is centred.

    Args:
        z: embeddings, N × M. Gradients flow through every iteration.
        tolerance: largest relative error of a squared norm; by default 64 units of rounding of the data type.
        max_iterations: iterations, each one pass over samples and one over dimensions.

    Raises:
        NotScalableError: the zeros of ``z`` leave no scaling (a zero sample or dimension, or a pattern such as
            a triangular one, where the iteration would creep towards a limit with more zeros).
        ValueError: ``z`` is not a floating-point matrix, is empty, or is not finite, or no iteration is allowed.
    """
    z = as_embeddings(z)
    n, m = z.shape
    if not z.numel():
        raise ValueError(f"embeddings of shape ({n}, {m}) are empty: double normalisation needs a row and a column")
    if not torch.isfinite(z).all():
        raise ValueError("embeddings have NaN or infinite entries: remove them before normalising")
    if max_iterations < 1:
        raise ValueError(f"max_iterations is {max_iterations}: allow at least one")
    nonzero = z != 0
    if not nonzero.all():
        _check_scalable(nonzero.cpu().numpy())
    if tolerance is None:
        tolerance = 64 * torch.finfo(z.dtype).eps
    # The result forgets any scaling of rows and columns: without peaks the logarithms are small, and accurate.
    start = _without_peak(_without_peak(z.double(), dim=1), dim=0)
    # The logarithm of an entry that is zero would give its gradient a NaN.
    log_squares = torch.where(nonzero, 2 * torch.where(nonzero, start, 1.0).abs().log(), -torch.inf)
    dimension_target = math.log(n / m)
    dimension_scale = start.new_zeros(1, m)
    iteration, scaled, deviation = 0, z, math.inf
    while deviation > tolerance and iteration < max_iterations:
        iteration += 1
        sample_scale = -torch.logsumexp(log_squares + dimension_scale, dim=1, keepdim=True)
        scaled = (start * ((sample_scale + dimension_scale) / 2).exp()).to(z.dtype)
        deviation = _deviation(scaled)
        dimension_scale = dimension_target - torch.logsumexp(log_squares + sample_scale, dim=0, keepdim=True)
    return DoubleNormalization(scaled, iteration, deviation, deviation <= tolerance)


def _unit(z: Tensor, dim: int) -> Tensor:
    scaled = _without_peak(z, dim)
    norm = torch.linalg.vector_norm(scaled, dim=dim, keepdim=True)
    return scaled / torch.where(norm > 0, norm, 1.0)


def _without_peak(z: Tensor, dim: int) -> Tensor:
    """Vectors along ``dim`` divided by their largest entry, a constant: what follows must not depend on scale."""
    if not z.numel():
        return z
    peak = z.detach().abs().amax(dim=dim, keepdim=True)
    return z / torch.where(peak > 0, peak, 1.0)


def _deviation(z: Tensor) -> float:
    """The largest relative error of a squared norm of a sample, 1, or of a dimension, N/M."""
    n, m = z.shape
    squares = z.detach().double().square()
    samples, dimensions = squares.sum(dim=1) - 1, squares.sum(dim=0) * (m / n) - 1
    return float(torch.cat([samples, dimensions]).abs().max())


def _check_scalable(support: np.ndarray) -> None:
    """Raise unless a non-negative matrix with exactly these non-zeros has the sums wanted (Menon, 1968).

    A transport of N·M units, M from every sample and N to every dimension, along the non-zeros: one must exist,
    and every non-zero must carry something in one of them, that is, be used, or lie on a cycle of the residual
    graph.
    """
    n, m = support.shape
    for axis, name in ((1, "sample"), (0, "dimension")):
        zeros = np.flatnonzero(~support.any(axis=axis))
        if zeros.size:
            raise NotScalableError(f"{name} {zeros[0]} is zero: no scaling gives it a norm, remove it")
    source, sink = n + m, n + m + 1
    rows, columns = np.nonzero(support)
    tails = np.concatenate([rows, np.full(n, source), n + np.arange(m)])
    heads = np.concatenate([n + columns, np.arange(n), np.full(m, sink)])
    capacity = np.concatenate([np.full(rows.size, max(n, m)), np.full(n, m), np.full(m, n)])
    flow = maximum_flow(_graph(capacity, tails, heads, size=n + m + 2), source, sink)
    hint = "add a little noise, or remove the samples and dimensions with most zeros"
    if flow.flow_value < n * m:
        raise NotScalableError(f"its zeros leave no scaling of this {n} × {m} matrix to equal norms: {hint}")
    # By coordinates, since what scipy returns for indices depends on its version. Flows back are negative.
    flows = flow.flow.tocoo()
    inner = (flows.data > 0) & (flows.row < n) & (flows.col < n + m)
    carries = np.zeros_like(support)
    carries[flows.row[inner], flows.col[inner] - n] = True
    used = carries[rows, columns]
    residual = _graph(
        np.ones(rows.size + used.sum()),
        np.r_[rows, n + columns[used]],
        np.r_[n + columns, rows[used]],
        size=n + m,
    )
    _, component = connected_components(residual, connection="strong")
    if not (used | (component[rows] == component[n + columns])).all():
        raise NotScalableError(
            f"this {n} × {m} matrix nears equal norms only as some of its non-zeros vanish: {hint}"
        )


def _graph(weights: np.ndarray, tails: np.ndarray, heads: np.ndarray, size: int) -> csr_array:
    """A directed graph. Before its version 1.15 scipy wants 32 bits, and with 64 some of it prints an error, goes
    on, and returns what was in the memory."""
    weights, tails, heads = (each.astype(np.int32) for each in (weights, tails, heads))
    return csr_array((weights, (tails, heads)), shape=(size, size))
