"""Image files in folders of classes: which there are, what class each has, and their pixels."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from duality.training.errors import DataError

Listed = list[tuple[str, int]]
"""A file's path and its class's number, for each file."""

_ENDINGS = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
_ANNOTATIONS = "val_annotations.txt"
"""Tiny ImageNet's list of the validation images in ``val/images`` and their classes."""


def class_names(root: Path) -> list[str]:
    """The classes of ``root``/train, in alphabetical order: its folders, hidden ones aside.

    Raises:
        DataError: there is none.
    """
    names = _folders(root / "train")
    if not names:
        raise DataError(
            f"no images under {root / 'train'}: it must hold train/CLASS/*, and val/CLASS/* or test/CLASS/*"
        )
    return names


def list_training_files(root: Path, classes: Sequence[str]) -> Listed:
    """The files below ``root``/train/CLASS of each class.

    Raises:
        DataError: a class has no images.
    """
    return _of_classes(root / "train", classes, classes)


def list_test_files(root: Path, classes: Sequence[str]) -> Listed:
    """The files of ``root``/val, or of ``root``/test where there is no ``val``, by the *training* split's classes.

    A class may lack test images; images of a class that training lacks are refused.

    Raises:
        DataError: neither folder is there, a class is unknown, or one has no images.
    """
    places = [root / "val", root / "test"]
    place = next((place for place in places if place.is_dir()), None)
    if place is None:
        raise DataError(f"no images under {' or '.join(map(str, places))}: one must hold CLASS/*, as train/ does")
    if (place / _ANNOTATIONS).is_file():
        return _annotated(place, classes)
    names = _folders(place)
    if not names:
        raise DataError(f"no images under {place}: it must hold CLASS/*, as train/ does")
    return _of_classes(place, names, classes)


def decode(path: str) -> UInt8[Tensor, "3 H W"]:
    """The pixels of an image file, grey ones of 16 bits scaled to 8, transparency left out.

    Raises:
        DataError: it cannot be read, is too large (Pillow's limit), or its pixels have no range that is known.
    """
    try:
        with Image.open(path) as image:
            return pil_to_tensor(_eight_bits(image, path).convert("RGB"))
    except DataError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"cannot read the image {path} ({error}): repair or remove it, then resume") from None


def _eight_bits(image: Image.Image, path: str) -> Image.Image:
    """The image itself; of 16 bits, scaled. Pillow itself would clip: to white, and a float's range to black."""
    # Older versions of Pillow open a PNG of 16 bits in mode I.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        levels = np.asarray(image).astype(np.uint32)
        return Image.fromarray(((levels * 255 + 32767) // 65535).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise DataError(
            f"{path} has pixels of mode {image.mode}, whose range is not known: save it with 8 or 16 bits a channel"
        )
    return image


def _folders(place: Path) -> list[str]:
    if not place.is_dir():
        return []
    return sorted(entry.name for entry in os.scandir(place) if entry.is_dir() and not entry.name.startswith("."))


def _of_classes(place: Path, names: Sequence[str], classes: Sequence[str]) -> Listed:
    numbers = {name: number for number, name in enumerate(classes)}
    listed: Listed = []
    for name in names:
        if name not in numbers:
            raise _unknown(place / name, name, classes)
        files = list(_files(place / name))
        if not files:
            raise DataError(f"no images under {place / name}: put some there, or remove the folder")
        listed += [(path, numbers[name]) for path in files]
    return listed


def _files(place: Path) -> Iterator[str]:
    """The image files at any depth, hidden ones and hidden folders aside, in alphabetical order."""
    for folder, below, names in os.walk(place, followlinks=True):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                yield os.path.join(folder, name)


def _annotated(place: Path, classes: Sequence[str]) -> Listed:
    """Tiny ImageNet's layout: a line for each image, with its name, its class, and a box that nothing needs."""
    numbers = {name: number for number, name in enumerate(classes)}
    listed: Listed = []
    path = place / _ANNOTATIONS
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        name, _, rest = line.partition("\t")
        label = rest.partition("\t")[0]
        if not label:
            raise DataError(f"{path}, line {number}: write the image's name, a tab, its class")
        if label not in numbers:
            raise _unknown(path, label, classes)
        listed.append((str(place / "images" / name), numbers[label]))
    return listed


def _unknown(place: Path, name: str, classes: Sequence[str]) -> DataError:
    some = ", ".join(classes[:3]) + (", …" if len(classes) > 3 else "")
    return DataError(f"{place} has a class {name} that train/ lacks ({some}): remove it, or add it to train/")
