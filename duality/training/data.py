"""Images: small sets whole in memory, folders of files decoded by workers.

Every set has a training and a test split; training never sees the second. Sets in memory are unsigned bytes,
(N, C, H, W).
"""

import gzip
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from duality.training.errors import DataError
from duality.training.recipe import DataRecipe

Split = Literal["train", "test"]

ROOT_VARIABLE = "DUALITY_DATA"
"""The environment variable that names the folder under which data sets are looked for first."""

_DOWNLOADS = Path("~/.cache/duality")
_FASHION_MNIST = {
    "train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
    "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
}
_DEBIAN = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""

_DIGITS_TEST = 360
_SIZES = {
    "digits": (1797 - _DIGITS_TEST, 10, 1),
    "fashion-mnist": (60_000, 10, 1),
    "cifar10": (50_000, 10, 3),
    "cifar100": (50_000, 100, 3),
}
"""Training images, classes and channels."""
_SPLIT_SEED = 0


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


@dataclass(frozen=True)
class ImageFiles:
    """A split of image files, decoded when they are needed."""

    paths: list[str]
    labels: Int64[Tensor, " N"]
    classes: int
    channels: int = 3

    def __len__(self) -> int:
        return len(self.paths)


def load_split(recipe: DataRecipe, split: Split) -> Images | ImageFiles:
    """The split of the data set that the recipe names.

    ``train_size`` takes a random part of the training images, the same for all seeds, and the same whether
    ``validation_size`` keeps others apart or not. These are then the test split; the set's own is not even read.

    Raises:
        DataError: the files are not there (the message says where they were looked for), or too few.
    """
    load = {"digits": _digits, "fashion-mnist": _fashion_mnist, "folder": _folder}.get(recipe.name, _cifar)
    validates = recipe.validation_size > 0
    images = load(recipe, "train" if validates else split)
    if not validates and (split == "test" or not recipe.train_size):
        return images
    train_size = recipe.train_size or len(images) - recipe.validation_size
    if train_size + recipe.validation_size > len(images) or train_size < 1:
        raise DataError(
            f"{recipe.name} has {len(images)} training images: lower data.train_size or data.validation_size"
        )
    order = _permutation(len(images))
    kept_apart = slice(len(images) - recipe.validation_size, None)
    return _take(images, order[kept_apart if split == "test" else slice(train_size)])


def set_sizes(recipe: DataRecipe) -> tuple[int, int, int]:
    """Number of training images, classes and channels, without reading them.

    Raises:
        DataError: a folder that is not there, and whose numbers the recipe does not give.
    """
    size, classes, channels = _SIZES.get(recipe.name) or _folder_sizes(recipe)
    return recipe.train_size or size - recipe.validation_size, classes, channels


def _folder_sizes(recipe: DataRecipe) -> tuple[int, int, int]:
    try:
        files = _folder(recipe, "train")
    except DataError:
        if recipe.images and recipe.classes:
            return recipe.images, recipe.classes, 3
        raise
    return len(files), files.classes, files.channels


def _take(images: Images | ImageFiles, rows: Tensor) -> Images | ImageFiles:
    if isinstance(images, Images):
        return Images(images.images[rows], images.labels[rows], images.classes)
    return ImageFiles([images.paths[i] for i in rows.tolist()], images.labels[rows], images.classes)


def _permutation(n: int) -> Tensor:
    return torch.randperm(n, generator=torch.Generator().manual_seed(_SPLIT_SEED))


def _digits(recipe: DataRecipe, split: Split) -> Images:
    """scikit-learn's 1797 digits of 8 × 8 pixels, a fifth of them kept for testing."""
    from sklearn.datasets import load_digits

    data, target = load_digits(return_X_y=True)
    images = torch.from_numpy(np.round(data * (255 / 16)).astype(np.uint8)).reshape(-1, 1, 8, 8)
    order = _permutation(len(images))
    rows = order[:_DIGITS_TEST] if split == "test" else order[_DIGITS_TEST:]
    return Images(images[rows], torch.from_numpy(target.astype(np.int64))[rows], classes=10)


