"""Small sets of images for tests: random pixels in memory, and folders of files."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.transforms.v2.functional import to_pil_image

from duality.training.data import Images


def random_images(n: int = 24, channels: int = 3, size: int = 10, classes: int = 3) -> Images:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (n, channels, size, size), dtype=torch.uint8, generator=generator)
    return Images(pixels, torch.arange(n) % classes, classes)


def write_image_folder(root: Path, per_class: int = 12, classes: int = 3, size: int = 40) -> None:
    """``root``/train and ``root``/val; a class has a colour, so that a probe has something to find."""
    generator = torch.Generator().manual_seed(0)
    for split, count in (("train", per_class), ("val", 4)):
        for label in range(classes):
            folder = root / split / f"class{label}"
            folder.mkdir(parents=True)
            for index in range(count):
                noise = torch.randint(0, 100, (3, size, size + 4), dtype=torch.uint8, generator=generator)
                to_pil_image(_tinted(noise, label)).save(folder / f"{index}.png")


def _tinted(noise: Tensor, label: int) -> Tensor:
    tint = torch.zeros(3, 1, 1, dtype=torch.uint8)
    tint[label % 3] = 120
    return noise + tint
