"""Every loss of `duality.losses` next to its formula: terms, total and slope, at every normalisation and side.

The formulas are enclosed by Arb: `duality.numeric.loss_formulas`.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import torch
from torch import Tensor

from duality import losses
from duality.losses.logsumexp import pairwise_logsumexp
from duality.numeric import exact, loss_formulas
from duality.numeric.check import Check
from duality.numeric.rounding import Ball, round_up

TEMPERATURE = 0.25
_VIEWS = [
    (
        [[-4, 1, -4], [3, 4, 0], [3, 4, 2], [2, 4, 1], [-4, -4, -1], [0, 4, -4]],
        [[-1, 4, -1], [-4, 1, -3], [-2, -3, 0], [3, 2, 4], [4, 2, -3], [3, -4, -2]],
    ),
    (
        [[2, -3, 4, 1, 1], [4, 1, 0, -4, 4], [-4, 4, 2, 0, -4]],
        [[4, -1, 2, -1, -2], [0, -4, -3, -4, 2], [0, 0, 2, -1, -3]],
    ),
]
"""N × M of 6 × 3 and 3 × 5. However they are normalised, no similarity is zero, where |s| has no slope."""
_SMALL = tuple([[Fraction(x, 8) for x in row] for row in z] for z in _VIEWS[0])
"""Variances below one: the hinge of VICReg is at work."""
_ALONG = [[[(i + 2 * j) % 3 - 1 for j in range(m)] for i in range(n)] for n, m in ((6, 3), (3, 5), (6, 3))]
"""The directions of the slopes."""


def loss_values(*names: str) -> Iterator[Check]:
    """Terms, total and slope of these losses on views that differ, at every setting, against formulas in Arb."""
    for name in names:
        function, formula, every = _AS_WRITTEN[name]
        for settings in every:
            yield from _as_written(name, function, formula, settings)


def tiles() -> Iterator[Check]:
    """`pairwise_logsumexp` of more rows than a tile has: copies of four basis vectors, so that sums are counts.

    The pairs on two diagonals are left out: of the row 550 on or back each has one, a copy of the vector two on.
    """
    rows = 1100
    x = torch.eye(4, dtype=torch.float64).repeat(rows // 4, 1).requires_grad_()
    found = pairwise_logsumexp(x, TEMPERATURE, excluded=(0, rows // 2))
    (gradient,) = torch.autograd.grad(found.sum(), x)
    expected, slopes = loss_formulas.copies(rows // 4, TEMPERATURE)
    entries = {"": (found.detach(), expected)} | {
        f", its gradient {step} on": (torch.stack([gradient[i, (i + step) % 4] for i in range(rows)]), slope)
        for step, slope in enumerate(slopes)
    }
    for what, (values, truth) in entries.items():
        yield _near(f"pairwise_logsumexp over two tiles{what}, the least", float(values.min()), truth)
        yield _near(f"pairwise_logsumexp over two tiles{what}, the largest", float(values.max()), truth)


_WEIGHTS = {"invariance_weight": 3.0, "variance_weight": 5.0, "covariance_weight": 2.0}
_NORMALIZED = [{"normalization": each} for each in ("embeddings", "centered embeddings", "dimensions")]
_SIDES = [{"side": each} for each in ("auto", "gram", "covariance")]
_HINGE = {"epsilon": 1e-4}


def _contrast(similarity: str, positive: bool) -> tuple[Callable[..., loss_formulas.Terms], list[dict[str, Any]]]:
    reference = partial(loss_formulas.contrast, similarity=similarity, positive=positive)
    return reference, [{"temperature": TEMPERATURE} | each for each in _NORMALIZED]


_AS_WRITTEN: dict[str, tuple[Callable[..., Any], Callable[..., loss_formulas.Terms], list[dict[str, Any]]]] = {
    "simclr": (losses.simclr, *_contrast("plain", True)),
    "simclr_sq": (losses.simclr_sq, *_contrast("square", True)),
    "simclr_abs": (losses.simclr_abs, *_contrast("absolute", True)),
    "dcl": (losses.dcl, *_contrast("plain", False)),
    "dcl_sq": (losses.dcl_sq, *_contrast("square", False)),
    "dcl_abs": (losses.dcl_abs, *_contrast("absolute", False)),
    "spectral_contrastive": (
        losses.spectral_contrastive,
        loss_formulas.spectral_contrastive,
        [{"max_norm": norm} | side for norm in (None, 1.0, 100.0) for side in _SIDES],
    ),
    "barlow_twins": (
        losses.barlow_twins,
        partial(loss_formulas.barlow_twins, epsilon=1e-5),
        [{"redundancy_weight": 0.25} | side for side in _SIDES],
    ),
    "tcr": (
        losses.tcr,
        loss_formulas.tcr,
        [{"invariance_weight": 7.0, "distortion": 0.5} | side for side in _SIDES],
    ),
    "vicreg": (losses.vicreg, partial(loss_formulas.vicreg, **_HINGE), [_WEIGHTS | side for side in _SIDES]),
    "vicreg_contrastive": (losses.vicreg_contrastive, partial(loss_formulas.vicreg, **_HINGE), [_WEIGHTS]),
    "vicreg_exp": (
        losses.vicreg_exp,
        partial(loss_formulas.vicreg_exp, **_HINGE),
        [_WEIGHTS | {"temperature": TEMPERATURE} | side for side in _SIDES],
    ),
    "vicreg_ctr": (
        losses.vicreg_ctr,
        partial(loss_formulas.vicreg_ctr, **_HINGE),
        [_WEIGHTS | {"temperature": TEMPERATURE}],
    ),
}
_ONLY_OURS = {"side", "redundancy_weight", *_WEIGHTS}
"""What changes no term: how it is evaluated, and with what weight it enters the total."""
_SIGNS = {"tcr": {"coding_rate": -1.0}}
"""Weights that are not settings."""


def _as_written(
    name: str, function: Callable[..., Any], formula: Callable[..., loss_formulas.Terms], settings: dict[str, Any]
) -> Iterator[Check]:
    given = {key: value for key, value in settings.items() if key not in _ONLY_OURS}
    weights = {key.removesuffix("_weight"): value for key, value in settings.items() if key.endswith("_weight")}
    weights |= _SIGNS.get(name, {})
    what = f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})"
    for views, along in zip([*_VIEWS, _SMALL], _ALONG, strict=True):
        leaves = [_tensor(z).requires_grad_() for z in views]
        output = function(*leaves, **settings)
        gradients = torch.autograd.grad(output.total, leaves)
        slope = torch.stack([(gradient * _tensor(along)).sum() for gradient in gradients]).sum()
        found = {**output.terms, "total": output.total, "slope": slope}
        for term, value in loss_formulas.enclosed(formula, views, along, weights, **given).items():
            shape = f"{len(along)} × {len(along[0])}"
            yield _near(f"{what}, {shape}: {term}", float(torch.as_tensor(found[term]).detach()), value)


def _near(what: str, found: float, expected: Ball) -> Check:
    """Within some thousand roundings, of logits below 40: far more than there are, and far less than a mistake."""
    gap = abs(Fraction(found) - expected.value) + expected.radius
    return Check(what, round_up(gap), 2.0**-40 * (1 + abs(float(expected.value))))


def _tensor(z: exact.Matrix) -> Tensor:
    return torch.tensor([[float(entry) for entry in row] for row in z], dtype=torch.float64)