def _roots(recipe: DataRecipe) -> list[Path]:
    named = [Path(root) for root in (recipe.root, os.environ.get(ROOT_VARIABLE, "")) if root]
    return [*named, Path("data"), _DOWNLOADS.expanduser()]


def _fashion_mnist(recipe: DataRecipe, split: Split) -> Images:
    places = [place / below for place in _roots(recipe) for below in ("", "fashion-mnist", "FashionMNIST/raw")]
    places.append(_DEBIAN)
    names = _FASHION_MNIST[split]
    for place in places:
        if all((place / name).is_file() for name in names):
            return _read_fashion_mnist(*(place / name for name in names))
    raise DataError(
        f"no Fashion-MNIST ({names[0]}) in {', '.join(map(str, places))}: install Debian's dataset-fashion-mnist, "
        f"or put the four .gz files in a folder and name it by data.root or {ROOT_VARIABLE}"
    )


def _read_fashion_mnist(images: Path, labels: Path) -> Images:
    pixels, target = _read_idx(images), _read_idx(labels)
    if pixels.ndim != 3 or target.shape != pixels.shape[:1]:
        raise DataError(f"{images} and {labels} do not belong together: install the data set again")
    return Images(pixels.unsqueeze(1), target.long(), classes=10)


def _read_idx(path: Path) -> UInt8[Tensor, "..."]:
    """A gzipped IDX file of unsigned bytes: two zeros, type 8, number of axes, each axis's length, the bytes."""
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read ({error}): install the data set again") from None
    axes = content[3] if content[:3] == b"\x00\x00\x08" else 0
    shape = [int.from_bytes(content[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes)]
    if not axes or len(content) != 4 + 4 * axes + math.prod(shape):
        raise DataError(f"{path} is not a whole IDX file of bytes: install the data set again")
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape).copy())


def _cifar(recipe: DataRecipe, split: Split) -> Images:
    """CIFAR-10 or -100 through torchvision, which checks every file's checksum."""
    from torchvision import datasets

    kind, classes = (datasets.CIFAR10, 10) if recipe.name == "cifar10" else (datasets.CIFAR100, 100)
    for place in _roots(recipe):
        try:
            return _as_images(kind(str(place), train=split == "train"), classes)
        except RuntimeError:
            continue
    target = Path(recipe.root) if recipe.root else _DOWNLOADS.expanduser()
    try:
        return _as_images(kind(str(target), train=split == "train", download=True), classes)
    except (OSError, RuntimeError) as error:
        places = ", ".join(map(str, _roots(recipe)))
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"no {recipe.name} ({kind.base_folder}) in {places}, and it could not be downloaded ({reason}): "
            f"put it in a folder and name that by data.root or {ROOT_VARIABLE}"
        ) from None


def _as_images(dataset, classes: int) -> Images:
    pixels = torch.from_numpy(dataset.data).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.tensor(dataset.targets), classes)


def _folder(recipe: DataRecipe, split: Split) -> ImageFiles:
    """``root``/train/CLASS/* and ``root``/val/CLASS/*, ImageNet's usual layout."""
    from torchvision.datasets import ImageFolder

    root = recipe.root or os.environ.get(ROOT_VARIABLE, "")
    if not root:
        raise DataError(
            f"no image folder named: set data.root or {ROOT_VARIABLE} to the one that holds train/ and val/"
        )
    place = Path(root) / ("train" if split == "train" else "val")
    try:
        listed = ImageFolder(str(place))
    except (OSError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"no images under {place} ({reason}): data.root must hold train/CLASS/* and val/CLASS/*"
        ) from None
    paths, labels = zip(*listed.samples, strict=True)
    return ImageFiles(list(paths), torch.tensor(labels), len(listed.classes))
