import pytest
import torch

from duality.training import probes
from duality.training.features import Features
from duality.training.probes import knn_accuracy, linear_probe


def clusters(n: int, classes: int, dimensions: int, noise: float, seed: int) -> Features:
    """Points around one centre per class; the centres are the same for every seed."""
    centres = torch.randn(classes, dimensions, generator=torch.Generator().manual_seed(99))
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (n,), generator=generator)
    x = centres[labels] + noise * torch.randn(n, dimensions, generator=generator)
    return Features(x, x, labels)


def shuffled(features: Features) -> Features:
    order = torch.randperm(len(features.labels), generator=torch.Generator().manual_seed(5))
    return Features(features.representations, features.embeddings, features.labels[order])


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
    probe = linear_probe(train, test)
    assert probe.solver == solver
    assert probe.accuracy > 0.95
    assert probe.held_out_accuracy > 0.95
    # Chance is a quarter; five deviations of a binomial above it.
    noise = Features(torch.randn(200, 8, generator=torch.Generator().manual_seed(3)), test.embeddings, test.labels)
    assert linear_probe(train, noise).accuracy < 0.25 + 5 * (0.25 * 0.75 / 200) ** 0.5


def test_the_full_batch_probe_finds_the_minimum():
    train = clusters(300, 3, 5, 1.0, 1)
    x = (train.representations - train.representations.mean(dim=0)).double()
    weights, bias = (
        p.double().requires_grad_() for p in probes._fit_full_batch(x.float(), train.labels, 3, 0.1, 0)
    )
    loss = torch.nn.functional.cross_entropy(x @ weights + bias, train.labels) + 0.05 * weights.square().sum()
    loss.backward()
    assert weights.grad is not None
    # L-BFGS stops at a largest gradient of 1e-5.
    assert weights.grad.abs().max() < 2e-5


def test_the_choice_never_sees_the_test_split():
    train, test = clusters(300, 3, 5, 1.5, 1), clusters(100, 3, 5, 1.5, 2)
    one, other = linear_probe(train, test), linear_probe(train, shuffled(test))
    assert (one.chosen, one.held_out_accuracy) == (other.chosen, other.held_out_accuracy)
    assert one.accuracy != other.accuracy
