"""Normalisations of embeddings: what each method of the paper's Table 1 does to rows and columns.

All take batch-first ``z`` = Kᵀ of shape (N, M), N samples × M dimensions, compute in at least float32, return
that type, and are differentiable.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, maximum_flow
from torch import Tensor

from duality.criteria import as_embeddings

_EPS = 1e-12
"""Norms below this are treated as this, as in `torch.nn.functional.normalize`: a zero vector stays zero."""


def center(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Subtract from every dimension its mean over the samples (VICReg and Barlow Twins; Table 1)."""
    z = as_embeddings(z)
    return z - z.mean(dim=0) if z.shape[0] else z


def unit_embeddings(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Scale every embedding to ‖K_·i‖₂ = 1 (SimCLR; Table 1). A zero embedding stays zero."""
    return torch.nn.functional.normalize(as_embeddings(z), dim=1, eps=_EPS)


def standardize_dimensions(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """Centre every dimension and scale it to ‖K_j·‖₂ = √(N/M) (eq. 14). A constant dimension becomes zero.

    The paper prints eq. 14 for columns; it means rows of K, the dimensions: only then does the total energy
    ‖K‖²_F equal N, as it does for unit embeddings.
    """
    z = center(z)
    n, m = z.shape
    return torch.nn.functional.normalize(z, dim=0, eps=_EPS) * (n / m) ** 0.5 if z.numel() else z


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
        ValueError: ``z`` is not a floating-point matrix, is empty, or is not finite.
    """
    z = as_embeddings(z)
    n, m = z.shape
    if not z.numel():
        raise ValueError(f"embeddings of shape ({n}, {m}) are empty: double normalisation needs a row and a column")
    if not torch.isfinite(z).all():
        raise ValueError("embeddings have NaN or infinite entries: remove them before normalising")
    support = (z != 0).detach().cpu().numpy()
    if not support.all():
        _check_scalable(support)
    if tolerance is None:
        tolerance = 64 * torch.finfo(z.dtype).eps
    # The logarithm of an entry that is zero would give its gradient a NaN.
    nonzero = z != 0
    log_squares = torch.where(nonzero, 2 * torch.where(nonzero, z, 1.0).abs().log(), -torch.inf)
    sample_target, dimension_target = 0.0, float(np.log(n / m))
    sample_scale = z.new_zeros(n, 1)
    dimension_scale = z.new_zeros(1, m)
    deviation, iteration = float("inf"), 0
    for iteration in range(1, max_iterations + 1):
        sample_scale = sample_target - torch.logsumexp(log_squares + dimension_scale, dim=1, keepdim=True)
        energies = torch.logsumexp(log_squares + sample_scale, dim=0, keepdim=True)
        # Before this pass the samples have norm 1 exactly: the dimensions alone tell how far both are.
        deviation = float((energies.detach() + dimension_scale.detach() - dimension_target).expm1().abs().max())
        if deviation <= tolerance or iteration == max_iterations:
            break
        dimension_scale = dimension_target - energies
    scaled = z * ((sample_scale + dimension_scale) / 2).exp()
    return DoubleNormalization(scaled, iteration, deviation, deviation <= tolerance)


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
    capacity = np.concatenate([np.full(rows.size, n * m), np.full(n, m), np.full(m, n)]).astype(np.int32)
    graph = csr_array((capacity, (tails, heads)), shape=(n + m + 2,) * 2)
    flow = maximum_flow(graph, source, sink)
    hint = "add a little noise, or remove the samples and dimensions with most zeros"
    if flow.flow_value < n * m:
        raise NotScalableError(f"its zeros leave no scaling of this {n} × {m} matrix to equal norms: {hint}")
    used = flow.flow[rows, n + columns] > 0
    back = csr_array(
        (np.ones(rows.size + used.sum()), (np.r_[rows, n + columns[used]], np.r_[n + columns, rows[used]])),
        shape=(n + m,) * 2,
    )
    _, component = connected_components(back, connection="strong")
    if not (used | (component[rows] == component[n + columns])).all():
        raise NotScalableError(
            f"this {n} × {m} matrix comes near equal norms only as some non-zeros vanish, no scaling reaches them: {hint}"
        )
