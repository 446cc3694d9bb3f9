import json
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from duality.distributed import Group
from duality.training import probes
from duality.training.features import Features
from duality.training.probes import LinearProbe, knn_accuracy, linear_probe
from duality.training.processes import join_processes
from tests.training.runs import start_ranks


def clusters(n: int, classes: int, dimensions: int, noise: float, seed: int) -> Features:
    """Points around one centre per class; the centres are the same for every seed."""
    centres = torch.randn(classes, dimensions, generator=torch.Generator().manual_seed(99))
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (n,), generator=generator)
    x = centres[labels] + noise * torch.randn(n, dimensions, generator=generator)
    return Features({"representations": x}, labels)


def whole(features: Features) -> probes._Samples:
    """All samples, on the scale that `linear_probe` gives them."""
    deviation, mean = torch.std_mean(features.representations, dim=0, unbiased=False)
    scale = probes._Scale(mean, deviation, int(features.labels.max()) + 1, 0, "self")
    return probes._Samples(features, torch.arange(len(features.labels)), scale)


def shuffled(features: Features) -> Features:
    order = torch.randperm(len(features.labels), generator=torch.Generator().manual_seed(5))
    return Features(features.layers, features.labels[order])


def test_knn_against_a_loop():
    train, test = clusters(60, 3, 4, 1.0, 1), clusters(20, 3, 4, 1.0, 2)
    right = 0
    for x, label in zip(test.representations, test.labels, strict=True):
        similarity = torch.cosine_similarity(train.representations, x[None])
        votes = torch.zeros(3)
        for index in similarity.argsort(descending=True)[:7]:
            votes[train.labels[index]] += torch.exp(similarity[index] / 0.07)
        right += int(votes.argmax() == label)
    assert knn_accuracy(train, test, 7) == pytest.approx(right / 20)
    assert knn_accuracy(train, train, 1) == 1.0
    assert knn_accuracy(train, test, 1000) <= 1.0


@pytest.mark.parametrize(("limit", "solver"), [(2**27, "L-BFGS"), (0, "SGD")])
def test_the_linear_probe_separates_clusters_and_finds_nothing_in_noise(monkeypatch, limit, solver):
    monkeypatch.setattr(probes, "_FULL_BATCH_ENTRIES", limit)
    train, test = clusters(400, 4, 8, 0.3, 1), clusters(200, 4, 8, 0.3, 2)
    x = torch.randn(200, 8, generator=torch.Generator().manual_seed(3))
    probe = linear_probe(train, {"test": test, "noise": Features({"representations": x}, test.labels)})
    assert probe.solver == solver
    assert probe.accuracy["test"] > 0.95
    assert probe.held_out_accuracy is not None
    assert probe.held_out_accuracy > 0.95
    # Chance is a quarter; five deviations of a binomial above it.
    assert probe.accuracy["noise"] < 0.25 + 5 * (0.25 * 0.75 / 200) ** 0.5
    # L-BFGS stops at a largest entry of 1e-5 of 36, or after its iterations; SGD has no such goal.
    assert probe.gradient_norm < (1e-4 if solver == "L-BFGS" else 1)


def test_a_declared_weight_decay_is_not_chosen_and_its_fit_is_the_minimum():
    train = clusters(300, 3, 5, 1.0, 1)
    probe = linear_probe(train, {"train": train}, weight_decay=0.1)
    assert (probe.weight_decay, probe.held_out_accuracy, probe.learning_rate) == (0.1, None, None)
    assert probe.gradient_norm < 1e-4
    samples = whole(train)
    x, labels, _ = samples.whole()
    assert probes._gradient_norm(samples.scale.start(), samples, 0.1) > 0.1
    (fitted,) = probes._fit_full_batch(samples, [probes.Setting(0.1, None)])
    reached = probes._objective(fitted, x, labels, 0.1)
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        shifts = (0.01 * torch.randn(p.shape, generator=generator) for p in (fitted.weights, fitted.bias))
        aside = probes.Classifier(fitted.weights + next(shifts), fitted.bias + next(shifts))
        assert probes._objective(aside, x, labels, 0.1) > reached
    right = ((x @ fitted.weights + fitted.bias).argmax(dim=1) == labels).double().mean()
    assert probe.accuracy["train"] == pytest.approx(float(right))


def test_representations_are_standardised_and_the_gradient_is_that_of_all_blocks():
    samples = whole(clusters(3000, 3, 5, 1.0, 1))
    x, labels, _ = samples.whole()
    assert x.mean(dim=0).abs().max() < 1e-5
    assert (x.std(dim=0, unbiased=False) - 1).abs().max() < 1e-5
    start = samples.scale.start()
    gradients = torch.autograd.grad(probes._objective(start, x, labels, 0.1), (start.weights, start.bias))
    expected = float(torch.cat([gradient.flatten() for gradient in gradients]).norm())
    assert probes._gradient_norm(start, samples, 0.1) == pytest.approx(expected, rel=1e-5)


