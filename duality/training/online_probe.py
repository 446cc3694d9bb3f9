"""The online linear probe: a classifier that learns beside the run, and teaches the encoder nothing."""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD

from duality.distributed import reduced
from duality.training.features import Features

_MOMENTUM = 0.9
_BLOCK = 4096


class OnlineProbe(nn.Module):
    """A linear layer on representations that batch norm, without weights of its own, has standardised."""

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(features, affine=False)
        self.linear = nn.Linear(features, classes)

    def forward(self, representations: Float[Tensor, "N F"]) -> Float[Tensor, "N L"]:
        """Logits of the classes."""
        return self.linear(self.norm(representations))

    def optimizer(self) -> SGD:
        """SGD with momentum 0.9; `learn` sets its rate."""
        return SGD(self.parameters(), lr=0.0, momentum=_MOMENTUM)


def learn(
    probe: OnlineProbe,
    optimizer: SGD,
    representations: Float[Tensor, "n F"],
    labels: Int64[Tensor, " n"],
    batch: int,
) -> tuple[float, float]:
    """One step on this process's part of a batch of ``batch`` images over all processes.

    Returns:
        Mean cross entropy and accuracy of the whole batch, before the step.
    """
    logits = probe(representations)
    loss = cross_entropy(logits, labels, reduction="sum") / batch
    parameters = list(probe.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.grad = reduced(gradient)  # a sum: each process has its part of the mean over the batch
    optimizer.step()
    right = (logits.detach().argmax(dim=1) == labels).sum() / batch
    whole = reduced(torch.stack([loss.detach(), right]))
    return float(whole[0]), float(whole[1])


@torch.no_grad()
def online_right(probe: OnlineProbe, features: Features) -> int:
    """How many images the probe gets right by its running statistics; it is left in the mode that it was in."""
    was_training = probe.training
    probe.eval()
    weights = probe.linear.weight
    right = 0
    for rows, labels in zip(features.representations.split(_BLOCK), features.labels.split(_BLOCK), strict=True):
        right += int((probe(rows.to(weights)).argmax(dim=1) == labels.to(weights.device)).sum())
    probe.train(was_training)
    return right
