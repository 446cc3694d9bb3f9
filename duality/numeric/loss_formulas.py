"""The terms of every loss, enclosed by Arb from the papers' formulas: plain loops over pairs, nothing of PyTorch.

Views are N rows of M numbers, rational or enclosed. Each function returns the terms by the names that
`duality.losses` gives them, at the precision that Arb stands at; `enclosed` sees to it.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

from flint import arb, arb_mat, ctx, fmpq

from duality.numeric.intervals import ball
from duality.numeric.rounding import Ball

Number = int | float | Fraction | arb
View = Sequence[Sequence[Number]]
Rows = list[list[arb]]
Terms = dict[str, arb]
Normalization = Literal["embeddings", "centered embeddings", "dimensions"]

PRECISION = 320
"""Bits to work with."""
_STEP = Fraction(1, 2**80)
"""Between points whose values' difference is taken for a slope: so near that nothing is left of the curvature."""
_SIMILARITIES: dict[str, Callable[[arb], arb]] = {"plain": lambda s: s, "square": lambda s: s * s, "absolute": abs}


def enclosed(
    formula: Callable[..., Terms],
    views: Sequence[View],
    along: Sequence[Sequence[int]],
    weights: Mapping[str, float],
    **settings: object,
) -> dict[str, Ball]:
    """A loss's terms, their ``total`` with these weights, by default 1, and its ``slope`` where both views move."""

    def total(terms: Terms) -> arb:
        return sum((arb(weights.get(name, 1.0)) * value for name, value in terms.items()), arb(0))

    def at(step: Fraction) -> Terms:
        moved = [
            [[_arb(x) + _arb(step) * d for x, d in zip(*rows, strict=True)] for rows in zip(z, along, strict=True)]
            for z in views
        ]
        return formula(*moved, **settings)

    with ctx.workprec(PRECISION):
        terms = at(Fraction(0))
        slope = (total(at(_STEP)) - total(at(-_STEP))) * int(1 / _STEP) / 2
        return {name: ball(value) for name, value in {**terms, "total": total(terms), "slope": slope}.items()}


def copies(count: int, temperature: Number) -> tuple[Ball, list[Ball]]:
    """The log-sum-exp of a row among ``count`` copies of each of four basis vectors, and the slopes of their sum.

    Each row leaves out itself and one copy of the vector two on. The slopes are along the vectors 0, 1, 2, 3 on.
    """
    with ctx.workprec(PRECISION):
        alike, tau = count - 1, _arb(temperature)
        total = alike * (1 / tau).exp() + 3 * count - 1
        # Both rows of a pair pull at each other.
        pull = 2 / (total * tau)
        slopes = [pull * alike * (1 / tau).exp(), pull * count, pull * (count - 1), pull * count]
        return ball(total.log()), [ball(slope) for slope in slopes]


def contrast(
    z_a: View, z_b: View, *, temperature: Number, normalization: Normalization, similarity: str, positive: bool
) -> Terms:
    """SimCLR (``positive``) and DCL, with f(x·x') in the log-sum-exp over the 2N embeddings of both views."""
    f, tau = _SIMILARITIES[similarity], _arb(temperature)
    a, b = (_normalized(_rows(z), normalization) for z in (z_a, z_b))
    n, x = len(a), a + b
    repulsion = arb(0)
    for i in range(2 * n):
        others = [j for j in range(2 * n) if j != i and (positive or j != (i + n) % (2 * n))]
        repulsion += sum(((f(_dot(x[i], x[j])) / tau).exp() for j in others), arb(0)).log()
    return {
        "alignment": -_mean([_dot(*pair) for pair in zip(a, b, strict=True)]) / tau,
        "repulsion": repulsion / (2 * n),
    }


def spectral_contrastive(z_a: View, z_b: View, *, max_norm: Number | None) -> Terms:
    """−2 E[a_i·b_i] and E_{i≠i'}[(a_i·b_i')²], of embeddings in a ball."""
    a, b = (_rows(z) if max_norm is None else _in_ball(_rows(z), _arb(max_norm)) for z in (z_a, z_b))
    n = len(a)
    return {
        "alignment": -2 * _mean([_dot(*pair) for pair in zip(a, b, strict=True)]),
        "repulsion": _off_diagonal_squares(a, b) / (n * (n - 1)),
    }


def barlow_twins(z_a: View, z_b: View, *, epsilon: float) -> Terms:
    """Σ_j (1 − C_jj)² and Σ_{j≠j'} C_jj'², of dimensions with mean 0 and variance 1, ε added to the variance."""
    n, (a, b) = len(z_a), (_of_variance_one(_centered(z), _arb(epsilon)) for z in (z_a, z_b))
    diagonal = [1 - _dot(*pair) / n for pair in zip(a, b, strict=True)]
    return {
        "invariance": sum((d * d for d in diagonal), arb(0)),
        "redundancy": _off_diagonal_squares(a, b) / n**2,
    }


def tcr(z_a: View, z_b: View, *, distortion: Number) -> Terms:
    """1 − mean cosine, and the mean of ½ log det(I + M/(Nε²) zᵀz) over both views, of unit embeddings."""
    a, b = (_normalized(_rows(z), "embeddings") for z in (z_a, z_b))
    n, m = len(a), len(a[0])
    scale, rate = _arb(Fraction(m, n)) / _arb(distortion), arb(0)
    for view in (a, b):
        dimensions = _transpose(view)
        matrix = [
            [scale * _dot(d, e) + (j == k) for k, e in enumerate(dimensions)] for j, d in enumerate(dimensions)
        ]
        rate += arb_mat(matrix).det().log() / 4
    return {"invariance": 1 - _mean([_dot(*pair) for pair in zip(a, b, strict=True)]), "coding_rate": rate}


