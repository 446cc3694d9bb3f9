"""SimCLR and its variants: alignment of views, and a log-sum-exp that repels all other pairs.

One family with DCL (`duality.losses.dcl`), which leaves the positive out of the repulsion.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from duality.losses.base import Loss, LossOutput, share_views
from duality.losses.logsumexp import Similarity, pairwise_logsumexp
from duality.normalization import center, standardize_dimensions, unit_embeddings

Normalization = Literal["embeddings", "centered embeddings", "dimensions"]

_NORMALIZATIONS = {
    "embeddings": unit_embeddings,
    "centered embeddings": lambda z: unit_embeddings(center(z)),
    "dimensions": standardize_dimensions,
}


def simclr(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
) -> LossOutput:
    """SimCLR, the normalised temperature-scaled cross entropy (NT-Xent; Chen et al. 2020).

    Over the 2N embeddings x of both views, x⁺ the other view of x:
    (1/2N) Σ_x [ −x·x⁺/τ + log Σ_{x'≠x} exp(x·x'/τ) ].

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        temperature: τ. The paper tunes it to 0.15; 0.5 is SimCLR's original.
        normalization: of each view by itself. ``"embeddings"``: ‖x‖ = 1, as published. ``"centered embeddings"``:
            dimensions centred first (A in Table 1). ``"dimensions"``: centred, of norm √(N/M) (B in Table 1).

    Returns:
        ``total`` = ``alignment`` + ``repulsion``, the two parts of the mean above.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; an unknown setting.

    No square: not sample-contrastive in the sense of Definition 3.2 (Proposition 3.1); `simclr_sq` is.
    """
    return contrast(z_a, z_b, temperature, normalization, "plain", positives_repel=True)


def simclr_sq(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
) -> LossOutput:
    """SimCLR-sq: `simclr` with (x·x')² for x·x' inside the log-sum-exp (section 3 of the paper).

    Sample-contrastive: where all off-diagonal similarities are equally large the repulsion is log(2N−1) +
    L_c/(2N(2N−1)τ), of the 2N embeddings together, and never less. The alignment keeps its sign.
    """
    return contrast(z_a, z_b, temperature, normalization, "square", positives_repel=True)


def simclr_abs(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
) -> LossOutput:
    """SimCLR-abs: `simclr` with |x·x'| for x·x' inside the log-sum-exp (section 3 of the paper)."""
    return contrast(z_a, z_b, temperature, normalization, "absolute", positives_repel=True)


class SimCLRLoss(Loss):
    """`simclr` as a module."""

    function = staticmethod(simclr)


class SimCLRSqLoss(Loss):
    """`simclr_sq` as a module."""

    function = staticmethod(simclr_sq)


class SimCLRAbsLoss(Loss):
    """`simclr_abs` as a module."""

    function = staticmethod(simclr_abs)


def contrast(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    temperature: float,
    normalization: Normalization,
    similarity: Similarity,
    *,
    positives_repel: bool,
) -> LossOutput:
    """The loss of SimCLR, or without ``positives_repel`` of DCL, with f(x·x') inside the log-sum-exp."""
    if normalization not in _NORMALIZATIONS:
        raise ValueError(
            f"normalization is {normalization!r}: choose one of {', '.join(map(repr, _NORMALIZATIONS))}"
        )
    views = share_views(z_a, z_b)
    a, b = (_NORMALIZATIONS[normalization](view) for view in (views.a, views.b))
    alignment = -(a * b).sum() / (views.samples * temperature)
    excluded = (0,) if positives_repel else (0, views.samples)
    repulsion = pairwise_logsumexp(torch.cat([a, b]), temperature, similarity=similarity, excluded=excluded).mean()
    return LossOutput(alignment + repulsion, {"alignment": alignment, "repulsion": repulsion})
