"""Offline evaluation on frozen representations: nearest neighbours and a linear classifier.

Both learn from the training split and are scored on other splits. Whatever a probe chooses (weight decay, learning
rate), it chooses on a tenth of the *training* split that it holds out; the other splits are read once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from torch.optim import LBFGS, SGD

from duality.training.features import Features

_HELD_OUT = 0.1
_KNN_TEMPERATURE = 0.07
_KNN_BLOCK = 1024
_FULL_BATCH_ENTRIES = 2**27
"""Entries of the representations (samples × dimensions) up to which the linear probe takes all samples at once."""
_WEIGHT_DECAYS = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
_LEARNING_RATES = (0.01, 0.1, 1.0)
_ITERATIONS = 200
"""At most, of L-BFGS."""
_SGD_EPOCHS = 30
_SGD_BATCH = 1024


@dataclass(frozen=True)
class Classifier:
    """Weights and biases of L classes on standardised representations."""

    weights: Float[Tensor, "F L"]
    bias: Float[Tensor, " L"]


@dataclass(frozen=True)
class LinearProbe:
    """A fitted linear probe's scores, and how it was fitted.

    Attributes:
        accuracy: on each split that was to be scored, in [0, 1].
        solver: "L-BFGS" (all samples at once) or "SGD".
        weight_decay: declared or chosen; with SGD, 0 unless declared.
        learning_rate: SGD's, chosen.
        held_out_accuracy: of the choice on the held-out tenth; None where nothing was chosen.
        gradient_norm: ‖∇‖ of the objective where the fit ended: how far from its minimum that is.
    """

    accuracy: dict[str, float]
    solver: str
    weight_decay: float
    learning_rate: float | None
    held_out_accuracy: float | None
    gradient_norm: float


def knn_accuracy(train: Features, test: Features, neighbours: int) -> float:
    """Share of test images whose class wins the vote of their nearest training images.

    Cosine similarity s, each of the k neighbours with weight exp(s / 0.07) (Wu et al., 2018).
    """
    bank = normalize(train.representations, dim=1)
    classes = int(train.labels.max()) + 1
    k = min(neighbours, len(bank))
    correct = 0
    for rows, labels in zip(test.representations.split(_KNN_BLOCK), test.labels.split(_KNN_BLOCK), strict=True):
        similarity, nearest = (normalize(rows, dim=1) @ bank.T).topk(k, dim=1)
        weights = (similarity / _KNN_TEMPERATURE).exp()
        votes = weights.new_zeros(len(rows), classes).scatter_add_(1, train.labels[nearest], weights)
        correct += int((votes.argmax(dim=1) == labels).sum())
    return correct / len(test.labels)


def linear_probe(
    train: Features, scored: Mapping[str, Features], weight_decay: float = 0.0, seed: int = 0
) -> LinearProbe:
    """A multinomial logistic regression on standardised representations.

    Small sets: all samples at once with L-BFGS. Large sets: SGD with momentum and a cosine, its learning rate
    chosen on held-out training images. What is chosen is then fitted to all training images.

    Args:
        train: what the probe learns from.
        scored: the splits to score, by name.
        weight_decay: declared beforehand; 0 leaves L-BFGS to choose it on held-out training images.
        seed: of the held-out images and of SGD's order.
    """
    deviation, mean = torch.std_mean(train.representations, dim=0, unbiased=False)
    deviation = deviation.clamp_min(1e-6)
    x, labels = (train.representations - mean) / deviation, train.labels
    objective = _Objective(x, labels, int(labels.max()) + 1, seed)
    if x.numel() <= _FULL_BATCH_ENTRIES:
        solver, fit, settings = "L-BFGS", _fit_full_batch, (weight_decay,) if weight_decay else _WEIGHT_DECAYS
    else:
        solver, fit, settings = "SGD", partial(_fit_sgd, weight_decay=weight_decay), _LEARNING_RATES
    chosen, held_out = _choose(objective, fit, settings) if len(settings) > 1 else (settings[0], None)
    classifier = fit(objective, chosen)
    decay, rate = (chosen, None) if solver == "L-BFGS" else (weight_decay, chosen)
    accuracy = {
        name: _accuracy(classifier, (features.representations - mean) / deviation, features.labels)
        for name, features in scored.items()
    }
    return LinearProbe(accuracy, solver, decay, rate, held_out, objective.gradient_norm(classifier, decay))


@dataclass(frozen=True)
class _Objective:
    """Mean cross entropy + weight_decay/2 · ‖W‖²: a convex problem."""

    x: Float[Tensor, "N F"]
    labels: Int64[Tensor, " N"]
    classes: int
    seed: int

    def of(self, rows: Int64[Tensor, " n"]) -> "_Objective":
        """The same with some of the samples."""
        return replace(self, x=self.x[rows], labels=self.labels[rows])

    def start(self) -> Classifier:
        """Zeros, to be trained."""
        shapes = ((self.x.shape[1], self.classes), (self.classes,))
        return Classifier(*(self.x.new_zeros(shape, requires_grad=True) for shape in shapes))

    def value(self, classifier: Classifier, weight_decay: float, rows: Tensor | slice = slice(None)) -> Tensor:
        loss = cross_entropy(self.x[rows] @ classifier.weights + classifier.bias, self.labels[rows])
        return loss + weight_decay / 2 * classifier.weights.square().sum()

    def gradient_norm(self, classifier: Classifier, weight_decay: float) -> float:
        parameters = [classifier.weights.requires_grad_(), classifier.bias.requires_grad_()]
        gradients = torch.autograd.grad(self.value(classifier, weight_decay), parameters)
        return float(torch.stack([gradient.norm() for gradient in gradients]).norm())


Fit = Callable[[_Objective, float], Classifier]


def _choose(objective: _Objective, fit: Fit, settings: tuple[float, ...]) -> tuple[float, float]:
    """The setting whose fit to nine tenths scores best on the last tenth, and that score."""
    n = len(objective.x)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(objective.seed))
    held, kept = order.split([max(1, round(_HELD_OUT * n)), n - max(1, round(_HELD_OUT * n))])
    held, kept = objective.of(held), objective.of(kept)
    scores = {setting: _accuracy(fit(kept, setting), held.x, held.labels) for setting in settings}
    best = max(scores, key=lambda setting: scores[setting])
    return best, scores[best]


@torch.no_grad()
def _accuracy(classifier: Classifier, x: Float[Tensor, "N F"], labels: Int64[Tensor, " N"]) -> float:
    return float(((x @ classifier.weights + classifier.bias).argmax(dim=1) == labels).float().mean())


def _fit_full_batch(objective: _Objective, weight_decay: float) -> Classifier:
    classifier = objective.start()
    parameters = [classifier.weights, classifier.bias]
    solver = LBFGS(parameters, max_iter=_ITERATIONS, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def value() -> Tensor:
        solver.zero_grad()
        loss = objective.value(classifier, weight_decay)
        loss.backward()
        return loss

    solver.step(value)  # pyright: ignore[reportArgumentType] (torch wants a float, and documents a tensor)
    return classifier


def _fit_sgd(objective: _Objective, learning_rate: float, weight_decay: float) -> Classifier:
    classifier = objective.start()
    solver = SGD([classifier.weights, classifier.bias], lr=learning_rate, momentum=0.9)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(solver, _SGD_EPOCHS)
    generator = torch.Generator().manual_seed(objective.seed)
    for _ in range(_SGD_EPOCHS):
        for rows in torch.randperm(len(objective.x), generator=generator).split(_SGD_BATCH):
            solver.zero_grad()
            objective.value(classifier, weight_decay, rows).backward()
            solver.step()
        course.step()
    return classifier
