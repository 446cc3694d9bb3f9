"""The network: a torchvision ResNet, the paper's projector, and batch norm over all processes."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import resnet
from torchvision.models.resnet import ResNet

from duality.distributed import process_count, reduced, sum_over_processes
from duality.training.recipe import EncoderRecipe

_BLOCKS = {
    "resnet18": (resnet.BasicBlock, (2, 2, 2, 2)),
    "resnet34": (resnet.BasicBlock, (3, 4, 6, 3)),
    "resnet50": (resnet.Bottleneck, (3, 4, 6, 3)),
    "resnet101": (resnet.Bottleneck, (3, 4, 23, 3)),
}

_FEWEST_CHANNELS_LAST = 8
"""Width from which channels lie last, which is faster. Below it, torch 2.15 so corrupts memory on some CPUs."""


class Encoder(nn.Module):
    """Backbone and projector, from images to representations and embeddings.

    Pixels in [0, 1] go in; each channel is standardised first.

    Attributes:
        mean, deviation: of the training images' pixels, per channel; saved with the weights.
        backbone: a ResNet without its classifier, (N, C, H, W) to (N, ``features``).
        projector: linear layers of the widths X-Y-Z, ReLU and batch norm between, the last bare; to (N, ``width``).
    """

    mean: Float[Tensor, " C"]
    deviation: Float[Tensor, " C"]

    def __init__(self, recipe: EncoderRecipe, mean: Float[Tensor, " C"], deviation: Float[Tensor, " C"]) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("deviation", deviation.clone())
        channels = len(mean)
        self.backbone = build_backbone(recipe, channels)
        self.features = self.backbone.inplanes
        self.projector = build_projector(self.features, recipe.projector_widths)
        self.width = recipe.projector_widths[-1]
        self.float32_projector = recipe.float32_projector
        self.layout = torch.channels_last if recipe.width >= _FEWEST_CHANNELS_LAST else torch.contiguous_format
        self.to(memory_format=self.layout)

    def forward(self, images: Float[Tensor, "N C H W"]) -> tuple[Float[Tensor, "N F"], Float[Tensor, "N M"]]:
        """Representations and embeddings."""
        representations = self.represent(images)
        return representations, self.project(representations)

    def represent(self, images: Float[Tensor, "N C H W"]) -> Float[Tensor, "N F"]:
        """What the backbone makes of the images."""
        standardized = (images - self.mean[:, None, None]) / self.deviation[:, None, None]
        return self.backbone(standardized.contiguous(memory_format=self.layout))

    def project(self, representations: Float[Tensor, "N F"]) -> Float[Tensor, "N M"]:
        """What the projector makes of the representations, in its weights' precision if the recipe says so."""
        precision = self.mean.dtype
        if not self.float32_projector or representations.dtype == precision:
            return self.projector(representations)
        with torch.autocast(representations.device.type, enabled=False):
            return self.projector(representations.to(precision))


class PretrainingNetwork(nn.Module):
    """The encoder as it is trained: on two views."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(
        self, view_a: Float[Tensor, "N C H W"], view_b: Float[Tensor, "N C H W"]
    ) -> tuple[Float[Tensor, "N M"], Float[Tensor, "N M"]]:
        """Embeddings of either view.

        The views pass the encoder one by one, as in VICReg: batch norm sees one view at a time.
        """
        return self.encoder(view_a)[1], self.encoder(view_b)[1]


def build_backbone(recipe: EncoderRecipe, channels: int) -> ResNet:
    """The recipe's ResNet with its stem and width, for images of 1 or 3 channels; the classifier is left out."""
    block, depths = _BLOCKS[recipe.name]
    backbone = _WideResNet(block, list(depths), recipe.width, recipe.zero_init_residual)
    if recipe.stem == "imagenet":
        stem = nn.Conv2d(channels, recipe.width, 7, stride=2, padding=3, bias=False)
    else:
        stem = nn.Conv2d(
            channels, recipe.width, 3, stride=1 if recipe.stem == "cifar" else 2, padding=1, bias=False
        )
        backbone.maxpool = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    backbone.conv1 = stem
    backbone.fc = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    return backbone


class _WideResNet(ResNet):
    """torchvision's ResNet with another number of channels: its constructor fixes 64 in the first stage."""

    def __init__(self, block: type, depths: list[int], width: int, zero_init_residual: bool) -> None:
        self.width = width
        super().__init__(block, depths, zero_init_residual=zero_init_residual)
        self.bn1 = nn.BatchNorm2d(width)

    def _make_layer(self, block, planes: int, blocks: int, stride: int = 1, dilate: bool = False) -> nn.Sequential:
        if planes == 64:
            self.inplanes = self.width
        return super()._make_layer(block, planes * self.width // 64, blocks, stride, dilate)


def build_projector(features: int, widths: tuple[int, ...]) -> nn.Sequential:
    """X-Y-Z: linear layers, each but the last followed by batch norm and ReLU; the last without either or bias."""
    layers: list[nn.Module] = []
    for width in widths[:-1]:
        layers += [nn.Linear(features, width), nn.BatchNorm1d(width), nn.ReLU(inplace=True)]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, widths[-1], bias=False))


def synchronize_batch_norm(module: nn.Module, device: torch.device) -> None:
    """Replace a network's batch norms by ones whose statistics are those of the batch over all processes.

    torch's own on a GPU; on a CPU, where torch has none, `GlobalBatchNorm`. The names of the state stay.
    """
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            replacement = GlobalBatchNorm(child.num_features, affine=child.affine).to(child.running_mean)
            replacement.load_state_dict(child.state_dict())
            setattr(module, name, replacement)
        else:
            synchronize_batch_norm(child, device)


class GlobalBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm over all processes of the default group, differentiable, on any device.

    Batches may differ in size between processes. Two passes, mean then deviation from it, so that nothing cancels.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        """Any shape (N, C, ...)."""

    def forward(self, input: Float[Tensor, "N C ..."]) -> Float[Tensor, "N C ..."]:
        """Normalise by the batch of all processes in training, by the running statistics in evaluation."""
        if not self.training or process_count() == 1:
            return super().forward(input)
        axes = [axis for axis in range(input.ndim) if axis != 1]
        shape = [1, -1] + [1] * (input.ndim - 2)
        values = torch.tensor(input.numel() / input.shape[1], device=input.device, dtype=torch.float64)
        count = float(reduced(values))
        x = input.to(torch.promote_types(input.dtype, torch.float32))
        mean = sum_over_processes(x.sum(dim=axes)) / count
        centered = x - mean.view(shape)
        variance = sum_over_processes(centered.square().sum(dim=axes)) / count
        self._update_running(mean.detach(), variance.detach(), count)
        scale = torch.rsqrt(variance + self.eps)
        if not self.affine:
            return (centered * scale.view(shape)).to(input.dtype)
        return (centered * (self.weight * scale).view(shape) + self.bias.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _update_running(self, mean: Tensor, variance: Tensor, count: float) -> None:
        running_mean, running_var = self.get_buffer("running_mean"), self.get_buffer("running_var")
        self.get_buffer("num_batches_tracked").add_(1)
        momentum = 0.1 if self.momentum is None else self.momentum
        running_mean.lerp_(mean, momentum)
        running_var.lerp_(variance * (count / max(count - 1, 1)), momentum)
