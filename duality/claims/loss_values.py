"""Every loss of `duality.losses` next to its formula: terms, total and slope, at every normalisation and side.

The formulas are enclosed by Arb (`duality.numeric.loss_formulas`). A slope is a difference of their values at
points so near that nothing is left of the curvature.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import torch
from flint import arb, ctx
from torch import Tensor

from duality import losses
from duality.losses.logsumexp import pairwise_logsumexp
from duality.numeric import exact, loss_formulas
from duality.numeric.check import Check

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
_STEP = Fraction(1, 2**80)


def loss_values(*names: str) -> Iterator[Check]:
    """Terms, total and slope of these losses on views that differ, at every setting, against formulas in Arb."""
    for name in names:
        function, reference, every = _AS_WRITTEN[name]
        for settings in every:
            yield from _as_written(name, function, reference, settings)


def tiles() -> Iterator[Check]:
    """`pairwise_logsumexp` of more rows than a tile has: copies of four basis vectors, so that sums are counts.

    The pairs on two diagonals are left out, the rows themselves and their neighbours ``offset`` rows on or back.
    """
    rows, offset = 1100, 550
    x = torch.eye(4, dtype=torch.float64).repeat(rows // 4, 1).requires_grad_()
    found = pairwise_logsumexp(x, TEMPERATURE, excluded=(0, offset))
    (gradient,) = torch.autograd.grad(found.sum(), x)
    with ctx.workprec(loss_formulas.PRECISION):
        # Of 275 copies each row leaves itself out, and of the others' one: it is 550 rows on or back.
        alike, other, each = rows // 4 - 1, rows - rows // 4 - 1, (1 / arb(TEMPERATURE)).exp()
        total = alike * each + other
        yield _near("log-sum-exp over two tiles", float(found.detach().min()), total.log())
        yield _near("log-sum-exp over two tiles, the largest", float(found.detach().max()), total.log())
        # Both rows of a pair pull at each other. Two vectors on are the copies of which one is left out.
        pull = 2 / (total * arb(TEMPERATURE))
        slopes = {0: pull * alike * each, 1: pull * (rows // 4), 2: pull * (rows // 4 - 1), 3: pull * (rows // 4)}
        for step, slope in slopes.items():
            entries = torch.stack([gradient[i, (i + step) % 4] for i in range(rows)])
            yield _near(f"its gradient, {step} on, the least", float(entries.min()), slope)
            yield _near(f"its gradient, {step} on, the largest", float(entries.max()), slope)


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


def _as_written(
    name: str, function: Callable[..., Any], reference: Callable[..., loss_formulas.Terms], settings: dict[str, Any]
) -> Iterator[Check]:
    given = {key: value for key, value in settings.items() if key not in _ONLY_OURS}
    what = f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})"
    for number, (z_a, z_b) in enumerate([*_VIEWS, _SMALL]):
        leaves = [_tensor(z).requires_grad_() for z in (z_a, z_b)]
        output = function(*leaves, **settings)
        gradients = torch.autograd.grad(output.total, leaves)
        slope = torch.stack([(gradient * _tensor(_ALONG[number])).sum() for gradient in gradients]).sum()
        with ctx.workprec(loss_formulas.PRECISION):
            terms = reference(z_a, z_b, **given)
            total = _weighted(name, terms, settings)
            ahead, behind = (
                _weighted(name, reference(*(_moved(z, sign, number) for z in (z_a, z_b)), **given), settings)
                for sign in (1, -1)
            )
            expected = {**terms, "total": total, "slope": (ahead - behind) * int(1 / _STEP) / 2}
            found = {**output.terms, "total": output.total, "slope": slope}
            for term, value in expected.items():
                yield _near(
                    f"{what}, {len(z_a)} × {len(z_a[0])}: {term}",
                    float(torch.as_tensor(found[term]).detach()),
                    value,
                )


def _weighted(name: str, terms: loss_formulas.Terms, settings: dict[str, Any]) -> arb:
    """The total, as each paper puts its terms together."""
    signs = {"tcr": {"coding_rate": -1.0}}.get(name, {})
    return sum(
        (arb(settings.get(f"{term}_weight", signs.get(term, 1.0))) * value for term, value in terms.items()), arb(0)
    )


def _moved(z: exact.Matrix, sign: int, number: int) -> exact.Matrix:
    return [
        [Fraction(x) + sign * _STEP * d for x, d in zip(*rows, strict=True)]
        for rows in zip(z, _ALONG[number], strict=True)
    ]


def _near(what: str, found: float, expected: arb) -> Check:
    """Within some thousand roundings, of logits below 40: far more than there are, and far less than a mistake."""
    gap = abs(arb(found) - expected)
    return Check(what, float(gap.upper()), 2.0**-40 * (1 + float(abs(expected).upper())))


def _tensor(z: exact.Matrix) -> Tensor:
    return torch.tensor([[float(entry) for entry in row] for row in z], dtype=torch.float64)
