"""The Spectral Contrastive loss: the plainest sample-contrastive one."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup

from duality.criteria import WORST_CONDITIONING, Side, cross_sample_contrastive, self_product
from duality.distributed import reduced
from duality.losses.base import Loss, LossOutput
from duality.losses.views import Views, share_views


def spectral_contrastive(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    max_norm: float | None = 3.0,
    side: Side = "auto",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """Spectral Contrastive loss (HaoChen et al. 2021), −2 E[a_i·b_i] + E_{i≠i'}[(a_i·b_i')²].

    The repulsion is the cross-view L_c/(N(N−1)), of embeddings in a ball. The authors' code divides it by μ.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        max_norm: the radius √μ of the ball, into which longer embeddings are shortened; None for no limit. Ours:
            the authors tune it. At 1 few directions are as good as many: r orthogonal clusters cost 1/r against
            an alignment of −2. Without a limit the fourth powers of a new network diverge easily.
        side: the matrix that the repulsion is evaluated on (`duality.criteria`); over several processes also what
            is sent, embeddings for ``"gram"`` or moments for ``"covariance"``.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = ``alignment`` + ``repulsion``, the two expectations, the −2 included.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).
    """
    settings = {"max_norm": max_norm, "side": side}
    views = share_views(z_a, z_b, "spectral_contrastive", settings, distributed, group)
    if max_norm is not None:
        views = replace(views, a=_into_ball(views.a, max_norm), b=_into_ball(views.b, max_norm))
    n = views.samples
    alignment = -2 / n * views.total((views.a * views.b).sum())
    repulsion = _repulsion(views, side) / (n * (n - 1))
    return views.output(alignment + repulsion, alignment=alignment, repulsion=repulsion)


class SpectralContrastiveLoss(Loss):
    """`spectral_contrastive` as a module."""

    function = staticmethod(spectral_contrastive)
    max_norm: float | None = 3.0
    side: Side = "auto"


def _into_ball(z: Tensor, radius: float) -> Tensor:
    """Embeddings longer than ``radius`` shortened to it."""
    norms = torch.linalg.vector_norm(z, dim=1, keepdim=True)
    return z * (radius / norms.clamp(min=radius))


def _repulsion(views: Views, side: Side) -> Tensor:
    """Σ_{i≠i'} (a_i·b_i')²; where the views are split, from moments added up over processes."""
    if not views.split:
        return cross_sample_contrastive(views.a, views.b, side)
    moment_a, moment_b = (views.total(self_product(z.T)) for z in (views.a, views.b))
    diagonal = views.total((views.a * views.b).sum(dim=1).square().sum())
    kept = (moment_a * moment_b).sum() - diagonal
    magnitude = torch.linalg.norm(moment_a.detach()) * torch.linalg.norm(moment_b.detach())
    # Counted over processes, lest rounding make one of them gather and wait for the others.
    doubts = reduced((magnitude + diagonal.detach() > WORST_CONDITIONING * kept.detach()).long(), views.group)
    if side == "covariance" or not doubts:
        return kept
    gathered = views.gathered()
    return cross_sample_contrastive(gathered.a, gathered.b, "gram")
