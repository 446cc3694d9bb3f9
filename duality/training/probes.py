"""Offline evaluation on frozen representations: nearest neighbours and a linear classifier.

Both learn from the training split and are scored on the test split. Whatever a probe chooses (weight decay,
learning rate), it chooses on a tenth of the *training* split that it holds out; the test split is read once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize, one_hot
from torch.optim import LBFGS, SGD

from duality.training.features import Features

_HELD_OUT = 0.1
_KNN_TEMPERATURE = 0.07
_KNN_BLOCK = 1024
_FULL_BATCH_ENTRIES = 2**27
"""Entries of the representations (samples × dimensions) up to which the linear probe takes all samples at once."""
_WEIGHT_DECAYS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
_LEARNING_RATES = (0.01, 0.1, 1.0)
_SGD_EPOCHS = 30
_SGD_BATCH = 1024

Classifier = tuple[Float[Tensor, "F L"], Float[Tensor, " L"]]
"""Weights and biases of L classes on standardised representations."""


@dataclass(frozen=True)
class LinearProbe:
    """The score on the test split, the solver, and the setting it chose on held-out training images."""

    accuracy: float
    solver: str
    chosen: float
    held_out_accuracy: float


def knn_accuracy(train: Features, test: Features, neighbours: int) -> float:
    """Share of test images whose class wins the vote of their nearest training images.

    Cosine similarity s, each of the k neighbours with weight exp(s / 0.07) (Wu et al., 2018).
    """
    bank = normalize(train.representations, dim=1)
    votes_of = one_hot(train.labels).float()
    k = min(neighbours, len(bank))
    correct = 0
    for rows, labels in zip(test.representations.split(_KNN_BLOCK), test.labels.split(_KNN_BLOCK), strict=True):
        similarity, nearest = (normalize(rows, dim=1) @ bank.T).topk(k, dim=1)
        weights = (similarity / _KNN_TEMPERATURE).exp()
        votes = torch.einsum("nk,nkl->nl", weights, votes_of[nearest])
        correct += int((votes.argmax(dim=1) == labels).sum())
    return correct / len(test.labels)


def linear_probe(train: Features, test: Features, seed: int = 0) -> LinearProbe:
    """A multinomial logistic regression on standardised representations.

    Small sets: all samples at once with L-BFGS; the weight decay is chosen on held-out training images. Large
    sets: SGD with momentum and a cosine; the learning rate is chosen so. The choice is then fitted to all training
    images.
    """
    deviation, mean = torch.std_mean(train.representations, dim=0, unbiased=False)
    deviation = deviation.clamp_min(1e-6)
    x, x_test = (train.representations - mean) / deviation, (test.representations - mean) / deviation
    classes = int(train.labels.max()) + 1
    full_batch = x.numel() <= _FULL_BATCH_ENTRIES
    solver, fit, settings = (
        ("L-BFGS", _fit_full_batch, _WEIGHT_DECAYS) if full_batch else ("SGD", _fit_sgd, _LEARNING_RATES)
    )
    chosen, held_out = _choose(x, train.labels, classes, fit, settings, seed)
    accuracy = _accuracy(fit(x, train.labels, classes, chosen, seed), x_test, test.labels)
    return LinearProbe(accuracy, solver, chosen, held_out)


Fit = Callable[[Tensor, Tensor, int, float, int], Classifier]


def _choose(
    x: Tensor, labels: Tensor, classes: int, fit: Fit, settings: tuple[float, ...], seed: int
) -> tuple[float, float]:
    """The setting whose fit to nine tenths scores best on the last tenth, and that score."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    held, kept = order[: max(1, round(_HELD_OUT * len(x)))], order[max(1, round(_HELD_OUT * len(x))) :]
    scores = {
        setting: _accuracy(fit(x[kept], labels[kept], classes, setting, seed), x[held], labels[held])
        for setting in settings
    }
    best = max(scores, key=lambda setting: scores[setting])
    return best, scores[best]


def _accuracy(classifier: Classifier, x: Float[Tensor, "N F"], labels: Int64[Tensor, " N"]) -> float:
    weights, bias = classifier
    return float(((x @ weights + bias).argmax(dim=1) == labels).float().mean())


def _fit_full_batch(x: Tensor, labels: Tensor, classes: int, weight_decay: float, seed: int) -> Classifier:
    """The minimum of mean cross entropy + weight_decay/2 · ‖W‖², a convex problem: no seed matters."""
    weights = torch.zeros(x.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = LBFGS([weights, bias], max_iter=200, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        solver.zero_grad()
        value = cross_entropy(x @ weights + bias, labels) + weight_decay / 2 * weights.square().sum()
        value.backward()
        return value

    solver.step(objective)  # pyright: ignore[reportArgumentType] (torch wants a float, and documents a tensor)
    return weights.detach(), bias.detach()


def _fit_sgd(x: Tensor, labels: Tensor, classes: int, learning_rate: float, seed: int) -> Classifier:
    weights = torch.zeros(x.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    solver = SGD([weights, bias], lr=learning_rate, momentum=0.9)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(solver, _SGD_EPOCHS)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(_SGD_EPOCHS):
        for rows in torch.randperm(len(x), generator=generator).split(_SGD_BATCH):
            solver.zero_grad()
            cross_entropy(x[rows] @ weights + bias, labels[rows]).backward()
            solver.step()
        course.step()
    return weights.detach(), bias.detach()
