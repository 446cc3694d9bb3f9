"""Embeddings from files: the one usable matrix that a file holds, or one line that names the fix."""

import importlib.resources
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from duality.numeric.files import Array, Arrays, EmbeddingsError, open_arrays

__all__ = ["Embeddings", "EmbeddingsError", "load_embeddings", "shipped_embeddings"]

_TYPES = tuple(
    getattr(torch, name)
    for name in (
        *("float64", "float32", "bfloat16", "float16"),
        *("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz"),
    )
)
"""Types of entries; what is smaller, or scaled by numbers elsewhere, says too little by itself."""
_LABELS = ("labels", "label", "y", "targets")
"""Names under which a file may hold one integer per sample."""


@dataclass(frozen=True)
class Embeddings:
    """Embeddings from a file, as they stand there.

    Attributes:
        name: the file's name, with the key where it holds several matrices.
        z: N samples × M dimensions, in the file's floating type, on the CPU.
        labels: one integer per sample, where the file has them.
        metadata: what a .safetensors file says about itself, such as where the embeddings come from.
    """

    name: str
    z: Float[Tensor, "N M"]
    labels: Tensor | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


def load_embeddings(path: str | Path, key: str | None = None) -> Embeddings:
    """Read one matrix of embeddings, N samples × M dimensions.

    Args:
        path: a .npy, .npz, .pt, .pth or .safetensors file.
        key: the name of the matrix, where the file holds several.

    Raises:
        EmbeddingsError: not a readable file of these kinds, or not a finite floating-point matrix of at least two
            samples.
    """
    path = Path(path).expanduser()
    arrays, metadata = open_arrays(path)
    key = _choose(path, arrays, key)
    z = _checked(f"{path}: {key}" if key else str(path), arrays[key])
    name = f"{path.name}:{key}" if key and len(_matrices(arrays)) > 1 else path.name
    return Embeddings(name, z, _labels(arrays, len(z)), metadata)


def shipped_embeddings() -> list[Embeddings]:
    """The trained embeddings of real images that come with the package, by name; their metadata says how."""
    folder = importlib.resources.files("duality") / "data"
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".safetensors")), key=lambda e: e.name
    )
    shipped = []
    for entry in files:
        with importlib.resources.as_file(entry) as path:
            shipped.append(load_embeddings(path))
    return shipped


def _matrices(arrays: Arrays) -> list[str]:
    return [name for name, array in arrays.items() if len(array.shape) == 2 and array.dtype.is_floating_point]


def _choose(path: Path, arrays: Arrays, key: str | None) -> str:
    """The key asked for, else the only matrix, else the only array (whose fault is then named)."""
    if key is not None:
        if key in arrays:
            return key
        names = ", ".join(filter(None, arrays)) or "one array without a name, so give no key"
        raise EmbeddingsError(f"{path} has no array {key!r}: it holds {names}")
    candidates = _matrices(arrays) or [name for name in arrays if name not in _LABELS] or list(arrays)
    if not candidates:
        raise EmbeddingsError(f"{path} holds no arrays: save a matrix of N samples × M dimensions")
    if len(candidates) > 1:
        raise EmbeddingsError(f"{path} holds several arrays: choose one by its key, {', '.join(candidates)}")
    return candidates[0]


def _checked(where: str, array: Array) -> Tensor:
    """A matrix, once its shape, its type and every entry is found to be of use."""
    shape, dtype = array.shape, array.dtype
    if len(shape) != 2:
        raise EmbeddingsError(f"{where} has shape {shape}: reshape it to a matrix of N samples × M dimensions")
    if dtype not in _TYPES:
        raise EmbeddingsError(f"{where} has entries of type {dtype}: convert them to float32 or float64")
    n, m = shape
    if n < 2:
        raise EmbeddingsError(f"{where} has {'one sample' if n else 'no samples'}: give at least two")
    if not m:
        raise EmbeddingsError(f"{where} has no dimensions: give at least one")
    if n * m * dtype.itemsize > _memory():
        raise EmbeddingsError(f"{where} has {n} × {m} entries, more than memory holds: save fewer samples")
    z = array.read()
    if z.is_meta:
        raise EmbeddingsError(f"{where} is a meta tensor, a shape without entries: save the embeddings themselves")
    _check_finite(where, z)
    return z.contiguous()


def _memory() -> float:
    """Bytes of this machine's memory, where the system says."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return math.inf


def _check_finite(where: str, z: Tensor) -> None:
    finite = torch.isfinite(z if z.dtype.itemsize > 1 else z.float())
    if finite.all():
        return
    sample, dimension = divmod(int((~finite).flatten().int().argmax()), z.shape[1])
    count = int((~finite).sum())
    entries = "entry is" if count == 1 else "entries are"
    message = f"{where}: {count} {entries} NaN or infinite, first in sample {sample}, dimension {dimension}"
    raise EmbeddingsError(f"{message}: remove such samples")


def _labels(arrays: Arrays, samples: int) -> Tensor | None:
    """One integer per sample under one of the usual names."""
    for name in _LABELS:
        labels = arrays.get(name)
        if labels is not None and labels.shape == (samples,) and not labels.dtype.is_floating_point:
            return labels.read()
    return None
