"""The table of losses: each with settings, its plain reference and the weights of its terms in the total.

A new loss is one `Case`; every test of this folder, and those on several processes, then runs on it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from duality import losses
from duality.losses import Loss
from tests.losses import references
from tests.losses.references import Terms


@dataclass(frozen=True)
class Case:
    name: str
    loss: Loss
    reference: Callable[[Tensor, Tensor], Terms]
    weights: dict[str, float] = field(default_factory=dict)
    """Of the terms in the total; 1 where none is given."""

    def reference_total(self, z_a: Tensor, z_b: Tensor) -> Tensor:
        terms = self.reference(z_a, z_b)
        return torch.stack([self.weights.get(name, 1.0) * term for name, term in terms.items()]).sum()


def _contrastive() -> list[Case]:
    families = {"SimCLR": references.simclr, "DCL": references.dcl}
    similarities = {"": lambda s: s, "Sq": torch.square, "Abs": torch.abs}
    return [
        Case(
            family + suffix,
            getattr(losses, f"{family}{suffix}Loss")(temperature=0.3),
            lambda a, b, reference=reference, similarity=similarity: reference(a, b, 0.3, similarity),
        )
        for family, reference in families.items()
        for suffix, similarity in similarities.items()
    ]


def _normalizations() -> list[Case]:
    normalizations = {
        "centered embeddings": lambda z: references.unit(references.centered(z)),
        "dimensions": references.standardized,
    }
    return [
        Case(
            f"SimCLR, {name}",
            losses.SimCLRLoss(temperature=0.3, normalization=name),
            lambda a, b, normalize=normalize: references.simclr(a, b, 0.3, normalize=normalize),
        )
        for name, normalize in normalizations.items()
    ]


_VICREG = {"invariance": 3.0, "variance": 5.0, "covariance": 2.0}
_VICREG_SETTINGS = {f"{name}_weight": weight for name, weight in _VICREG.items()}


def _on_each_side(
    name: str, module: type[Loss], reference: Callable, weights: dict, **settings: float
) -> list[Case]:
    return [
        Case(f"{name}, {side}", module(side=side, **settings), reference, weights)
        for side in ("auto", "gram", "covariance")
    ]


CASES = [
    *_contrastive(),
    *_normalizations(),
    *_on_each_side("Spectral", losses.SpectralContrastiveLoss, references.spectral, {}, max_norm=None),
    Case(
        "Spectral in a ball",
        losses.SpectralContrastiveLoss(max_norm=1.5),
        lambda a, b: references.spectral(a, b, max_norm=1.5),
    ),
    *_on_each_side(
        "BarlowTwins",
        losses.BarlowTwinsLoss,
        references.barlow_twins,
        {"redundancy": 0.1},
        redundancy_weight=0.1,
    ),
    *_on_each_side("VICReg", losses.VICRegLoss, references.vicreg, _VICREG, **_VICREG_SETTINGS),
    *_on_each_side(
        "VICRegExp",
        losses.VICRegExpLoss,
        lambda a, b: references.vicreg_exp(a, b, 0.2),
        _VICREG,
        temperature=0.2,
        **_VICREG_SETTINGS,
    ),
    Case(
        "VICRegCtr",
        losses.VICRegCtrLoss(temperature=0.2, **_VICREG_SETTINGS),
        lambda a, b: references.vicreg_ctr(a, b, 0.2),
        _VICREG,
    ),
    *_on_each_side(
        "TCR",
        losses.TCRLoss,
        lambda a, b: references.tcr(a, b, 0.5),
        {"invariance": 7.0, "coding_rate": -1.0},
        invariance_weight=7.0,
        distortion=0.5,
    ),
]

DEFAULTS = {name: getattr(losses, name) for name in losses.__all__ if name.endswith("Loss") and name != "Loss"}
"""The twelve losses by name, to be used with their defaults."""


def two_views(n: int, m: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """Two views that are like each other and not centred, with dimensions of variances around 1."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(n, m, generator=generator, dtype=torch.float64) + 0.3
    other = z + 0.4 * torch.randn(n, m, generator=generator, dtype=torch.float64)
    return z.to(dtype), other.to(dtype)


def value_and_gradients(
    function: Callable[[Tensor, Tensor], Tensor], z_a: Tensor, z_b: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """A scalar function of two views, and its gradients."""
    a, b = (z.detach().clone().requires_grad_() for z in (z_a, z_b))
    value = function(a, b)
    return value.detach(), *torch.autograd.grad(value, (a, b))