def test_rates_tried_in_one_pass_are_those_tried_alone():
    samples = whole(clusters(300, 3, 5, 1.0, 1))
    settings = [probes.Setting(0.01, rate) for rate in (0.01, 0.1, 1.0)]
    for together, setting in zip(probes._fit_sgd(samples, settings), settings, strict=True):
        (alone,) = probes._fit_sgd(samples, [setting])
        assert torch.equal(together.weights, alone.weights)
        assert torch.equal(together.bias, alone.bias)


def test_a_declared_weight_decay_holds_for_sgd_too(monkeypatch):
    monkeypatch.setattr(probes, "_FULL_BATCH_ENTRIES", 0)
    train = clusters(300, 3, 5, 1.0, 1)
    weak, strong = (linear_probe(train, {"train": train}, decay) for decay in (0.0, 100.0))
    assert (weak.weight_decay, strong.weight_decay) == (0.0, 100.0)
    assert weak.learning_rate in probes._LEARNING_RATES
    assert weak.accuracy["train"] > strong.accuracy["train"]


def test_a_fit_cut_short_says_so_by_its_gradient(monkeypatch):
    train = clusters(300, 3, 5, 1.0, 1)
    monkeypatch.setattr(probes, "_ITERATIONS", 2)
    assert linear_probe(train, {}, weight_decay=1e-3).gradient_norm > 1e-3


def test_the_choice_never_sees_the_scored_splits():
    train, test = clusters(300, 3, 5, 1.5, 1), clusters(100, 3, 5, 1.5, 2)
    one, other = (linear_probe(train, {"test": each}) for each in (test, shuffled(test)))
    assert (one.weight_decay, one.held_out_accuracy) == (other.weight_decay, other.held_out_accuracy)
    assert one.accuracy != other.accuracy


COUNTS = [(70, 230), (300, 0)]
"""Training images of either rank."""
LIMITS = [2**27, 0]
"""Of entries: for L-BFGS; for SGD, and neighbours sought in the bank row by row."""


def part(features: Features, rank: int, counts: tuple[int, ...]) -> Features:
    layers = {layer: rows.split(counts)[rank] for layer, rows in features.layers.items()}
    return Features(layers, features.labels.split(counts)[rank])


def found_by(train: Features, test: Features, limit: int, group: Group) -> tuple[LinearProbe, float]:
    probes._FULL_BATCH_ENTRIES = limit
    return linear_probe(train, {"test": test}, group=group), knn_accuracy(train, test, 90, group=group)


def probe_over_ranks(folder: Path) -> None:
    """A rank's probes; each rank has its own part of the images, or none."""
    train, test = clusters(300, 3, 5, 1.5, 1), clusters(100, 3, 5, 1.5, 2)
    with join_processes("cpu") as process:
        own = part(test, process.rank, (60, 40))
        found = [
            found_by(part(train, process.rank, counts), own, limit, None) for counts in COUNTS for limit in LIMITS
        ]
    (folder / f"{process.rank}.json").write_text(json.dumps([(vars(linear), knn) for linear, knn in found]))


def test_probes_over_ranks_find_what_one_process_finds(tmp_path, monkeypatch):
    monkeypatch.setattr(probes, "_FULL_BATCH_ENTRIES", probes._FULL_BATCH_ENTRIES)
    train, test = clusters(300, 3, 5, 1.5, 1), clusters(100, 3, 5, 1.5, 2)
    alone = [found_by(train, test, limit, "self") for limit in LIMITS]
    assert alone[0][1] == alone[1][1] < 1
    start_ranks(2, probe_over_ranks, tmp_path)
    for rank in range(2):
        found = json.loads((tmp_path / f"{rank}.json").read_text())
        for (linear, knn), (expected, expected_knn) in zip(found, alone * len(COUNTS), strict=True):
            assert knn == expected_knn
            norm, expected_norm = linear.pop("gradient_norm"), expected.gradient_norm
            assert linear == {key: value for key, value in vars(expected).items() if key != "gradient_norm"}
            assert norm == pytest.approx(expected_norm, rel=0.1, abs=2e-5)


class Largest(TorchDispatchMode):
    """The entries of the largest tensor that is made."""

    entries = 0

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        made = function(*arguments, **(named or {}))
        for each in made if isinstance(made, list | tuple) else [made]:
            if isinstance(each, torch.Tensor) and each.untyped_storage().data_ptr() not in self.kept:
                self.entries = max(self.entries, each.numel())
        return made

    def __init__(self, *kept: torch.Tensor) -> None:
        super().__init__()
        self.kept = {each.untyped_storage().data_ptr() for each in kept}


def test_large_representations_are_kept_once(monkeypatch):
    """By count: beside those of the training split there is nothing but blocks of them."""
    monkeypatch.setattr(probes, "_FULL_BATCH_ENTRIES", 2**14)
    monkeypatch.setattr(probes, "_BLOCK", 256)
    monkeypatch.setattr(probes, "_SGD_EPOCHS", 1)
    train, test = clusters(4096, 3, 128, 1.0, 1), clusters(100, 3, 128, 1.0, 2)
    with Largest(train.representations, test.representations) as largest:
        assert linear_probe(train, {"test": test}).solver == "SGD"
        knn_accuracy(train, test, 9)
    assert largest.entries <= probes._SGD_BATCH * 128 < train.representations.numel() / 3
