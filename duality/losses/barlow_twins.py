"""Barlow Twins: the cross-correlation of the views' dimensions, drawn to the identity."""

from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup
from torch.nn.functional import batch_norm

from duality.criteria import Side, cross_dimension_contrastive
from duality.losses.base import Loss, LossOutput
from duality.losses.squares import off_diagonal_norm, square_sums
from duality.losses.views import Views, share_views

_EPSILON = 1e-5
"""Added to a variance under its root: that of the batch normalisation in the authors' code."""


def barlow_twins(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    redundancy_weight: float = 5e-3,
    side: Side = "auto",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """Barlow Twins (Zbontar et al. 2021), Σ_j (1 − C_jj)² + λ Σ_{j≠j'} C_jj'².

    C = z_aᵀz_b/N of dimensions centred and scaled to variance 1 (norm √N) over the whole batch: the batch of all
    processes, where solo-learn, lightly and stable-pretraining standardise on each process by itself.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        redundancy_weight: λ, 0 or more; 5e-3 in the paper, 0.0051 in the authors' code.
        side: the matrix that the redundancy is evaluated on (`duality.criteria`); over several processes also what
            is sent, embeddings for ``"gram"`` or C for ``"covariance"``.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = ``invariance`` + λ ``redundancy``, the two sums above. The redundancy is the cross-view L_nc/N².

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).
    """
    settings = {"redundancy_weight": redundancy_weight, "side": side}
    views = share_views(z_a, z_b, "barlow_twins", settings, distributed, group, moments=1)
    a, b = (_standardize(z, views) for z in (views.a, views.b))
    n = views.samples
    invariance = (1 - views.total((a * b).sum(dim=0)) / n).square().sum()
    redundancy = _redundancy(a, b, views, side) / n**2
    total = invariance + redundancy_weight * redundancy
    return views.output(total, invariance=invariance, redundancy=redundancy)


class BarlowTwinsLoss(Loss):
    """`barlow_twins` as a module."""

    function = staticmethod(barlow_twins)
    redundancy_weight: float = 5e-3
    side: Side = "auto"


def _standardize(z: Tensor, views: Views) -> Tensor:
    """Dimensions centred and of variance 1, biased as in batch normalisation. A constant one becomes zero."""
    if not views.split:
        return batch_norm(z, None, None, training=True, eps=_EPSILON)
    centered = views.center(z)
    variances = views.total(square_sums(centered, dim=0)) / views.samples
    return centered * (variances + _EPSILON).rsqrt()


def _redundancy(a: Tensor, b: Tensor, views: Views, side: Side) -> Tensor:
    """Σ_{j≠j'} (A_j·B_j')²."""
    if views.split:
        return off_diagonal_norm(views.total(a.T @ b))
    return cross_dimension_contrastive(a, b, side)
