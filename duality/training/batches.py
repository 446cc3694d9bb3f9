"""Batches: which images come when, cut into two views for training or whole for evaluation.

The order of an epoch depends on (seed, epoch) alone and the augmentation of a step on (seed, step), so any step of
a run can be made again without having made the ones before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.v2.functional import center_crop, resize

from duality.training.data import ImageFiles, Images
from duality.training.errors import DataError
from duality.training.image_files import decode
from duality.training.recipe import Recipe, ViewRecipe
from duality.training.views import ViewDraws, augment, crop_batch, crop_boxes, crop_image, draw_view

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
_CENTER_FRACTION = 224 / 256
"""Evaluation of files: the shorter side is resized to size / this, then the centre is cut.

An image whose shorter side is no longer than ``size`` is not enlarged for that: it is seen whole.
"""


@dataclass(frozen=True)
class Batch:
    """One process's part of a step: two views with pixels in [0, 1], and what the online probe alone sees.

    That is the labels, and on the steps on which it learns, ``clean``: the images as evaluation sees them.
    """

    view_a: Float[Tensor, "N C S S"]
    view_b: Float[Tensor, "N C S S"]
    labels: Int64[Tensor, " N"]
    clean: Float[Tensor, "N C S S"] | None = None


def pixel_statistics(images: Images | ImageFiles) -> tuple[Float[Tensor, " C"], Float[Tensor, " C"]]:
    """Mean and deviation of each channel, pixels in [0, 1]: of the set itself in memory, ImageNet's for files."""
    if isinstance(images, ImageFiles):
        return torch.tensor(_IMAGENET_MEAN), torch.tensor(_IMAGENET_DEVIATION)
    means, deviations = [], []
    for channel in range(images.channels):
        counts = torch.bincount(images.images[:, channel].flatten(), minlength=256).double()
        share, level = counts / counts.sum(), torch.arange(256).double() / 255
        mean = (share * level).sum()
        means.append(mean)
        deviations.append((share * (level - mean).square()).sum().sqrt().clamp_min(1 / 255))
    return torch.stack(means).float(), torch.stack(deviations).float()


