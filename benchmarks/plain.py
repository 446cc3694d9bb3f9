"""The losses as their authors, or their formulas, write them: a full matrix on the usual side, and autograd."""

import torch
from torch import Tensor
from torch.nn import functional


def off_diagonal(matrix: Tensor) -> Tensor:
    return matrix - torch.diag(torch.diag(matrix))


def vicreg(a: Tensor, b: Tensor) -> Tensor:
    n, m = a.shape
    total = 25 * functional.mse_loss(a, b)
    for z in (a, b):
        z = z - z.mean(dim=0)
        total = total + 12.5 * functional.relu(1 - (z.var(dim=0) + 1e-4).sqrt()).mean()
        total = total + off_diagonal(z.T @ z / (n - 1)).pow(2).sum() / m
    return total


def barlow_twins(a: Tensor, b: Tensor) -> Tensor:
    normalized = [functional.batch_norm(z, None, None, training=True) for z in (a, b)]
    c = normalized[0].T @ normalized[1] / len(a)
    return (torch.diag(c) - 1).pow(2).sum() + 5e-3 * off_diagonal(c).pow(2).sum()


def spectral(a: Tensor, b: Tensor) -> Tensor:
    n = len(a)
    return -2 * (a * b).sum() / n + off_diagonal(a @ b.T).pow(2).sum() / (n * (n - 1))


def tcr(a: Tensor, b: Tensor) -> Tensor:
    a, b = functional.normalize(a), functional.normalize(b)
    n, m = a.shape
    rates = [torch.logdet(torch.eye(m) + m / (n * 0.2) * z.T @ z) / 2 for z in (a, b)]
    return 200 * (1 - (a * b).sum() / n) - torch.stack(rates).mean()


def _row_logsumexp(similarities: Tensor, temperature: float) -> Tensor:
    eye = torch.eye(len(similarities), dtype=torch.bool)
    return torch.logsumexp((similarities / temperature).masked_fill(eye, -torch.inf), dim=1).mean()


def vicreg_exp(a: Tensor, b: Tensor) -> Tensor:
    total = 25 * functional.mse_loss(a, b)
    for z in (a, b):
        z = z - z.mean(dim=0)
        total = total + 12.5 * functional.relu(1 - (z.var(dim=0) + 1e-4).sqrt()).mean()
        total = total + 5 * _row_logsumexp(z.T @ z / (len(z) - 1), 0.1)
    return total


def vicreg_ctr(a: Tensor, b: Tensor) -> Tensor:
    total = 25 * functional.mse_loss(a, b)
    for z in (a, b):
        z = z - z.mean(dim=0)
        total = total + 12.5 * functional.relu(1 - (z.square().mean(dim=1) + 1e-4).sqrt()).mean()
        total = total + 5 * _row_logsumexp(z @ z.T / z.shape[1], 0.1)
    return total


def simclr(a: Tensor, b: Tensor) -> Tensor:
    z = functional.normalize(torch.cat([a, b]))
    positives = (z[: len(a)] * z[len(a) :]).sum(dim=1).mean() / 0.15
    return _row_logsumexp(z @ z.T, 0.15) - positives
