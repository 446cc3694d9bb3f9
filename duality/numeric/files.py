"""What .npy, .npz, .pt, .pth and .safetensors files hold, read without running any of it.

Nothing is unpickled but by ``torch.load(weights_only=True)``, which builds tensors only. Of a NumPy archive no more
is read than headers, until an array is asked for. Whatever a file makes the libraries raise is one line.
"""

import io
import math
import pickle
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor


class EmbeddingsError(ValueError):
    """A file holds no usable embeddings; the message is one line that names the fix."""


@dataclass(frozen=True)
class Array:
    """One array of a file: its shape and the type of its entries, which are read when asked for."""

    path: Path
    shape: tuple[int, ...]
    dtype: torch.dtype
    load: Callable[[], Tensor]

    def read(self) -> Tensor:
        """The entries, densely. Raises EmbeddingsError where they cannot be read."""
        with _explained(self.path):
            tensor = self.load().detach()
            return tensor if tensor.layout == torch.strided else tensor.to_dense()


Arrays = dict[str, Array]
"""What a file holds, by name; a file that holds one nameless array calls it ''."""


def open_arrays(path: Path) -> tuple[Arrays, dict[str, str]]:
    """The arrays of a file, and what a .safetensors file says about itself.

    Raises:
        EmbeddingsError: it is no readable file of these kinds, or holds only what torch cannot.
    """
    reader = _READERS.get(path.suffix.lower())
    with _explained(path):
        if path.is_dir():
            raise EmbeddingsError(f"{path} is a directory: name one embedding file in it")
        if not path.is_file():
            raise EmbeddingsError(f"{path} is not a file: check the path")
        if reader is None:
            raise EmbeddingsError(f"{path} has an unknown suffix: convert it to one of {', '.join(_READERS)}")
        if path.stat().st_size == 0:
            raise EmbeddingsError(f"{path} is empty: write the embeddings again")
        return reader(path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever reading this file raises into an `EmbeddingsError`, and keep the libraries' warnings quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except EmbeddingsError:
        raise
    except PermissionError as error:
        raise EmbeddingsError(f"{path} may not be read: change its permissions") from error
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise EmbeddingsError(f"{path} cannot be read ({reason}): check the file") from error
    except pickle.UnpicklingError as error:
        _refuse_unreadable(path, error)
    except Exception as error:
        # Not by name: a damaged file makes the libraries raise what their authors never thought of.
        if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
            raise EmbeddingsError(f"{path} does not fit into memory: save fewer samples") from error
        raise _corrupt(path) from error


def _corrupt(path: Path) -> EmbeddingsError:
    return EmbeddingsError(f"{path} is corrupt, or no {path.suffix} file: write it again")


_NUMPY, _ZIP, _PICKLE = b"\x93NUMPY", b"PK", b"\x80"
"""How .npy files, archives and pickles begin."""


def _refuse_unreadable(path: Path, error: Exception | None = None) -> NoReturn:
    """Call a file pickled where there is reason to; the libraries call everything so that they do not know."""
    with path.open("rb") as file:
        if not file.read(len(_NUMPY)).startswith((_NUMPY, _ZIP, _PICKLE)):
            raise _corrupt(path) from error
    torch_file = path.suffix.lower() in (".pt", ".pth")
    instead = "a tensor or a dict of tensors with torch.save" if torch_file else "plain arrays with numpy.savez"
    raise EmbeddingsError(f"{path} holds pickled objects, which are never loaded: save {instead}") from error


_NUMPY_TYPES = [np.dtype(letter) for letter in "?bBhHiIlLqQefdFD"]
"""What torch can hold."""
_HEADER = 2**14
"""Bytes that a header fits in: NumPy refuses more than 10,000 of its characters."""


def _read_numpy(path: Path) -> tuple[Arrays, dict[str, str]]:
    """.npy and .npz alike. Of an archive, what is no array is left out, and so are arrays of text and the like."""
    with path.open("rb") as file:
        start = file.read(_HEADER)
        if start.startswith(_ZIP):
            members = list(_members(file))
        elif start.startswith(_NUMPY):
            members = [("", *_header(start, path.stat().st_size))]
        else:
            _refuse_unreadable(path)
    arrays = {
        name.removesuffix(".npy"): Array(path, shape, _torch_type(dtype), _numpy_reader(path, name))
        for name, shape, dtype in members
        if dtype.newbyteorder("=") in _NUMPY_TYPES
    }
    if members and not arrays:
        if any(dtype.hasobject for _, _, dtype in members):
            _refuse_unreadable(path)
        found = ", ".join(sorted({str(dtype) for _, _, dtype in members}))
        raise EmbeddingsError(f"{path} has entries of type {found}: convert them to float32 or float64")
    return arrays, {}


def _members(file: BinaryIO) -> Iterator[tuple[str, tuple[int, ...], np.dtype]]:
    """Name, shape and type of the arrays in an archive."""
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if info.filename.endswith(".npy"):
                with archive.open(info) as member:
                    yield info.filename, *_header(member.read(_HEADER), info.file_size)


def _header(start: bytes, size: int) -> tuple[tuple[int, ...], np.dtype]:
    """The shape and the type of an array, from the start of its file, which has so many bytes.

    Raises:
        ValueError: the header is damaged, or tells of more entries than there are. Memory is not asked for them.
    """
    file = io.BytesIO(start)
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = header(file)
    if min(shape, default=0) < 0 or (
        not dtype.hasobject and math.prod(shape) * dtype.itemsize > size - file.tell()
    ):
        raise ValueError("fewer entries than the header says")
    return shape, dtype


def _torch_type(dtype: np.dtype) -> torch.dtype:
    return torch.from_numpy(np.empty(0, dtype.newbyteorder("="))).dtype


def _numpy_reader(path: Path, name: str) -> Callable[[], Tensor]:
    """What reads the array of a .npy file, or the one of this name in an archive."""

    def read() -> Tensor:
        with path.open("rb") as file:
            if not name:
                array = np.lib.format.read_array(file, allow_pickle=False)
            else:
                with zipfile.ZipFile(file) as archive, archive.open(name) as member:
                    array = np.lib.format.read_array(member, allow_pickle=False)
        return torch.from_numpy(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False)))

    return read


def _read_torch(path: Path) -> tuple[Arrays, dict[str, str]]:
    # Not mapped into memory: torch would check no sums, and a damaged file would give other numbers.
    content = torch.load(path, map_location="cpu", weights_only=True)
    named = {"": content} if isinstance(content, Tensor) else content if isinstance(content, dict) else {}
    return {str(name): _held(path, value) for name, value in named.items() if isinstance(value, Tensor)}, {}


def _read_safetensors(path: Path) -> tuple[Arrays, dict[str, str]]:
    with safe_open(path, framework="pt") as file:
        return {name: _held(path, file.get_tensor(name)) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118


def _held(path: Path, tensor: Tensor) -> Array:
    return Array(path, tuple(tensor.shape), tensor.dtype, lambda: tensor)


_READERS: dict[str, Callable[[Path], tuple[Arrays, dict[str, str]]]] = {
    ".npy": _read_numpy,
    ".npz": _read_numpy,
    ".pt": _read_torch,
    ".pth": _read_torch,
    ".safetensors": _read_safetensors,
}
