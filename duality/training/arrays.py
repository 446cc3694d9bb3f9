"""A set of images as arrays in one safetensors file, which holds

- ``train_images``, ``test_images``: unsigned bytes, (N, C, H, W), C = 1 or 3,
- ``train_labels``, ``test_labels``: integers from 0, (N,),
- in its metadata ``classes``: their names as a JSON list.

The file has the same bytes whenever the same images are written, so its SHA-256 names its content.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import safetensors.torch
import torch
from jaxtyping import Int64, UInt8
from safetensors import SafetensorError, safe_open
from torch import Tensor

from duality.files import write_atomically
from duality.training.errors import DataError, writing

Part = Literal["train", "test"]

_BYTE = 256


@dataclass(frozen=True)
class Images:
    """A split in memory."""

    images: UInt8[Tensor, "N C H W"]
    labels: Int64[Tensor, " N"]
    classes: int

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colour."""
        return self.images.shape[1]


def write_arrays(path: Path, train: Images, test: Images, classes: Sequence[str]) -> str:
    """Write images and labels of both splits.

    Returns:
        The file's SHA-256.

    Raises:
        RunError: the file cannot be written.
    """
    kind = torch.uint8 if len(classes) <= _BYTE else torch.int64
    tensors = {}
    for part, split in (("train", train), ("test", test)):
        tensors |= {f"{part}_images": split.images.contiguous(), f"{part}_labels": split.labels.to(kind)}
    # One entry alone: safetensors writes several in an order that changes from process to process.
    content = safetensors.torch.save(tensors, {"classes": json.dumps(list(classes))})
    with writing(path):
        write_atomically(path, content)
    return hashlib.sha256(content).hexdigest()


def read_arrays(path: Path, part: Part) -> tuple[Images, list[str]]:
    """A split's images, and the names of the classes.

    Raises:
        DataError: the file is not such a file, or what it holds does not belong together.
    """
    try:
        with safe_open(path, "pt") as file:
            images, labels = file.get_tensor(f"{part}_images"), file.get_tensor(f"{part}_labels")
            classes = json.loads((file.metadata() or {})["classes"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise _unusable(path, str(error)) from None
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3) or not images.numel():
        raise _unusable(path, f"{part}_images are not unsigned bytes of shape (N, 1 or 3, H, W)")
    if labels.dtype.is_floating_point or labels.dtype.is_complex or labels.shape != images.shape[:1]:
        raise _unusable(path, f"{part}_labels are not one integer for each image")
    labels = labels.long()
    if not isinstance(classes, list) or not 0 <= int(labels.min()) <= int(labels.max()) < len(classes):
        raise _unusable(path, f"{part}_labels are not numbers of the classes that its metadata names")
    return Images(images, labels, len(classes)), classes


def array_sizes(path: Path) -> tuple[int, int, int]:
    """Number of training images, classes and channels, from the file's header alone.

    Raises:
        DataError: as `read_arrays`.
    """
    try:
        with safe_open(path, "pt") as file:
            images, channels, _, _ = file.get_slice("train_images").get_shape()
            return images, len(json.loads((file.metadata() or {})["classes"])), channels
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise _unusable(path, str(error)) from None


def file_checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unusable(path: Path, reason: str) -> DataError:
    return DataError(f"{path} is no file of images ({reason}): make it by duality-verify pack-images")
