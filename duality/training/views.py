"""Two augmented views of every image, computed for a whole batch at once with each sample's own parameters.

The augmentations are those of SimCLR and BYOL, which the paper uses: random resized crop, horizontal flip, colour
jitter, grey, Gaussian blur, solarisation. The four jitters come in one random order per batch
(torchvision draws one per image); everything else is drawn per sample.

All random numbers of a step are drawn for the *global* batch from a generator seeded by (seed, step), and each
process uses its own rows. Hence a run is the same on one process and on several, and resuming needs no state.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torchvision.transforms.v2.functional import resized_crop

from duality.training.recipe import ViewRecipe

CROP_TRIES = 10
CROP_NUMBERS = 2 * CROP_TRIES + 2
"""Uniform numbers that one crop takes: an area and a ratio per try, and a position."""

_RATIO = (3 / 4, 4 / 3)
_BLUR_SIGMA = (0.1, 2.0)
_BLUR_KERNEL = 23 / 224
"""Kernel size over the image's: 23 pixels for 224, as in SimCLR. An even size is made odd by one pixel less."""
_GRAY_WEIGHTS = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class ViewDraws:
    """The random numbers of one view of a batch, uniform in [0, 1)."""

    crop: Float[Tensor, "N R"]
    flip: Float[Tensor, " N"]
    jitter: Float[Tensor, "N 4"]
    jitter_on: Float[Tensor, " N"]
    gray: Float[Tensor, " N"]
    blur: Float[Tensor, "N 2"]
    solarize: Float[Tensor, " N"]
    jitter_order: Int64[Tensor, " 4"]

    def rows(self, part: slice) -> "ViewDraws":
        """The numbers of some of the samples."""
        return self._each(lambda numbers: numbers[part])

    def to(self, device: torch.device) -> "ViewDraws":
        """The numbers on a device."""
        return self._each(lambda numbers: numbers.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "ViewDraws":
        parts = {name: change(value) for name, value in vars(self).items() if name != "jitter_order"}
        return ViewDraws(**parts, jitter_order=self.jitter_order)


def draw_view(n: int, generator: torch.Generator) -> ViewDraws:
    """Draw the numbers of one view of ``n`` samples."""
    numbers = torch.rand(n, CROP_NUMBERS + 10, generator=generator)
    crop, flip, jitter, jitter_on, gray, blur, solarize = numbers.split([CROP_NUMBERS, 1, 4, 1, 1, 2, 1], dim=1)
    order = torch.randperm(4, generator=generator)
    return ViewDraws(crop, flip[:, 0], jitter, jitter_on[:, 0], gray[:, 0], blur, solarize[:, 0], order)


def crop_boxes(
    numbers: Float[Tensor, "N R"], height: int, width: int, scale: tuple[float, float]
) -> Int64[Tensor, "N 4"]:
    """Top, left, height and width of random resized crops (Inception's): the first try that fits in the image.

    A try takes an area uniform in ``scale`` and a ratio log-uniform in 3/4 to 4/3. If none fits, the largest
    centred box within the ratios.
    """
    tries = numbers[:, : 2 * CROP_TRIES].reshape(-1, CROP_TRIES, 2)
    area = height * width * (scale[0] + (scale[1] - scale[0]) * tries[..., 0])
    ratio = torch.exp(math.log(_RATIO[0]) + (math.log(_RATIO[1]) - math.log(_RATIO[0])) * tries[..., 1])
    w, h = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
    fits = (w >= 1) & (h >= 1) & (w <= width) & (h <= height)
    first = fits.int().argmax(dim=1, keepdim=True)
    size = torch.stack([h.gather(1, first), w.gather(1, first)], dim=2)[:, 0]
    fallback = torch.tensor([min(height, round(width / _RATIO[0])), min(width, round(height * _RATIO[1]))])
    found = fits.any(dim=1, keepdim=True)
    size = torch.where(found, size, fallback.to(size))
    room = torch.tensor([height, width]) - size
    offset = torch.where(found, (numbers[:, -2:] * (room + 1)).floor().minimum(room), (room / 2).floor())
    return torch.cat([offset, size], dim=1).long()


def crop_batch(
    images: UInt8[Tensor, "N C H W"], boxes: Int64[Tensor, "N 4"], size: int
) -> Float[Tensor, "N C size size"]:
    """Cut each image's box and resize it, bilinear with antialiasing: one small matrix per axis and sample."""
    pixels = images.float().div_(255)
    rows = _resize_matrices(boxes[:, 0], boxes[:, 2], images.shape[2], size)
    columns = _resize_matrices(boxes[:, 1], boxes[:, 3], images.shape[3], size)
    return _separable(pixels, rows, columns)


def crop_image(
    image: UInt8[Tensor, "C H W"], numbers: Float[Tensor, " R"], recipe: ViewRecipe
) -> UInt8[Tensor, "..."]:
    """One image's random resized crop, for a worker."""
    box = crop_boxes(numbers.unsqueeze(0), image.shape[1], image.shape[2], recipe.crop_scale)[0].tolist()
    return resized_crop(image, *box, size=[recipe.size, recipe.size], antialias=True)


def augment(
    x: Float[Tensor, "N C S S"], draws: ViewDraws, recipe: ViewRecipe, view: int
) -> Float[Tensor, "N C S S"]:
    """Everything after the crop, for pixels in [0, 1]; ``view`` (0 or 1) chooses among unequal probabilities."""
    x = torch.where(_column(draws.flip < recipe.flip), x.flip(3), x)
    x = _on(
        x, draws.jitter_on < recipe.jitter_probability, _jitter, draws.jitter, draws.jitter_order, recipe.jitter
    )
    if x.shape[1] == 3:
        x = _on(x, draws.gray < recipe.gray, _gray)
    x = _on(x, draws.blur[:, 0] < recipe.blur[view], _blur, draws.blur[:, 1])
    return _on(x, draws.solarize < recipe.solarize[view], _solarize)


def _on(x: Tensor, chosen: Tensor, transform, *arguments) -> Tensor:
    """``transform`` on the chosen samples alone; arguments with a row per sample are cut down to them."""
    rows = chosen.nonzero()[:, 0]
    if not len(rows):
        return x
    cut = [
        a[rows] if isinstance(a, Tensor) and a.ndim and len(a) == len(x) and a.is_floating_point() else a
        for a in arguments
    ]
    return x.index_copy(0, rows, transform(x[rows], *cut))


def _column(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _jitter(x: Tensor, numbers: Tensor, order: Tensor, strength: tuple[float, float, float, float]) -> Tensor:
    steps = (_brightness, _contrast, _saturation, _hue)
    for index in order.tolist():
        if strength[index] and (x.shape[1] == 3 or index < 2):
            shift = strength[index] * (2 * numbers[:, index] - 1)
            x = steps[index](x, _column(shift if index == 3 else (1 + shift).clamp_min(0)))
    return x


def _brightness(x: Tensor, factor: Tensor) -> Tensor:
    return (x * factor).clamp_(0, 1)


def _contrast(x: Tensor, factor: Tensor) -> Tensor:
    mean = _luminance(x).mean(dim=(1, 2, 3), keepdim=True)
    return torch.lerp(mean, x, factor).clamp_(0, 1)


def _saturation(x: Tensor, factor: Tensor) -> Tensor:
    return torch.lerp(_luminance(x), x, factor).clamp_(0, 1)


def _hue(x: Tensor, shift: Tensor) -> Tensor:
    """Turn the hue by ``shift`` of a full circle, in hue-saturation-value as torchvision does."""
    top, channel = x.max(dim=1, keepdim=True)
    spread = top - x.min(dim=1, keepdim=True).values
    # Channel c's hue is (2c + (next − one after) / spread) sixths of the circle.
    ahead = x.roll(-1, dims=1).gather(1, channel)
    behind = x.roll(-2, dims=1).gather(1, channel)
    hue = (2 * channel + (ahead - behind) / spread.clamp_min(1e-12)) / 6 + shift
    # Inverse: channel c is top − spread · clamp(min(k, 4 − k), 0, 1) with k = (5, 3, 1)[c] + 6 · hue mod 6.
    k = (torch.tensor([5.0, 3.0, 1.0], device=x.device)[:, None, None] + 6 * hue) % 6
    return top - spread * torch.minimum(k, 4 - k).clamp_(0, 1)


def _luminance(x: Tensor) -> Tensor:
    if x.shape[1] == 1:
        return x
    weights = torch.tensor(_GRAY_WEIGHTS, device=x.device)[:, None, None]
    return (x * weights).sum(dim=1, keepdim=True)


def _gray(x: Tensor) -> Tensor:
    return _luminance(x).expand_as(x)


def _solarize(x: Tensor) -> Tensor:
    return torch.where(x >= 0.5, 1 - x, x)


def _blur(x: Tensor, numbers: Tensor) -> Tensor:
    """Gaussian blur of each sample's own width, reflecting at the border."""
    size = x.shape[2]
    radius = min(max(1, int(_BLUR_KERNEL * size / 2)), size - 1)
    sigma = _BLUR_SIGMA[0] + (_BLUR_SIGMA[1] - _BLUR_SIGMA[0]) * numbers
    offsets = torch.arange(-radius, radius + 1, device=x.device)
    kernel = torch.softmax(-offsets.square() / (2 * sigma[:, None] ** 2), dim=1)
    source = torch.arange(size, device=x.device)[:, None] + offsets
    source = (size - 1) - (source.abs() - (size - 1)).abs()  # reflected into the image
    matrix = x.new_zeros(len(x), size, size)
    matrix.scatter_add_(2, source.expand(len(x), -1, -1), kernel[:, None].expand(-1, size, -1))
    return _separable(x, matrix, matrix)


def _resize_matrices(start: Tensor, length: Tensor, source: int, size: int) -> Tensor:
    """Per sample the ``size`` × ``source`` matrix that cuts ``length`` pixels from ``start`` and resizes them.

    A triangle over each target pixel's centre, as wide as the step where the step is above one pixel, and cut at
    the box's border: torchvision's bilinear resizing with antialiasing.
    """
    scale = length.float()[:, None, None] / size
    support = scale.clamp_min(1)
    pixels = torch.arange(source, device=start.device)
    centre = (torch.arange(size, device=start.device)[:, None] + 0.5) * scale - 0.5
    relative = pixels - start[:, None, None]
    weights = (1 - (relative - centre).abs() / support).clamp_min_(0)
    weights *= (relative >= 0) & (relative < length[:, None, None])
    return weights / weights.sum(dim=2, keepdim=True)


def _separable(x: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """rows · x · columnsᵀ, per sample and channel."""
    return rows[:, None] @ x @ columns.transpose(1, 2)[:, None]
