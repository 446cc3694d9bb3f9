"""What the figures are drawn from, checked and as numpy arrays."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

Matrix = Float[Tensor, "N M"] | Float[np.ndarray, "N M"]
"""Embeddings, batch-first: N samples × M dimensions."""


def as_matrix(z: Matrix) -> Float[np.ndarray, "N M"]:
    """Embeddings in float64.

    Raises:
        ValueError: not a matrix of at least one sample and one dimension, or with entries that are not finite.
    """
    array = z.detach().double().cpu().numpy() if isinstance(z, Tensor) else np.asarray(z, dtype=float)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"embeddings have shape {array.shape}: give a matrix of N samples × M dimensions")
    if not np.isfinite(array).all():
        raise ValueError("embeddings have NaN or infinite entries: remove such samples first")
    return array


def as_plane(z: Matrix) -> Float[np.ndarray, "N 2"]:
    """Embeddings of two dimensions in float64. Raises ValueError as `as_matrix` does, and for other dimensions."""
    array = as_matrix(z)
    if array.shape[1] != 2:
        raise ValueError(f"embeddings have {array.shape[1]} dimensions: give two, the plane's")
    return array


def as_runs(values: Sequence[Sequence[float]] | Float[np.ndarray, "S T"], length: int) -> Float[np.ndarray, "S T"]:
    """One row for each of S seeds, one column for each of ``length`` steps. Raises ValueError for other shapes."""
    try:
        array = np.asarray(values, dtype=float)
    except ValueError:
        raise ValueError("the seeds have logs of different lengths: cut them to the steps that all have") from None
    if array.ndim != 2 or not len(array) or array.shape[1] != length:
        raise ValueError(f"values have shape {array.shape}: give a row for each seed, of {length} steps")
    if not np.isfinite(array).all():
        raise ValueError("values are NaN or infinite: leave out the seeds that diverged")
    return array
