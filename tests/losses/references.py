"""The losses as loops over samples and dimensions, straight from their formulas: slow, and easy to check by eye.

Each takes two views (N, M) in float64 and gives the terms by name; autograd gives the gradients.
"""

import math

import torch
from torch import Tensor

Terms = dict[str, Tensor]


def dot(x: Tensor, y: Tensor) -> Tensor:
    return sum((x[k] * y[k] for k in range(len(x))), torch.zeros((), dtype=x.dtype))


def mean(values: list[Tensor]) -> Tensor:
    return sum(values, torch.zeros((), dtype=torch.float64)) / len(values)


def unit(z: Tensor) -> Tensor:
    return torch.stack([row / dot(row, row).sqrt() for row in z])


def centered(z: Tensor) -> Tensor:
    return torch.stack([column - mean(list(column)) for column in z.T]).T


def standardized(z: Tensor) -> Tensor:
    """Equation 14."""
    n, m = z.shape
    return unit(centered(z).T).T * math.sqrt(n / m)


def contrastive(a: Tensor, b: Tensor, temperature: float, similarity, positives_repel: bool) -> Terms:
    n = len(a)
    x = [*a, *b]
    alignments, repulsions = [], []
    for i in range(2 * n):
        positive = (i + n) % (2 * n)
        alignments.append(-dot(x[i], x[positive]) / temperature)
        exponentials = [
            torch.exp(similarity(dot(x[i], x[j])) / temperature)
            for j in range(2 * n)
            if j != i and (positives_repel or j != positive)
        ]
        repulsions.append(sum(exponentials[1:], exponentials[0]).log())
    return {"alignment": mean(alignments), "repulsion": mean(repulsions)}


def simclr(z_a: Tensor, z_b: Tensor, temperature: float, similarity=lambda s: s, normalize=unit) -> Terms:
    return contrastive(normalize(z_a), normalize(z_b), temperature, similarity, positives_repel=True)


def dcl(z_a: Tensor, z_b: Tensor, temperature: float, similarity=lambda s: s, normalize=unit) -> Terms:
    return contrastive(normalize(z_a), normalize(z_b), temperature, similarity, positives_repel=False)


def spectral(z_a: Tensor, z_b: Tensor, max_norm: float = math.inf) -> Terms:
    n = len(z_a)
    z_a, z_b = (torch.stack([row * min(1, max_norm / dot(row, row).sqrt()) for row in z]) for z in (z_a, z_b))
    pairs = [dot(z_a[i], z_b[j]) ** 2 for i in range(n) for j in range(n) if i != j]
    return {"alignment": -2 * mean([dot(z_a[i], z_b[i]) for i in range(n)]), "repulsion": mean(pairs)}


def barlow_twins(z_a: Tensor, z_b: Tensor) -> Terms:
    n, m = z_a.shape
    a, b = ([row / (dot(row, row) / n + 1e-5).sqrt() for row in centered(z).T] for z in (z_a, z_b))
    correlation = [[dot(a[j], b[k]) / n for k in range(m)] for j in range(m)]
    return {
        "invariance": sum((1 - correlation[j][j]) ** 2 for j in range(m)),
        "redundancy": sum(correlation[j][k] ** 2 for j in range(m) for k in range(m) if j != k),
    }


def covariance(z: Tensor) -> list[list[Tensor]]:
    n, m = z.shape
    rows = centered(z).T
    return [[dot(rows[j], rows[k]) / (n - 1) for k in range(m)] for j in range(m)]


def hinge(variance: Tensor) -> Tensor:
    return torch.clamp(1 - (variance + 1e-4).sqrt(), min=0)


def log_sum_exp_rows(matrix: list[list[Tensor]], temperature: float) -> Tensor:
    size = range(len(matrix))
    return mean([sum(torch.exp(matrix[i][j] / temperature) for j in size if j != i).log() for i in size])


def squared_error(z_a: Tensor, z_b: Tensor) -> Tensor:
    return mean(
        [(x - y) ** 2 for row_a, row_b in zip(z_a, z_b, strict=True) for x, y in zip(row_a, row_b, strict=True)]
    )


def vicreg(z_a: Tensor, z_b: Tensor) -> Terms:
    m = z_a.shape[1]
    covariances = [covariance(z) for z in (z_a, z_b)]
    return {
        "invariance": squared_error(z_a, z_b),
        "variance": mean([hinge(c[j][j]) for c in covariances for j in range(m)]),
        "covariance": sum(c[j][k] ** 2 / m for c in covariances for j in range(m) for k in range(m) if j != k),
    }


def vicreg_exp(z_a: Tensor, z_b: Tensor, temperature: float) -> Terms:
    repulsion = sum(log_sum_exp_rows(covariance(z), temperature) for z in (z_a, z_b))
    return {**vicreg(z_a, z_b), "covariance": repulsion}


def tcr(z_a: Tensor, z_b: Tensor, distortion: float) -> Terms:
    n, m = z_a.shape
    rates = []
    for z in (unit(z_a), unit(z_b)):
        matrix = torch.stack(
            [
                torch.stack([(j == k) + m / (n * distortion) * dot(z[:, j], z[:, k]) for k in range(m)])
                for j in range(m)
            ]
        )
        rates.append(torch.logdet(matrix) / 2)
    cosine = mean([dot(x, y) for x, y in zip(unit(z_a), unit(z_b), strict=True)])
    return {"invariance": 1 - cosine, "coding_rate": mean(rates)}


def vicreg_ctr(z_a: Tensor, z_b: Tensor, temperature: float) -> Terms:
    n, m = z_a.shape
    grams = []
    for z in (centered(z_a), centered(z_b)):
        grams.append([[dot(z[i], z[j]) / m for j in range(n)] for i in range(n)])
    return {
        "invariance": squared_error(z_a, z_b),
        "variance": mean([hinge(gram[i][i]) for gram in grams for i in range(n)]),
        "covariance": sum(log_sum_exp_rows(gram, temperature) for gram in grams),
    }
