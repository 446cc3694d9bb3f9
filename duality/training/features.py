"""What a network makes of images: representations and embeddings of a whole split, without augmentation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from duality.training.batches import evaluation_batches
from duality.training.data import ImageFiles, Images
from duality.training.encoder import Encoder

Layer = Literal["embeddings", "representations"]
LAYERS: tuple[Layer, ...] = ("representations", "embeddings")

_BATCH = 512


@dataclass(frozen=True)
class Features:
    """One row per image, on the CPU: the layers that were asked for, each (N, width), and the labels."""

    layers: Mapping[Layer, Float[Tensor, "N _"]]
    labels: Int64[Tensor, " N"]

    @property
    def representations(self) -> Float[Tensor, "N F"]:
        """Before the projector."""
        return self.layers["representations"]

    @property
    def embeddings(self) -> Float[Tensor, "N M"]:
        """Behind the projector."""
        return self.layers["embeddings"]


@torch.no_grad()
def extract_features(
    encoder: Encoder,
    images: Images | ImageFiles,
    size: int,
    workers: int = 0,
    layers: Sequence[Layer] = LAYERS,
) -> Features:
    """Run the encoder, with its running batch norm statistics, over the images on the encoder's own device.

    Args:
        encoder: left in the mode, training or evaluation, that it was in.
        images: the split.
        size: side of the images in pixels.
        workers: processes that decode image files.
        layers: what to keep; the projector is passed only for embeddings.
    """
    was_training = encoder.training
    encoder.eval()
    widths = {"representations": encoder.features, "embeddings": encoder.width}
    kept: dict[Layer, Tensor] = {
        layer: torch.empty(len(images), widths[layer], dtype=encoder.mean.dtype) for layer in layers
    }
    first = 0
    try:
        for pixels in evaluation_batches(images, size, _BATCH, encoder.mean.device, workers):
            rows = slice(first, first + len(pixels))
            representations = encoder.represent(pixels)
            if "representations" in kept:
                kept["representations"][rows] = representations
            if "embeddings" in kept:
                kept["embeddings"][rows] = encoder.project(representations)
            first += len(pixels)
    finally:
        encoder.train(was_training)
    return Features(kept, images.labels)