def vicreg(z_a: View, z_b: View, *, epsilon: float) -> Terms:
    """VICReg's three terms, its variance the mean of both views' and its covariance their sum."""
    return _vicreg(z_a, z_b, epsilon, lambda d, n: [_dot(x, x) / (n - 1) for x in d], _squares_of_covariance)


def vicreg_exp(z_a: View, z_b: View, *, temperature: Number, epsilon: float) -> Terms:
    """VICReg with (1/M) Σ_j log Σ_{j'≠j} exp(C_jj'/τ) for its covariance (eq. 11)."""

    def repulsion(dimensions: Rows) -> arb:
        return _repulsion(dimensions, _arb(temperature) * (len(dimensions[0]) - 1))

    return _vicreg(z_a, z_b, epsilon, lambda d, n: [_dot(x, x) / (n - 1) for x in d], repulsion)


def vicreg_ctr(z_a: View, z_b: View, *, temperature: Number, epsilon: float) -> Terms:
    """VICReg-exp with samples for dimensions, of embeddings scaled by 1/√M (eq. 13 with Table 1's centring)."""

    def energies(dimensions: Rows, _: int) -> list[arb]:
        return [_dot(x, x) / len(dimensions) for x in _transpose(dimensions)]

    def repulsion(dimensions: Rows) -> arb:
        return _repulsion(_transpose(dimensions), _arb(temperature) * len(dimensions))

    return _vicreg(z_a, z_b, epsilon, energies, repulsion)


def _vicreg(
    z_a: View,
    z_b: View,
    epsilon: float,
    variances: Callable[[Rows, int], list[arb]],
    covariance: Callable[[Rows], arb],
) -> Terms:
    a, b = _rows(z_a), _rows(z_b)
    n, m = len(a), len(a[0])
    gaps = [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)]
    error = sum((_dot(row, row) for row in gaps), arb(0))
    centered = [_centered(a), _centered(b)]
    hinges = [_mean([_hinge(v, _arb(epsilon)) for v in variances(d, n)]) for d in centered]
    return {
        "invariance": error / (n * m),
        "variance": _mean(hinges),
        "covariance": sum(map(covariance, centered), arb(0)),
    }


def _squares_of_covariance(dimensions: Rows) -> arb:
    return _off_diagonal_squares(dimensions, dimensions) / (len(dimensions) * (len(dimensions[0]) - 1) ** 2)


def _repulsion(x: Rows, temperature: arb) -> arb:
    """The mean over i of log Σ_{j≠i} exp(x_i·x_j/τ)."""
    pairs = range(len(x))
    return _mean(
        [sum(((_dot(x[i], x[j]) / temperature).exp() for j in pairs if j != i), arb(0)).log() for i in pairs]
    )


def _off_diagonal_squares(a: Rows, b: Rows) -> arb:
    products = (_dot(x, y) for i, x in enumerate(a) for j, y in enumerate(b) if i != j)
    return sum((s * s for s in products), arb(0))


def _normalized(z: Rows, normalization: Normalization) -> Rows:
    if normalization == "embeddings":
        return [_scaled(row, 1 / _dot(row, row).sqrt()) for row in z]
    dimensions = _centered(z)
    if normalization == "centered embeddings":
        return _normalized(_transpose(dimensions), "embeddings")
    root = (_arb(Fraction(len(z), len(z[0])))).sqrt()
    return _transpose([_scaled(d, root / _dot(d, d).sqrt()) for d in dimensions])


def _of_variance_one(dimensions: Rows, epsilon: arb) -> Rows:
    return [_scaled(d, 1 / (_mean([x * x for x in d]) + epsilon).sqrt()) for d in dimensions]


def _in_ball(z: Rows, radius: arb) -> Rows:
    norms = [_dot(row, row).sqrt() for row in z]
    return [_scaled(row, radius / norm) if norm > radius else row for row, norm in zip(z, norms, strict=True)]


def _centered(z: View) -> Rows:
    """The dimensions, each less its mean."""
    return [[x - _mean(d) for x in d] for d in _transpose(_rows(z))]


def _hinge(variance: arb, epsilon: arb) -> arb:
    gap = 1 - (variance + epsilon).sqrt()
    return gap if gap > 0 else arb(0)


def _rows(z: View) -> Rows:
    return [[_arb(x) for x in row] for row in z]


def _arb(x: Number) -> arb:
    if isinstance(x, arb):
        return x
    exact = Fraction(x)
    return arb(fmpq(exact.numerator, exact.denominator))


def _transpose(z: Rows) -> Rows:
    return [list(column) for column in zip(*z, strict=True)]


def _scaled(x: list[arb], factor: arb) -> list[arb]:
    return [factor * entry for entry in x]


def _dot(x: list[arb], y: list[arb]) -> arb:
    return sum((a * b for a, b in zip(x, y, strict=True)), arb(0))


def _mean(x: list[arb]) -> arb:
    return sum(x, arb(0)) / len(x)