class TrainingBatches:
    """The training split in steps of ``data.batch_size`` images over all processes, an epoch's remainder left out.

    Args:
        images: the training split.
        recipe: data, views and seed.
        device: where views are computed.
        rank: this process.
        world: how many there are; each takes its rows of every batch.

    Raises:
        DataError: fewer images than one batch.
    """

    def __init__(
        self, images: Images | ImageFiles, recipe: Recipe, device: torch.device, rank: int = 0, world: int = 1
    ) -> None:
        self.batch_size = recipe.data.batch_size
        if len(images) < self.batch_size:
            raise DataError(
                f"{len(images)} training images make no batch of {self.batch_size}: lower data.batch_size"
            )
        if self.batch_size < 2 * world:
            raise DataError(f"a batch of {self.batch_size} over {world} processes: raise data.batch_size")
        self.images, self.recipe, self.device = images, recipe, device
        self.steps_per_epoch = len(images) // self.batch_size
        self._rows = slice(rank * self.batch_size // world, (rank + 1) * self.batch_size // world)

    def epoch(self, epoch: int, first: int = 0) -> Iterator[Batch]:
        """The batches of an epoch from its step ``first`` on."""
        generator = _generator(self.recipe.run.seed, _ORDER, epoch)
        order = torch.randperm(len(self.images), generator=generator)
        steps = range(epoch * self.steps_per_epoch + first, (epoch + 1) * self.steps_per_epoch)
        whole = order[: self.steps_per_epoch * self.batch_size].reshape(-1, self.batch_size)
        rows = whole[first:, self._rows]
        if isinstance(self.images, ImageFiles):
            return self._from_files(self.images, rows, steps)
        images = self.images
        return (self._from_memory(images, row, step) for row, step in zip(rows, steps, strict=True))

    def draws(self, step: int) -> tuple[ViewDraws, ViewDraws]:
        """The random numbers of a step for this process's rows: the first view's and the second's."""
        generator = _generator(self.recipe.run.seed, _VIEWS, step)
        first, second = draw_view(self.batch_size, generator), draw_view(self.batch_size, generator)
        return first.rows(self._rows), second.rows(self._rows)

    def probed(self, step: int) -> bool:
        """Whether the online probe learns in this step."""
        return step % self.recipe.probe.online_every == 0

    def _from_memory(self, images: Images, rows: Tensor, step: int) -> Batch:
        recipe = self.recipe.views
        pixels = images.images[rows].to(self.device)
        draws = self.draws(step)
        height, width = pixels.shape[2:]
        boxes = [crop_boxes(view.crop, height, width, recipe.crop_scale).to(self.device) for view in draws]
        crops = [crop_batch(pixels, box, recipe.size) for box in boxes]
        clean = [_whole(pixels, recipe.size)] if self.probed(step) else []
        return self._finish([*crops, *clean], draws, images.labels[rows])

    def _from_files(self, images: ImageFiles, rows: Tensor, steps: range) -> Iterator[Batch]:
        loader = DataLoader(
            _Crops(images.paths, self.recipe.views),
            batch_sampler=_Requests(self, rows, steps),  # pyright: ignore[reportArgumentType]
            num_workers=self.recipe.data.workers,
            pin_memory=self.device.type == "cuda",
        )
        for row, step, pixels in zip(rows, steps, loader, strict=True):
            crops = pixels.to(self.device, non_blocking=True).float().div_(255).unbind(1)
            yield self._finish(crops, self.draws(step), images.labels[row])

    def _finish(self, images: Sequence[Tensor], draws: tuple[ViewDraws, ViewDraws], labels: Tensor) -> Batch:
        """Two crops augmented, and the clean image where there is one."""
        a, b = (augment(images[i], draws[i].to(self.device), self.recipe.views, i) for i in (0, 1))
        return Batch(a, b, labels.to(self.device), *images[2:])


def evaluation_batches(
    images: Images | ImageFiles, size: int, batch_size: int, device: torch.device, workers: int = 0
) -> Iterator[Float[Tensor, "N C S S"]]:
    """The images in order, pixels in [0, 1], not augmented: resized if need be, large files cut to their centre."""
    if isinstance(images, ImageFiles):
        for pixels in DataLoader(_Centers(images.paths, size), batch_size=batch_size, num_workers=workers):
            yield pixels.to(device).float().div_(255)
        return
    for pixels in images.images.split(batch_size):
        yield _whole(pixels.to(device), size)


def _whole(images: UInt8[Tensor, "N C H W"], size: int) -> Float[Tensor, "N C size size"]:
    pixels = images.float().div_(255)
    return pixels if pixels.shape[2:] == (size, size) else resize(pixels, [size, size], antialias=True)


def _centre(image: UInt8[Tensor, "C H W"], size: int) -> UInt8[Tensor, "C size size"]:
    side = size if min(image.shape[1:]) <= size else round(size / _CENTER_FRACTION)
    return center_crop(resize(image, [side], antialias=True), [size, size])


_ORDER, _VIEWS = 0, 1
"""The streams of random numbers."""


def _generator(seed: int, stream: int, index: int) -> torch.Generator:
    """A generator of its own for every (seed, stream, index)."""
    mixed = np.random.SeedSequence([seed, stream, index]).generate_state(1)
    return torch.Generator().manual_seed(int(mixed[0]))


Request = tuple[int, Float[Tensor, "2 R"], bool]
"""An image's index, either view's random numbers, and whether the clean image is wanted too."""


class _Requests:
    """What a worker needs for each image of each step."""

    def __init__(self, batches: TrainingBatches, rows: Int64[Tensor, "S N"], steps: range) -> None:
        self.batches, self.rows, self.steps = batches, rows, steps

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[Request]]:
        for row, step in zip(self.rows, self.steps, strict=True):
            first, second = self.batches.draws(step)
            numbers, clean = torch.stack([first.crop, second.crop], dim=1), self.batches.probed(step)
            yield [(index, drawn, clean) for index, drawn in zip(row.tolist(), numbers, strict=True)]


class _Crops(Dataset):
    """Two random crops of one file as unsigned bytes, and the clean image if it is wanted."""

    def __init__(self, paths: list[str], recipe: ViewRecipe) -> None:
        self.paths, self.recipe = paths, recipe

    def __getitem__(self, request: Request) -> UInt8[Tensor, "V 3 S S"]:
        index, numbers, clean = request
        image = decode(self.paths[index])
        crops = [crop_image(image, row, self.recipe) for row in numbers]
        return torch.stack([*crops, _centre(image, self.recipe.size)] if clean else crops)


class _Centers(Dataset):
    """The centre of each file."""

    def __init__(self, paths: list[str], size: int) -> None:
        self.paths, self.size = paths, size

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> UInt8[Tensor, "3 S S"]:
        return _centre(decode(self.paths[index]), self.size)
