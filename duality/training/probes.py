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

from duality.distributed import (
    Group,
    gather_numbers,
    gather_samples,
    process_count,
    process_rank,
    reduced,
    stacked,
)
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


def knn_accuracy(
    train: Features, test: Features, neighbours: int, device: torch.device = CPU, group: Group = "self"
) -> float:
    """Share of test images whose class wins the vote of their nearest training images, computed on ``device``.

    Cosine similarity s, each of the k neighbours with weight exp(s / 0.07) (Wu et al., 2018, who take k = 200).

    Args:
        train: this process's part of the training split; nothing but a block of it is copied.
        test: this process's part of the images that vote.
        neighbours: k.
        device: where it is computed.
        group: the processes whose parts these are.
    """
    classes = _classes(train, device, group)
    k = min(neighbours, sum(_counts(train, device, group)))
    blocks = -(-max(_counts(test, device, group)) // _BLOCK)
    right = torch.zeros((), dtype=torch.long, device=device)
    for block in range(blocks):
        mine = slice(block * _BLOCK, (block + 1) * _BLOCK)
        rows, truth = test.representations[mine], test.labels[mine].to(device)
        counts = [row[0] for row in gather_numbers(len(rows), device=device, group=group)]
        asked = gather_samples(normalize(rows.to(device), dim=1), counts, group)
        similarity, labels = _nearest(train, asked, k)
        if process_count(group) > 1:
            parts = (stacked(each, group).movedim(0, 1).flatten(1) for each in (similarity, labels))
            similarity, labels = _best(*parts, k)
        own = slice(sum(counts[: process_rank(group)]), sum(counts[: process_rank(group) + 1]))
        weights = (similarity[own] / _KNN_TEMPERATURE).exp()
        votes = weights.new_zeros(len(rows), classes).scatter_add_(1, labels[own], weights)
        right += (votes.argmax(dim=1) == truth).sum()
    return int(reduced(right, group)) / sum(_counts(test, device, group))


def _nearest(
    train: Features, asked: Float[Tensor, "n F"], k: int
) -> tuple[Float[Tensor, "n k"], Int64[Tensor, "n k"]]:
    """Similarity and label of each row's k nearest of this process's images; −∞ where there are fewer."""
    similarity = asked.new_full((len(asked), k), -torch.inf)
    labels = torch.zeros((len(asked), k), dtype=torch.long, device=asked.device)
    size = max(1, _FULL_BATCH_ENTRIES // train.representations.shape[1])
    for rows, classes in zip(train.representations.split(size), train.labels.split(size), strict=True):
        found, nearest = (asked @ normalize(rows.to(asked), dim=1).T).topk(min(k, len(rows)), dim=1)
        merged = (
            torch.cat([found, similarity], dim=1),
            torch.cat([classes.to(asked.device)[nearest], labels], dim=1),
        )
        similarity, labels = _best(*merged, k)
    return similarity, labels


def _best(
    similarity: Float[Tensor, "n m"], labels: Int64[Tensor, "n m"], k: int
) -> tuple[Float[Tensor, "n k"], Int64[Tensor, "n k"]]:
    best, places = similarity.topk(k, dim=1)
    return best, labels.gather(1, places)


def _counts(features: Features, device: torch.device, group: Group) -> list[int]:
    """How many rows each process has."""
    return [row[0] for row in gather_numbers(len(features.labels), device=device, group=group)]


def _classes(features: Features, device: torch.device, group: Group) -> int:
    highest = int(features.labels.max()) if len(features.labels) else 0
    return 1 + max(row[0] for row in gather_numbers(highest, device=device, group=group))


def linear_probe(
    train: Features,
    scored: Mapping[str, Features],
    weight_decay: float = 0.0,
    seed: int = 0,
    device: torch.device = CPU,
    group: Group = "self",
) -> LinearProbe:
    """A multinomial logistic regression on standardised representations.

    Small sets: all samples at once with L-BFGS. Large sets: SGD with momentum and a cosine, its learning rate
    chosen on held-out training images, all rates tried in one pass. What is chosen is then fitted to all training
    images. Of several processes each sees its own samples alone; they exchange gradients.

    Args:
        train: what the probe learns from: this process's part, in the order of ranks.
        scored: the splits to score, by name; this process's part of each.
        weight_decay: declared beforehand; 0 leaves L-BFGS to choose it on held-out training images.
        seed: of the held-out images and of SGD's order.
        device: where it is fitted; SGD's batches are put there one by one.
        group: the processes whose parts these are.
    """
    counts, rank = _counts(train, device, group), process_rank(group)
    deviation, mean = _moments(train.representations, sum(counts), device, group)
    scale = _Scale(mean, deviation.clamp_min(1e-6), _classes(train, device, group), seed, group)
    samples = _Samples(train, torch.arange(sum(counts)), scale, sum(counts[:rank]))
    full_batch = sum(counts) * train.representations.shape[1] <= _FULL_BATCH_ENTRIES
    rates = (None,) if full_batch else _LEARNING_RATES
    decays = (weight_decay,) if weight_decay or not full_batch else _WEIGHT_DECAYS
    settings = [Setting(decay, rate) for decay in decays for rate in rates]
    fit = _fit_full_batch if full_batch else _fit_sgd
    chosen, held_out = _choose(samples, fit, settings) if len(settings) > 1 else (settings[0], None)
    (classifier,) = fit(samples, [chosen])
    accuracy = {name: _accuracy(classifier, _all_of(features, scale)) for name, features in scored.items()}
    left = _gradient_norm(classifier, samples, chosen.weight_decay)
    solver = "L-BFGS" if full_batch else "SGD"
    return LinearProbe(accuracy, solver, chosen.weight_decay, chosen.learning_rate, held_out, left)


def _moments(
    x: Float[Tensor, "n F"], count: int, device: torch.device, group: Group
) -> tuple[Float[Tensor, " F"], Float[Tensor, " F"]]:
    """Deviation and mean of the samples of all processes."""
    if process_count(group) == 1:
        deviation, mean = torch.std_mean(x, dim=0, unbiased=False)
        return deviation.to(device), mean.to(device)
    mean = reduced((x.sum(dim=0) / count).to(device), group)
    squares = sum(((rows - mean.cpu()).square().sum(dim=0) for rows in x.split(_BLOCK)), torch.zeros(x.shape[1]))
    return reduced((squares / count).to(device), group).sqrt(), mean


@dataclass(frozen=True)
class Setting:
    """What may be chosen; L-BFGS has no learning rate."""

    weight_decay: float
    learning_rate: float | None


@dataclass(frozen=True)
class _Scale:
    """How representations are standardised, the number of classes, a probe's seed, and its processes."""

    mean: Float[Tensor, " F"]
    deviation: Float[Tensor, " F"]
    classes: int
    seed: int
    group: Group

    def start(self) -> Classifier:
        """Zeros, to be trained."""
        shapes = ((len(self.mean), self.classes), (self.classes,))
        return Classifier(*(self.mean.new_zeros(shape, requires_grad=True) for shape in shapes))

    def generator(self) -> torch.Generator:
        """Random numbers of the seed."""
        return torch.Generator().manual_seed(self.seed)


@dataclass(frozen=True)
class _Samples:
    """Some rows of all processes' features; each standardises its own, on the device, when they are asked for.

    Attributes:
        features: this process's.
        rows: numbers over all processes, the same on each.
        scale: how they are standardised.
        first: the number of this process's first row.
    """

    features: Features
    rows: Int64[Tensor, " n"]
    scale: _Scale
    first: int = 0

    def batches(
        self, order: Int64[Tensor, " n"] | None = None, size: int = _BLOCK
    ) -> Iterator[tuple[Float[Tensor, "b F"], Int64[Tensor, " b"], float]]:
        """This process's representations and labels of each batch, in the rows' order or another, and its share."""
        for rows in (self.rows if order is None else self.rows[order]).split(size):
            own = rows[(rows >= self.first) & (rows < self.first + len(self.features.labels))] - self.first
            x = self.features.representations[own].to(self.scale.mean)
            yield (
                (x - self.scale.mean) / self.scale.deviation,
                self.features.labels[own].to(x.device),
                len(own) / len(rows),
            )

    def whole(self) -> tuple[Float[Tensor, "n F"], Int64[Tensor, " n"], float]:
        """All of this process's, and their share."""
        return next(self.batches(size=len(self.rows)))


def _all_of(features: Features, scale: _Scale) -> _Samples:
    counts = _counts(features, scale.mean.device, scale.group)
    return _Samples(features, torch.arange(sum(counts)), scale, sum(counts[: process_rank(scale.group)]))


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
    right = torch.zeros((), dtype=torch.long, device=classifier.bias.device)
    for x, labels, _ in samples.batches():
        right += ((x @ classifier.weights + classifier.bias).argmax(dim=1) == labels).sum()
    return int(reduced(right, samples.scale.group)) / len(samples.rows)


def _objective(
    classifier: Classifier, x: Float[Tensor, "b F"], labels: Int64[Tensor, " b"], weight_decay: float
) -> Float[Tensor, ""]:
    """Mean cross entropy + weight_decay/2 · ‖W‖²: a convex problem. Nothing where there are no samples."""
    if len(labels) == 0:
        return 0 * (classifier.weights.sum() + classifier.bias.sum())
    loss = cross_entropy(x @ classifier.weights + classifier.bias, labels)
    return loss + weight_decay / 2 * classifier.weights.square().sum()


def _gradient_norm(classifier: Classifier, samples: _Samples, weight_decay: float) -> float:
    parameters = (classifier.weights, classifier.bias)
    total = [torch.zeros_like(parameter) for parameter in parameters]
    for x, labels, _ in samples.batches():
        share = len(labels) / len(samples.rows)
        value = share * _objective(classifier, x, labels, weight_decay)
        for kept, gradient in zip(total, torch.autograd.grad(value, parameters), strict=True):
            kept += gradient
    whole = [reduced(gradient, samples.scale.group) for gradient in total]
    return float(torch.stack([gradient.norm() for gradient in whole]).norm())


def _fit_full_batch(samples: _Samples, settings: Sequence[Setting]) -> list[Classifier]:
    x, labels, share = samples.whole()
    group = samples.scale.group
    return [_minimum(samples.scale.start(), x, labels, share, each.weight_decay, group) for each in settings]


def _minimum(
    classifier: Classifier, x: Tensor, labels: Tensor, share: float, weight_decay: float, group: Group
) -> Classifier:
    parameters = [classifier.weights, classifier.bias]
    solver = LBFGS(parameters, max_iter=_ITERATIONS, tolerance_grad=1e-5, line_search_fn="strong_wolfe")

    def value() -> Tensor:
        solver.zero_grad()
        loss = share * _objective(classifier, x, labels, weight_decay)
        loss.backward()
        _sum_gradients(parameters, group)
        return reduced(loss.detach(), group)

    solver.step(value)  # pyright: ignore[reportArgumentType] (torch wants a float, and documents a tensor)
    return classifier


def _fit_sgd(samples: _Samples, settings: Sequence[Setting]) -> list[Classifier]:
    """A classifier for each setting, all from the same batches, which are read once."""
    classifiers = [samples.scale.start() for _ in settings]
    groups = [
        {"params": [each.weights, each.bias], "lr": setting.learning_rate}
        for each, setting in zip(classifiers, settings, strict=True)
    ]
    parameters = [parameter for each in groups for parameter in each["params"]]
    solver = SGD(groups, lr=1.0, momentum=0.9)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(solver, _SGD_EPOCHS)
    generator = samples.scale.generator()
    for _ in range(_SGD_EPOCHS):
        order = torch.randperm(len(samples.rows), generator=generator)
        for x, labels, share in samples.batches(order, _SGD_BATCH):
            solver.zero_grad()
            for classifier, setting in zip(classifiers, settings, strict=True):
                (share * _objective(classifier, x, labels, setting.weight_decay)).backward()
            _sum_gradients(parameters, samples.scale.group)
            solver.step()
        course.step()
    return classifiers


def _sum_gradients(parameters: Sequence[Tensor], group: Group) -> None:
    for parameter in parameters:
        assert parameter.grad is not None
        parameter.grad = reduced(parameter.grad, group)
