"""Every loss with its defaults trains a small residual network on handwritten digits, and none collapses."""

import functools

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional

from duality.losses import Loss, VICRegCtrLoss, VICRegExpLoss
from tests.losses.kit import DEFAULTS

STEPS, BATCH = 200, 256
EMBEDDING = 128


class Block(nn.Module):
    """A residual block that halves the image."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1, bias=False)
        self.second = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, bias=False)
        self.shortcut = nn.Conv2d(channels, 2 * channels, 1, stride=2, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(2 * channels) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.norms[0](self.first(x)))
        return functional.relu(self.norms[1](self.second(inner)) + self.norms[2](self.shortcut(x)))


def network() -> tuple[nn.Module, nn.Module]:
    """A small ResNet for 8 × 8 images, and a projector."""
    encoder = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        Block(16),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    projector = nn.Sequential(
        nn.Linear(32, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, EMBEDDING, bias=False)
    )
    return encoder, projector


@functools.cache
def digits() -> tuple[Tensor, Tensor]:
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16, torch.tensor(labels)


def view(images: Tensor) -> Tensor:
    """Turned, scaled, shifted, of another contrast, with noise."""
    n = len(images)
    angle, size = 0.4 * (torch.rand(n) - 0.5), 1 + 0.2 * (torch.rand(n) - 0.5)
    turn = torch.stack([angle.cos() * size, -angle.sin(), angle.sin(), angle.cos() * size], dim=1).reshape(n, 2, 2)
    shift = 0.25 * (torch.rand(n, 2, 1) - 0.5)
    grid = functional.affine_grid(torch.cat([turn, shift], dim=2), list(images.shape), align_corners=False)
    contrast = 0.7 + 0.6 * torch.rand(n, 1, 1, 1)
    return contrast * functional.grid_sample(images, grid, align_corners=False) + 0.05 * torch.randn(images.shape)


def effective_rank(z: Tensor) -> float:
    """The exponential of the entropy of the singular values, centred (RankMe)."""
    values = torch.linalg.svdvals(z - z.mean(dim=0))
    return float(torch.distributions.Categorical(values).entropy().exp())


def neighbour_accuracy(h: Tensor) -> float:
    """Share of odd images that the 5 nearest even ones, by cosine, name rightly."""
    labels = digits()[1]
    h = functional.normalize(h - h[::2].mean(dim=0), dim=1)
    votes = labels[::2][(h[1::2] @ h[::2].T).topk(5).indices].mode(dim=1).values
    return float((votes == labels[1::2]).float().mean())


@torch.no_grad()
def quality(encoder: nn.Module, projector: nn.Module) -> tuple[float, float]:
    """Effective rank of the embeddings, and how well the representations tell the digits apart."""
    encoder.eval()
    projector.eval()
    h = encoder(digits()[0])
    return effective_rank(projector(h)), neighbour_accuracy(h)


def train(loss: Loss) -> tuple[tuple[float, float], tuple[float, float]]:
    """The quality of a network before and after."""
    torch.manual_seed(0)
    encoder, projector = network()
    before = quality(encoder, projector)
    optimizer = torch.optim.AdamW([*encoder.parameters(), *projector.parameters()], lr=2e-3)
    encoder.train()
    projector.train()
    for _ in range(STEPS):
        batch = digits()[0][torch.randperm(len(digits()[0]))[:BATCH]]
        z_a, z_b = projector(encoder(torch.cat([view(batch), view(batch)]))).chunk(2)
        optimizer.zero_grad()
        loss(z_a, z_b).total.backward()
        optimizer.step()
    return before, quality(encoder, projector)


@pytest.mark.slow
@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_train_without_collapse(name):
    (rank_before, accuracy_before), (rank, accuracy) = train(DEFAULTS[name]())
    assert rank > 1.2 * rank_before
    assert accuracy > accuracy_before + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("module", [VICRegExpLoss, VICRegCtrLoss])
def test_weights_of_public_attempts_collapse(module):
    """What the docstrings warn of, and proof that the test above would see it."""
    (rank_before, _), (rank, _) = train(module(covariance_weight=1.0, temperature=0.5))
    assert rank < 0.75 * rank_before
