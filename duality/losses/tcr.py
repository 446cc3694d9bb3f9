"""Total coding rate: the volume that the embeddings span, made as large as it can be."""

import torch
from jaxtyping import Float
from torch import Tensor

from duality.criteria import Side, self_product
from duality.losses.base import Loss, LossOutput, Views, share_views
from duality.normalization import unit_embeddings


def tcr(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    invariance_weight: float = 200.0,
    distortion: float = 0.2,
    side: Side = "auto",
) -> LossOutput:
    """TCR (Li et al. 2022), λ·(1 − mean cosine of the views) − R, of unit embeddings.

    R is the mean over both views of the coding rate ½ log det(I + M/(N ε²) zᵀz), in nats. The two sides give the
    same determinant (Sylvester): TCR is both sample- and dimension-contrastive. On unit embeddings R is largest,
    N/2 · log(1 + M/(Nε²)), just where L_c = 0. lightly's EMP-SSL adds R where it should subtract it.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        invariance_weight: λ.
        distortion: ε².
        side: the matrix whose determinant is taken; ``"auto"`` takes the smaller. Over several processes also what
            is sent, embeddings for ``"gram"`` or moments for ``"covariance"``.

    Returns:
        ``total`` = λ ``invariance`` − ``coding_rate``.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of range.
    """
    if not distortion > 0:
        raise ValueError(f"distortion is {distortion}: give a positive number")
    views = share_views(z_a, z_b, side)
    a, b = unit_embeddings(views.a), unit_embeddings(views.b)
    invariance = 1 - views.total((a * b).sum()) / views.samples
    coding_rate = (_coding_rate(a, views, distortion, side) + _coding_rate(b, views, distortion, side)) / 2
    return LossOutput(
        invariance_weight * invariance - coding_rate, {"invariance": invariance, "coding_rate": coding_rate}
    )


class TCRLoss(Loss):
    """`tcr` as a module."""

    function = staticmethod(tcr)


def _coding_rate(z: Tensor, views: Views, distortion: float, side: Side) -> Tensor:
    if side == "auto":
        side = "gram" if views.samples <= views.dimensions else "covariance"
    product = self_product(z) if side == "gram" else views.total(self_product(z.T))
    scale = views.dimensions / (views.samples * distortion)
    identity = torch.eye(product.shape[0], dtype=z.dtype, device=z.device)
    return _LogDeterminant.apply(identity + scale * product) / 2  # pyright: ignore[reportReturnType]


class _LogDeterminant(torch.autograd.Function):
    """log det A of a positive definite A. Its gradient is A⁻¹, one step from the Cholesky factor at hand."""

    @staticmethod
    def forward(ctx, matrix: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        factor = torch.linalg.cholesky(matrix)
        ctx.save_for_backward(factor)
        return 2 * factor.diagonal().log().sum()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        (factor,) = ctx.saved_tensors
        return torch.cholesky_inverse(factor).mul_(gradient)
