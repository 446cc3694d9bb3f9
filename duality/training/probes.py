"""Offline evaluation on frozen representations: nearest neighbours and a linear classifier.

Both learn from the training split and are scored on other splits. Whatever a probe chooses (weight decay, learning
rate), it chooses on a tenth of the *training* split that it holds out; the other splits are read once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int64
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize
from torch.optim import LBFGS, SGD

from duality.training.features import Features

CPU = torch.device("cpu")
_HELD_OUT = 0.1
_KNN_TEMPERATURE = 0.07
_BLOCK = 1024
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


def knn_accuracy(train: Features, test: Features, neighbours: int, device: torch.device = CPU) -> float:
    """Share of test images whose class wins the vote of their nearest training images, computed on ``device``.

    Cosine similarity s, each of the k neighbours with weight exp(s / 0.07) (Wu et al., 2018, who take k = 200).
    """
    bank, labels = normalize(train.representations.to(device), dim=1), train.labels.to(device)
    classes = int(labels.max()) + 1
    k = min(neighbours, len(bank))
    right = 0
    for rows, truth in zip(test.representations.split(_BLOCK), test.labels.split(_BLOCK), strict=True):
        similarity, nearest = (normalize(rows.to(device), dim=1) @ bank.T).topk(k, dim=1)
        weights = (similarity / _KNN_TEMPERATURE).exp()
        votes = weights.new_zeros(len(rows), classes).scatter_add_(1, labels[nearest], weights)
        right += int((votes.argmax(dim=1) == truth.to(device)).sum())
    return right / len(test.labels)


def linear_probe(
    train: Features,
    scored: Mapping[str, Features],
    weight_decay: float = 0.0,
    seed: int = 0,
    device: torch.device = CPU,
) -> LinearProbe:
    """A multinomial logistic regression on standardised representations.

    Small sets: all samples at once with L-BFGS. Large sets: SGD with momentum and a cosine, its learning rate
    chosen on held-out training images, all rates tried in one pass. What is chosen is then fitted to all training
    images.

    Args:
        train: what the probe learns from.
        scored: the splits to score, by name.
        weight_decay: declared beforehand; 0 leaves L-BFGS to choose it on held-out training images.
        seed: of the held-out images and of SGD's order.
        device: where it is fitted; SGD's batches are put there one by one.
    """
    deviation, mean = torch.std_mean(train.representations, dim=0, unbiased=False)
    scale = _Scale(mean.to(device), deviation.clamp_min(1e-6).to(device), int(train.labels.max()) + 1, seed)
    samples = _Samples(train, torch.arange(len(train.labels)), scale)
    full_batch = train.representations.numel() <= _FULL_BATCH_ENTRIES
    rates = (None,) if full_batch else _LEARNING_RATES
    decays = (weight_decay,) if weight_decay or not full_batch else _WEIGHT_DECAYS
    settings = [Setting(decay, rate) for decay in decays for rate in rates]
    fit = _fit_full_batch if full_batch else _fit_sgd
    chosen, held_out = _choose(samples, fit, settings) if len(settings) > 1 else (settings[0], None)
    (classifier,) = fit(samples, [chosen])
    accuracy = {
        name: _accuracy(classifier, _Samples(features, torch.arange(len(features.labels)), scale))
        for name, features in scored.items()
    }
    left = _gradient_norm(classifier, samples, chosen.weight_decay)
    solver = "L-BFGS" if full_batch else "SGD"
    return LinearProbe(accuracy, solver, chosen.weight_decay, chosen.learning_rate, held_out, left)


@dataclass(frozen=True)
class Setting:
    """What may be chosen; L-BFGS has no learning rate."""

    weight_decay: float
    learning_rate: float | None


@dataclass(frozen=True)
class _Scale:
    """How representations are standardised, the number of classes, and the seed of a probe."""

    mean: Float[Tensor, " F"]
    deviation: Float[Tensor, " F"]
    classes: int
    seed: int

    def start(self) -> Classifier:
        """Zeros, to be trained."""
        shapes = ((len(self.mean), self.classes), (self.classes,))
        return Classifier(*(self.mean.new_zeros(shape, requires_grad=True) for shape in shapes))

    def generator(self) -> torch.Generator:
        """Random numbers of the seed."""
        return torch.Generator().manual_seed(self.seed)


@dataclass(frozen=True)
class _Samples:
    """Some rows of features, which are standardised, and put on the device, when they are asked for."""

    features: Features
    rows: Int64[Tensor, " n"]
    scale: _Scale

    def batches(
        self, order: Int64[Tensor, " n"] | None = None, size: int = _BLOCK
    ) -> Iterator[tuple[Float[Tensor, "b F"], Int64[Tensor, " b"]]]:
        """Batches of representations and labels, in the rows' order or another."""
        for rows in (self.rows if order is None else self.rows[order]).split(size):
            x = self.features.representations[rows].to(self.scale.mean)
            yield (x - self.scale.mean) / self.scale.deviation, self.features.labels[rows].to(x.device)

    def whole(self) -> tuple[Float[Tensor, "n F"], Int64[Tensor, " n"]]:
        """All of them."""
        return next(self.batches(size=len(self.rows)))


