"""What a network makes of images: representations and embeddings of a whole split, without augmentation."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from duality.training.batches import evaluation_batches
from duality.training.data import ImageFiles, Images
from duality.training.encoder import Encoder

_BATCH = 512


@dataclass(frozen=True)
class Features:
    """One row per image, on the CPU, batch-first: representations (N, F), embeddings (N, M), labels."""

    representations: Float[Tensor, "N F"]
    embeddings: Float[Tensor, "N M"]
    labels: Int64[Tensor, " N"]


@torch.inference_mode()
def extract_features(encoder: Encoder, images: Images | ImageFiles, size: int, workers: int = 0) -> Features:
    """Run the encoder, with its running batch norm statistics, over the images on the encoder's own device.

    Args:
        encoder: left in the mode, training or evaluation, that it was in.
        images: the split.
        size: side of the images in pixels.
        workers: processes that decode image files.
    """
    was_training = encoder.training
    encoder.eval()
    representations, embeddings = [], []
    try:
        for pixels in evaluation_batches(images, size, _BATCH, encoder.mean.device, workers):
            h, z = encoder(pixels)
            representations.append(h.cpu())
            embeddings.append(z.cpu())
    finally:
        encoder.train(was_training)
    return Features(torch.cat(representations), torch.cat(embeddings), images.labels)
