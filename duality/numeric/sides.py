"""Which side ``side="auto"`` takes, told by its bits: both sides round, each in its own way.

It must be the cheaper one where that loses at most two bits, else the direct one; and float64 where float32 cannot
hold fourth powers. All matrices here are float32, P × Q, ‖a bᵀ‖² being direct and ⟨aᵀa, bᵀb⟩ dual.
"""

from collections.abc import Iterator

import numpy as np
import torch
from scipy.optimize import root_scalar
from torch import Tensor

from duality import criteria
from duality.numeric.check import Check

Views = tuple[np.ndarray, ...]

_LIMITS = np.finfo(np.float32)
_LARGEST = float(_LIMITS.max / 16) ** 0.25
"""The Frobenius norm up to which float32 holds fourth powers."""
_LOST_BITS = 4.0
"""(full + diagonal)/(full − diagonal) up to which the dual side is taken."""


def taken_sides() -> Iterator[Check]:
    """One case on each side of every border: of cost, of conditioning, of range."""
    one_view, two_views = (
        ("sample_contrastive", "dimension_contrastive"),
        (
            "cross_sample_contrastive",
            "cross_dimension_contrastive",
        ),
    )
    for p, q, expected in ((48, 48, "direct"), (49, 48, "dual")):
        for form in (*one_view, "gram_norm"):
            yield from _taken(form, (_random(p, q),), expected, f"{p} × {q}")
    for p, q, expected in ((64, 48, "direct"), (65, 48, "dual")):
        for form in two_views:
            yield from _taken(form, (_random(p, q), _random(p, q, 1)), expected, f"two of {p} × {q}")
    for q, expected in ((41, "direct"), (39, "dual")):
        for form in ("cross_gram_norm", "cross_covariance_norm"):
            yield from _taken(form, (_random(40, q), _random(80, q, 1)), expected, f"40 × {q} and 80 × {q}")
    for ratio, expected in ((0.97 * _LOST_BITS, "dual"), (1.03 * _LOST_BITS, "direct")):
        for number, forms in ((1, one_view), (2, two_views)):
            views = _of_conditioning(ratio, tuple(_random(64, 8, seed) for seed in range(number)))
            for form in forms:
                yield from _taken(form, views, expected, f"conditioning {ratio:.3g}")
    apart = _random(64, 8), _random(64, 8, 1)
    apart[0][:, :4] *= 1e-3
    apart[1][:, 4:] *= 1e-3
    yield from _taken("cross_gram_norm", apart, "direct", "views in different subspaces")
    yield from _ranges(one_view[0])
    yield from _ranges(two_views[1])


def _ranges(form: str) -> Iterator[Check]:
    smallest = 64**0.5 * float(_LIMITS.tiny / _LIMITS.eps) ** 0.25
    for norm, expected in (
        (1.02 * _LARGEST, "wide"),
        (0.98 * _LARGEST, "dual"),
        (1.02 * smallest, "dual"),
        (0.98 * smallest, "wide"),
    ):
        views = tuple(_random(64, 8, seed) for seed in range(2 if form.startswith("cross") else 1))
        scaled = tuple(view * norm / np.linalg.norm(view) for view in views)
        yield from _taken(form, scaled, expected, f"norm {norm:.3g}")
        if len(views) == 2:
            for number in range(2):
                mixed = tuple(scaled[k] if k == number else views[k] for k in range(2))
                yield from _taken(form, mixed, expected, f"norm {norm:.3g} of view {number} alone")


def _taken(form: str, views: Views, expected: str, where: str) -> Iterator[Check]:
    by_dimension = form.endswith(("dimension_contrastive", "covariance_norm"))
    given = [torch.from_numpy(view.astype(np.float32)) for view in views]
    given = [z.T.contiguous() if by_dimension else z for z in given]
    direct, dual = ("covariance", "gram") if by_dimension else ("gram", "covariance")
    prints = {
        "direct": _print(form, given, direct),
        "dual": _print(form, given, dual),
        "wide": _print(form, [z.double() for z in given], "auto").float(),
    }
    found = _print(form, given, "auto")
    what = f"auto: {form}, {where}: it is the {expected} side to the bit"
    yield Check(what, float((found != prints[expected]).sum()), 0.0)
    for name, other in prints.items():
        if name != expected:
            yield Check(f"{what}, and the {name} one differs", float((found != other).sum()), 0.0, "beyond")


def _print(form: str, views: list[Tensor], side: str) -> Tensor:
    """The value and the gradients' entries: some of them tell one computation from another."""
    leaves = [z.clone().requires_grad_() for z in views]
    value = getattr(criteria, form)(*leaves, side=side)
    gradients = torch.autograd.grad(value, leaves)
    return torch.cat([value.detach()[None], *(gradient.reshape(-1) for gradient in gradients)])


def _random(p: int, q: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng((p, q, seed)).standard_normal((p, q)).astype(np.float32).astype(np.float64)


def _of_conditioning(ratio: float, views: Views) -> Views:
    """The views with their first samples so large, and alike, that the dual side has this conditioning."""

    def scaled(factor: float) -> Views:
        return tuple(np.concatenate([factor * views[0][:1], view[1:]]) for view in views)

    root = root_scalar(lambda log: np.log(_conditioning(*scaled(np.exp(log))) / ratio), bracket=(0.0, 5.0)).root
    return scaled(np.exp(root))


def _conditioning(*views: np.ndarray) -> float:
    a, b = views[0], views[-1]
    full, diagonal = np.square(a @ b.T).sum(), np.square((a * b).sum(axis=1)).sum()
    magnitude = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return (magnitude + diagonal) / (full - diagonal)
