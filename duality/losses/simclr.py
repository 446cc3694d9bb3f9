"""SimCLR and its variants: alignment of views, and a log-sum-exp that repels all other pairs.

One family with DCL (`duality.losses.dcl`), which leaves the positive out of the repulsion.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup
from torch.nn.functional import softplus

from duality.losses.base import Loss, LossOutput
from duality.losses.logsumexp import pairwise_logsumexp, transformed
from duality.losses.settings import Normalization, Similarity
from duality.losses.views import share_views
from duality.normalization import center, standardize_dimensions, unit_embeddings

_LINEAR = 50.0
"""Where log(1 + eˣ) is x in float64."""

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
    distributed: bool = True,
    group: ProcessGroup | None = None,
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
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = ``alignment`` + ``repulsion``, the two parts of the mean above.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).

    No square: not sample-contrastive in the sense of Definition 3.2 (Proposition 3.1); `simclr_sq` is.
    """
    return contrast(z_a, z_b, temperature, normalization, "plain", distributed, group, positives_repel=True)


def simclr_sq(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """SimCLR-sq: `simclr` with (x·x')² for x·x' inside the log-sum-exp (section 3 of the paper).

    Sample-contrastive: where all off-diagonal similarities are equally large the repulsion is log(2N−1) +
    L_c/(2N(2N−1)τ), of the 2N embeddings together, and never less. The alignment keeps its sign.
    """
    return contrast(z_a, z_b, temperature, normalization, "square", distributed, group, positives_repel=True)


def simclr_abs(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """SimCLR-abs: `simclr` with |x·x'| for x·x' inside the log-sum-exp (section 3 of the paper)."""
    return contrast(z_a, z_b, temperature, normalization, "absolute", distributed, group, positives_repel=True)


class SimCLRLoss(Loss):
    """`simclr` as a module."""

    function = staticmethod(simclr)
    temperature: float = 0.15
    normalization: Normalization = "embeddings"


class SimCLRSqLoss(Loss):
    """`simclr_sq` as a module."""

    function = staticmethod(simclr_sq)
    temperature: float = 0.15
    normalization: Normalization = "embeddings"


class SimCLRAbsLoss(Loss):
    """`simclr_abs` as a module."""

    function = staticmethod(simclr_abs)
    temperature: float = 0.15
    normalization: Normalization = "embeddings"


def contrast(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    temperature: float,
    normalization: Normalization,
    similarity: Similarity,
    distributed: bool,
    group: ProcessGroup | None,
    *,
    positives_repel: bool,
) -> LossOutput:
    """The loss of SimCLR, or without ``positives_repel`` of DCL, with f(x·x') inside the log-sum-exp."""
    name = f"{'simclr' if positives_repel else 'dcl'}, {similarity}"
    settings = {"temperature": temperature, "normalization": normalization}
    views = share_views(z_a, z_b, name, settings, distributed, group)
    a, b = (_NORMALIZATIONS[normalization](view) for view in (views.a, views.b))
    positives = (a * b).sum(dim=1)
    alignment = -positives.mean() / temperature
    negatives = pairwise_logsumexp(
        torch.cat([a, b]),
        temperature,
        similarity=similarity,
        excluded=(0, views.samples),
        group=views.group,
    )
    if not positives_repel:
        repulsion = negatives.mean()
        return views.output(alignment + repulsion, alignment=alignment, repulsion=repulsion)
    # The positive is added last: by how much a log-sum-exp exceeds its largest term is lost once it is rounded.
    logits = transformed(positives, similarity) / temperature
    excess = softplus(negatives.view(2, -1) - logits, threshold=_LINEAR).mean()
    gap = (transformed(positives, similarity) - positives).mean() / temperature
    return views.output(gap + excess, alignment=alignment, repulsion=logits.mean() + excess)