Fit = Callable[[_Samples, Sequence[Setting]], list[Classifier]]


def _choose(samples: _Samples, fit: Fit, settings: Sequence[Setting]) -> tuple[Setting, float]:
    """The setting whose fit to nine tenths scores best on the last tenth, and that score."""
    order = torch.randperm(len(samples.rows), generator=samples.scale.generator())
    count = max(1, round(_HELD_OUT * len(order)))
    held, kept = (replace(samples, rows=samples.rows[part]) for part in (order[:count], order[count:]))
    scores = [_accuracy(classifier, held) for classifier in fit(kept, settings)]
    best = max(range(len(settings)), key=lambda index: scores[index])
    return settings[best], scores[best]


@torch.no_grad()
def _accuracy(classifier: Classifier, samples: _Samples) -> float:
    right = 0
    for x, labels in samples.batches():
        right += int(((x @ classifier.weights + classifier.bias).argmax(dim=1) == labels).sum())
    return right / len(samples.rows)


def _objective(
    classifier: Classifier, x: Float[Tensor, "b F"], labels: Int64[Tensor, " b"], weight_decay: float
) -> Float[Tensor, ""]:
    """Mean cross entropy + weight_decay/2 · ‖W‖²: a convex problem."""
    loss = cross_entropy(x @ classifier.weights + classifier.bias, labels)
    return loss + weight_decay / 2 * classifier.weights.square().sum()


def _gradient_norm(classifier: Classifier, samples: _Samples, weight_decay: float) -> float:
    parameters = (classifier.weights, classifier.bias)
    total = [torch.zeros_like(parameter) for parameter in parameters]
    for x, labels in samples.batches():
        share = len(labels) / len(samples.rows)
        value = share * _objective(classifier, x, labels, weight_decay)
        for kept, gradient in zip(total, torch.autograd.grad(value, parameters), strict=True):
            kept += gradient
    return float(torch.stack([gradient.norm() for gradient in total]).norm())


def _fit_full_batch(samples: _Samples, settings: Sequence[Setting]) -> list[Classifier]:
    x, labels = samples.whole()
    return [_minimum(samples.scale.start(), x, labels, setting.weight_decay) for setting in settings]


def _minimum(classifier: Classifier, x: Tensor, labels: Tensor, weight_decay: float) -> Classifier:
    parameters = [classifier.weights, classifier.bias]
    solver = LBFGS(parameters, max_iter=_ITERATIONS, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def value() -> Tensor:
        solver.zero_grad()
        loss = _objective(classifier, x, labels, weight_decay)
        loss.backward()
        return loss

    solver.step(value)  # pyright: ignore[reportArgumentType] (torch wants a float, and documents a tensor)
    return classifier


def _fit_sgd(samples: _Samples, settings: Sequence[Setting]) -> list[Classifier]:
    """A classifier for each setting, all from the same batches, which are read once."""
    classifiers = [samples.scale.start() for _ in settings]
    groups = [
        {"params": [each.weights, each.bias], "lr": setting.learning_rate}
        for each, setting in zip(classifiers, settings, strict=True)
    ]
    solver = SGD(groups, lr=1.0, momentum=0.9)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(solver, _SGD_EPOCHS)
    generator = samples.scale.generator()
    for _ in range(_SGD_EPOCHS):
        for x, labels in samples.batches(torch.randperm(len(samples.rows), generator=generator), _SGD_BATCH):
            solver.zero_grad()
            for classifier, setting in zip(classifiers, settings, strict=True):
                _objective(classifier, x, labels, setting.weight_decay).backward()
            solver.step()
        course.step()
    return classifiers
