"""Images: small sets whole in memory, folders of files decoded by workers.

Every set has a training and a test split; training never sees the second, nor what a recipe keeps apart of the
first. Sets in memory are unsigned bytes, (N, C, H, W).
"""

import gzip
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from torch import Tensor

from duality.training.arrays import Images, array_sizes, file_checksum, read_arrays
from duality.training.errors import DataError
from duality.training.image_files import class_names, list_test_files, list_training_files
from duality.training.recipe import DataRecipe

Split = Literal["train", "test", "extra"]
"""``extra`` is the part of the training images that ``data.extra_size`` keeps from training."""

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

    Which training images are trained on, scored as ``extra`` or kept for validation is the same for all seeds, and
    those of ``train_size`` are the same whether others are kept apart or not. Where ``validation_size`` keeps some,
    these are the test split; the set's own is not even read.

    Raises:
        DataError: the files are not there (the message says where they were looked for), are others than those of
            ``checksum``, or too few.
    """
    if split == "test" and not recipe.validation_size:
        return _load(recipe, "test")
    images = _load(recipe, "train")
    if split == "train" and not (recipe.train_size or recipe.extra_size or recipe.validation_size):
        return images
    return take_rows(images, _rows(recipe, images)[split])


def scored_splits(recipe: DataRecipe) -> tuple[Split, ...]:
    """The splits that a run is scored on: the test split, and the extra images if the recipe keeps some."""
    return ("test", "extra") if recipe.extra_size else ("test",)


def with_checksum(recipe: DataRecipe) -> DataRecipe:
    """The recipe with the checksum of the file of arrays that it names, if it names one without.

    Raises:
        DataError: the file is not there.
    """
    if recipe.name != "arrays" or recipe.checksum:
        return recipe
    return replace(recipe, checksum=file_checksum(_arrays_file(recipe)))


def _load(recipe: DataRecipe, split: Literal["train", "test"]) -> Images | ImageFiles:
    loaders = {"digits": _digits, "fashion-mnist": _fashion_mnist, "arrays": _arrays, "folder": _folder}
    return loaders.get(recipe.name, _cifar)(recipe, split)


def _rows(recipe: DataRecipe, images: Images | ImageFiles) -> dict[Split, Int64[Tensor, " n"]]:
    """The training images' parts: first those to train on, then the extra ones; the last are for validation."""
    apart = recipe.extra_size + recipe.validation_size
    train_size = recipe.train_size or len(images) - apart
    if train_size + apart > len(images) or train_size < 1:
        raise DataError(
            f"{recipe.title} has {len(images)} training images: "
            "lower data.train_size, data.extra_size or data.validation_size"
        )
    order = _stratified(images.labels) if recipe.stratified else _permutation(len(images))
    return {
        "train": order[:train_size],
        "extra": order[train_size : train_size + recipe.extra_size],
        "test": order[len(images) - recipe.validation_size :],
    }


def set_sizes(recipe: DataRecipe) -> tuple[int, int, int]:
    """Number of training images, classes and channels, without reading them.

    Raises:
        DataError: a folder or file that is not there, and whose numbers the recipe does not give.
    """
    size, classes, channels = _SIZES.get(recipe.name) or _sizes_of_files(recipe)
    return recipe.train_size or size - recipe.extra_size - recipe.validation_size, classes, channels


def _sizes_of_files(recipe: DataRecipe) -> tuple[int, int, int]:
    try:
        if recipe.name == "arrays":
            return array_sizes(_arrays_file(recipe))
        files = _folder(recipe, "train")
    except DataError:
        if recipe.images and recipe.classes:
            return recipe.images, recipe.classes, 3
        raise
    return len(files), files.classes, files.channels


def take_rows(images: Images | ImageFiles, rows: Int64[Tensor, " n"]) -> Images | ImageFiles:
    """Some of the images."""
    if isinstance(images, Images):
        return Images(images.images[rows], images.labels[rows], images.classes)
    return ImageFiles([images.paths[i] for i in rows.tolist()], images.labels[rows], images.classes)


def _permutation(n: int) -> Tensor:
    return torch.randperm(n, generator=torch.Generator().manual_seed(_SPLIT_SEED))


def _stratified(labels: Int64[Tensor, " N"]) -> Int64[Tensor, " N"]:
    """An order in which any stretch has each class in proportion to its share, to about one image.

    The k-th image of a class of n, in random order, comes at (k + ½) / n of the whole.
    """
    shuffled = _permutation(len(labels))
    by_class = shuffled[labels[shuffled].argsort(stable=True)]
    counts = labels.bincount()
    within = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels[by_class]]
    return by_class[((within + 0.5) / counts[labels[by_class]]).argsort(stable=True)]


def _digits(recipe: DataRecipe, split: Split) -> Images:
    """scikit-learn's 1797 digits of 8 × 8 pixels, a fifth of them kept for testing."""
    from sklearn.datasets import load_digits

    data, target = load_digits(return_X_y=True)
    images = torch.from_numpy(np.round(data * (255 / 16)).astype(np.uint8)).reshape(-1, 1, 8, 8)
    order = _permutation(len(images))
    rows = order[:_DIGITS_TEST] if split == "test" else order[_DIGITS_TEST:]
    return Images(images[rows], torch.from_numpy(target.astype(np.int64))[rows], classes=10)


def _roots(recipe: DataRecipe) -> list[Path]:
    named = [Path(root).expanduser() for root in (recipe.root, os.environ.get(ROOT_VARIABLE, "")) if root]
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
    target = Path(recipe.root).expanduser() if recipe.root else _DOWNLOADS.expanduser()
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


def _arrays(recipe: DataRecipe, split: Split) -> Images:
    """A file of arrays, once it is the one that the recipe means."""
    path = _arrays_file(recipe)
    if recipe.checksum and file_checksum(path) != recipe.checksum:
        raise DataError(
            f"{path} holds other images than the recipe means (its SHA-256 is not data.checksum): "
            "make it anew by duality-verify pack-images, or set data.checksum="
        )
    return read_arrays(path, "train" if split == "train" else "test")[0]


def _arrays_file(recipe: DataRecipe) -> Path:
    places = [Path(), *_roots(recipe)]
    for place in places:
        path = place / Path(recipe.file).expanduser()
        if path.is_file():
            return path
    raise DataError(
        f"no {recipe.file} in {', '.join(map(str, places))}: make it by duality-verify pack-images, "
        f"and name its folder by data.root or {ROOT_VARIABLE}"
    )


def _folder(recipe: DataRecipe, split: Split) -> ImageFiles:
    """``root``/train/CLASS/*, and ``root``/val/CLASS/* or ``root``/test/CLASS/*: ImageNet's usual layout."""
    root = recipe.root or os.environ.get(ROOT_VARIABLE, "")
    if not root:
        raise DataError(
            f"no image folder named: set data.root or {ROOT_VARIABLE} to the one that holds train/ and val/"
        )
    place = Path(root).expanduser()
    classes = class_names(place)
    listed = (list_training_files if split == "train" else list_test_files)(place, classes)
    return ImageFiles([path for path, _ in listed], torch.tensor([label for _, label in listed]), len(classes))
