"""The log-sum-exp over all pairs against the one on the full matrix, and what it, and every loss, allocates."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from duality.losses import logsumexp
from duality.losses.logsumexp import pairwise_logsumexp
from tests.losses.kit import DEFAULTS, two_views

SIMILARITIES = {"plain": lambda s: s, "square": torch.square, "absolute": torch.abs}


def plain(x, temperature, similarity, excluded):
    logits = SIMILARITIES[similarity](x @ x.T) / temperature
    for offset in excluded:
        for side in {offset, -offset}:
            logits = logits.masked_fill(torch.ones_like(logits, dtype=torch.bool).tril(side).triu(side), -torch.inf)
    return logits.logsumexp(dim=1)


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("excluded", [(), (0,), (0, 4)], ids=str)
@pytest.mark.parametrize("tile", [1, 3, 4, 100])
def test_rows_and_gradients_are_those_of_the_full_matrix(similarity, excluded, tile, monkeypatch):
    monkeypatch.setattr(logsumexp, "_TILE", tile)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8, 5, dtype=torch.float64, generator=generator, requires_grad=True)
    upstream = torch.randn(8, dtype=torch.float64, generator=generator)
    tiled = pairwise_logsumexp(x, 0.7, similarity=similarity, excluded=excluded)
    full = plain(x, 0.7, similarity, excluded)
    torch.testing.assert_close(tiled, full, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        *(torch.autograd.grad(rows, x, upstream)[0] for rows in (tiled, full)), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("tile", [7, 100])
def test_weights_stay_probabilities_where_logits_are_huge(similarity, tile, monkeypatch):
    """Rounding of a product is not symmetric: exp(x_j·x_i/τ − row i's log-sum-exp) may overflow."""
    monkeypatch.setattr(logsumexp, "_TILE", tile)
    x = 1e6 * torch.randn(50, 9, generator=torch.Generator().manual_seed(0))
    x.requires_grad_()
    pairwise_logsumexp(x, 1e-3, similarity=similarity).sum().backward()
    slope = 2e3 * x.detach().norm(dim=1).max() ** (3 if similarity == "square" else 1) * len(x)
    assert x.grad.abs().max() <= 2 * slope


class Largest(TorchDispatchMode):
    """The most entries of any tensor made."""

    def __init__(self):
        super().__init__()
        self.entries = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        self.entries = max([self.entries, *(tensor.numel() for tensor in tensors)])
        return result


def largest_tensor(loss, z_a, z_b) -> int:
    a, b = (z.clone().requires_grad_() for z in (z_a, z_b))
    with Largest() as largest:
        loss(a, b).total.backward()
    return largest.entries


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("shape", [(10, 400), (400, 10)], ids=str)
def test_no_loss_makes_a_matrix_of_all_pairs_on_the_larger_side(name, shape, monkeypatch):
    monkeypatch.setattr(logsumexp, "_TILE", 50)
    n, m = shape
    # Both views stacked are the largest that any needs.
    assert largest_tensor(DEFAULTS[name](), *two_views(n, m)) <= 2 * n * m


def test_the_full_matrix_would_be_seen():
    z, _ = two_views(10, 400)
    with Largest() as largest:
        z.T @ z
    assert largest.entries == 400**2
