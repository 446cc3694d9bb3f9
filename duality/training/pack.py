"""From image files to arrays in one file: folders of classes, Tiny ImageNet's layout, and CIFAR's own files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor
from torchvision.transforms.v2.functional import center_crop, resize

from duality.training.arrays import Images, write_arrays
from duality.training.errors import DataError
from duality.training.image_files import Listed, class_names, decode, list_test_files, list_training_files

_CIFAR = {"cifar-10-batches-py": "CIFAR10", "cifar-100-python": "CIFAR100"}
"""The folder in which torchvision keeps a set, and its class there, which checks every file before reading it."""


@dataclass(frozen=True)
class Packed:
    """What a file of arrays holds: counts, names, an image's (C, H, W), and the file's SHA-256."""

    train: int
    test: int
    classes: list[str]
    shape: tuple[int, ...]
    checksum: str


def pack_images(folder: Path, path: Path, size: int | None = None) -> Packed:
    """Write a data set's images as a file that `duality.training.arrays` reads.

    Args:
        folder: holds ``train/CLASS/*`` and ``val/CLASS/*`` or ``test/CLASS/*`` (images may lie deeper, as in
            ``train/CLASS/images/*``), or Tiny ImageNet's ``val/val_annotations.txt``, or the folder in which
            torchvision keeps CIFAR-10 or CIFAR-100.
        path: the file to write, ``*.safetensors``.
        size: side to which each image is brought, the shorter side resized and the centre cut; without it, all
            images must have the same size already.

    Raises:
        DataError: the images are not there, cannot be read, or differ in size.
        RunError: the file cannot be written.
    """
    if path.suffix != ".safetensors":
        raise DataError(f"{path} does not end in .safetensors: name such a file")
    train, test, classes = _cifar(folder) or _folder(folder, size)
    checksum = write_arrays(path, train, test, classes)
    return Packed(len(train), len(test), classes, tuple(train.images.shape[1:]), checksum)


def _folder(folder: Path, size: int | None) -> tuple[Images, Images, list[str]]:
    classes = class_names(folder)
    train, test = list_training_files(folder, classes), list_test_files(folder, classes)
    height, width = _decoded(train[0][0], size).shape[1:]
    train, test = (_filled(listed, len(classes), size, height, width) for listed in (train, test))
    return train, test, classes


def _filled(listed: Listed, classes: int, size: int | None, height: int, width: int) -> Images:
    pixels = torch.empty(len(listed), 3, height, width, dtype=torch.uint8)
    for row, (path, _) in zip(pixels, listed, strict=True):
        image = _decoded(path, size)
        if image.shape != row.shape:
            raise DataError(
                f"{path} has {image.shape[1]} × {image.shape[2]} pixels, others have {height} × {width}: "
                "bring all to one side by --size"
            )
        row.copy_(image)
    return Images(pixels, torch.tensor([label for _, label in listed]), classes)


def _decoded(path: str, size: int | None) -> UInt8[Tensor, "3 H W"]:
    image = decode(path)
    return image if size is None else center_crop(resize(image, [size], antialias=True), [size, size])


def _cifar(folder: Path) -> tuple[Images, Images, list[str]] | None:
    """CIFAR by torchvision, if its files are in the folder."""
    from torchvision import datasets

    kind = next((name for below, name in _CIFAR.items() if (folder / below).is_dir()), None)
    if kind is None:
        return None
    try:
        train, test = (getattr(datasets, kind)(str(folder), train=part) for part in (True, False))
    except RuntimeError:
        raise DataError(f"{folder} holds damaged files of {kind}: download them again") from None
    return _pixels(train), _pixels(test), train.classes


def _pixels(dataset) -> Images:
    pixels = torch.from_numpy(np.ascontiguousarray(dataset.data.transpose(0, 3, 1, 2)))
    return Images(pixels, torch.tensor(dataset.targets), len(dataset.classes))
