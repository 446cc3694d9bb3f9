"""Embedding files: .npy, .npz, .pt, .pth and .safetensors, read without running anything they hold.

Nothing is unpickled but by ``torch.load(weights_only=True)``, which builds tensors only. A file that cannot be
used gives an `EmbeddingsError` whose one line names the fix.
"""

import importlib.resources
import pickle
import warnings
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError, safe_open
from torch import Tensor

_LABELS = ("labels", "label", "y", "targets")
"""Names under which a file may hold one integer per sample."""


class EmbeddingsError(ValueError):
    """A file holds no usable embeddings; the message is one line that names the fix."""


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
    path = Path(path)
    arrays, metadata = _read(path)
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


Arrays = dict[str, Tensor]
"""What a file holds, by name; a file that holds one nameless array calls it ''."""


def _read(path: Path) -> tuple[Arrays, dict[str, str]]:
    reader = _READERS.get(path.suffix.lower())
    try:
        if path.is_dir():
            raise EmbeddingsError(f"{path} is a directory: name one embedding file in it")
        if not path.is_file():
            raise EmbeddingsError(f"{path} is not a file: check the path")
        if reader is None:
            raise EmbeddingsError(f"{path} has an unknown suffix: convert it to one of {', '.join(_READERS)}")
        if path.stat().st_size == 0:
            raise EmbeddingsError(f"{path} is empty: write the embeddings again")
        return reader(path)
    except MemoryError as error:
        raise EmbeddingsError(f"{path} does not fit into memory: save fewer samples") from error
    except PermissionError as error:
        raise EmbeddingsError(f"{path} may not be read: change its permissions") from error
    except OSError as error:
        raise EmbeddingsError(f"{path} cannot be read ({error.strerror or error}): check the file") from error


def _corrupt(path: Path) -> EmbeddingsError:
    return EmbeddingsError(f"{path} is corrupt, or no {path.suffix} file: write it again")


def _pickled(path: Path, instead: str) -> EmbeddingsError:
    return EmbeddingsError(f"{path} holds pickled objects, which are never loaded: save {instead}")


def _read_numpy(path: Path) -> tuple[Arrays, dict[str, str]]:
    """.npy and .npz alike. Of an archive, arrays of text and the like are left out."""
    try:
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            arrays = {"": content} if isinstance(content, np.ndarray) else dict(content)
    except (ValueError, EOFError, KeyError, zipfile.BadZipFile, NotImplementedError) as error:
        if "pickle" in str(error) and _looks_pickled(path):
            raise _pickled(path, "plain arrays with numpy.save or numpy.savez") from error
        raise _corrupt(path) from error
    native = {name: array.astype(array.dtype.newbyteorder("="), copy=False) for name, array in arrays.items()}
    tensors = {name: torch.tensor(array) for name, array in native.items() if array.dtype in _NUMPY_TYPES}
    if arrays and not tensors:
        found = ", ".join(sorted({str(array.dtype) for array in arrays.values()}))
        raise EmbeddingsError(f"{path} has entries of type {found}: convert them to float32 or float64")
    return tensors, {}


_NUMPY_TYPES = [np.dtype(letter) for letter in "?bBhHiIlLqQefdFD"]
"""What torch can hold."""


def _looks_pickled(path: Path) -> bool:
    """Whether there is reason to call a file pickled; numpy and torch call everything so that they do not know."""
    with path.open("rb") as file:
        return file.read(6).startswith((b"\x93NUMPY", b"PK", b"\x80"))


def _read_torch(path: Path) -> tuple[Arrays, dict[str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if _looks_pickled(path):
            raise _pickled(path, "a tensor or a dict of tensors with torch.save") from error
        raise _corrupt(path) from error
    except (RuntimeError, EOFError, ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
        raise _corrupt(path) from error
    if isinstance(content, Tensor):
        return {"": content}, {}
    tensors = content.items() if isinstance(content, dict) else ()
    return {str(name): value for name, value in tensors if isinstance(value, Tensor)}, {}


def _read_safetensors(path: Path) -> tuple[Arrays, dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise _corrupt(path) from error


_READERS: dict[str, Callable[[Path], tuple[Arrays, dict[str, str]]]] = {
    ".npy": _read_numpy,
    ".npz": _read_numpy,
    ".pt": _read_torch,
    ".pth": _read_torch,
    ".safetensors": _read_safetensors,
}


def _matrices(arrays: Arrays) -> list[str]:
    return [name for name, array in arrays.items() if array.ndim == 2 and array.is_floating_point()]


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


def _checked(where: str, z: Tensor) -> Tensor:
    if z.ndim != 2:
        shape = tuple(z.shape)
        raise EmbeddingsError(f"{where} has shape {shape}: reshape it to a matrix of N samples × M dimensions")
    if not z.is_floating_point():
        raise EmbeddingsError(f"{where} has entries of type {z.dtype}: convert them to float32 or float64")
    n, m = z.shape
    if n < 2:
        raise EmbeddingsError(f"{where} has {'one sample' if n else 'no samples'}: give at least two")
    if not m:
        raise EmbeddingsError(f"{where} has no dimensions: give at least one")
    if z.layout != torch.strided:
        z = z.to_dense()
    finite = torch.isfinite(z)
    if not finite.all():
        sample, dimension = divmod(int((~finite).flatten().int().argmax()), m)
        count = int((~finite).sum())
        entries = "entry is" if count == 1 else "entries are"
        message = f"{where}: {count} {entries} NaN or infinite, first in sample {sample}, dimension {dimension}"
        raise EmbeddingsError(f"{message}: remove such samples")
    return z.detach().contiguous()


def _labels(arrays: Arrays, samples: int) -> Tensor | None:
    """One integer per sample under one of the usual names."""
    for name in _LABELS:
        labels = arrays.get(name)
        if labels is not None and labels.shape == (samples,) and not labels.is_floating_point():
            return labels
    return None
