"""Total coding rate: the volume that the embeddings span, made as large as it can be."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup

from duality.criteria import Side, self_product
from duality.losses.base import Loss, LossOutput
from duality.losses.views import Views, share_views
from duality.normalization import unit_embeddings


def tcr(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    invariance_weight: float = 200.0,
    distortion: float = 0.2,
    side: Side = "auto",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """TCR (Li et al. 2022), λ·(1 − mean cosine of the views) − R, of unit embeddings.

    R is the mean over both views of the coding rate ½ log det(I + M/(N ε²) zᵀz), in nats. The two sides give the
    same determinant (Sylvester): TCR is both sample- and dimension-contrastive. On unit embeddings R is largest,
    N/2 · log(1 + M/(Nε²)), just where L_c = 0. lightly's EMP-SSL adds R where it should subtract it.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        invariance_weight: λ, 0 or more.
        distortion: ε², above 0.
        side: the matrix whose determinant is taken; ``"auto"`` takes the smaller. Over several processes also what
            is sent, embeddings for ``"gram"`` or moments for ``"covariance"``.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = λ ``invariance`` − ``coding_rate``.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).
    """
    settings = {"invariance_weight": invariance_weight, "distortion": distortion, "side": side}
    views = share_views(z_a, z_b, "tcr", settings, distributed, group)
    a, b = unit_embeddings(views.a), unit_embeddings(views.b)
    invariance = 1 - views.total((a * b).sum()) / views.samples
    coding_rate = (_coding_rate(a, views, distortion, side) + _coding_rate(b, views, distortion, side)) / 2
    total = invariance_weight * invariance - coding_rate
    return views.output(total, invariance=invariance, coding_rate=coding_rate)


class TCRLoss(Loss):
    """`tcr` as a module."""

    function = staticmethod(tcr)
    invariance_weight: float = 200.0
    distortion: float = 0.2
    side: Side = "auto"


def _coding_rate(z: Tensor, views: Views, distortion: float, side: Side) -> Tensor:
    if side == "auto":
        side = "gram" if views.samples <= views.dimensions else "covariance"
    product = self_product(z) if side == "gram" else views.total(self_product(z.T))
    scale = views.dimensions / (views.samples * distortion)
    identity = torch.eye(product.shape[0], dtype=z.dtype, device=z.device)
    value, _ = _LogDeterminant.apply(identity + scale * product)  # pyright: ignore[reportGeneralTypeIssues]
    return value / 2


class _LogDeterminant(torch.autograd.Function):
    """log det A of a positive definite A, and its Cholesky factor, from which the gradient A⁻¹ is one step."""

    generate_vmap_rule = True

    @staticmethod
    def forward(matrix: Tensor) -> tuple[Tensor, Tensor]:
        factor = torch.linalg.cholesky(matrix)
        return 2 * factor.diagonal().log().sum(), factor

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor], output: tuple[Tensor, Tensor]) -> None:
        (matrix,), (_, factor) = inputs, output
        ctx.mark_non_differentiable(factor)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(matrix, factor)
        ctx.save_for_forward(matrix, factor)

    @staticmethod
    def backward(ctx, gradient: Tensor | None, _: None) -> Tensor | None:  # pyright: ignore[reportIncompatibleMethodOverride]
        if gradient is None:
            return None
        matrix, factor = ctx.saved_tensors
        # The factor, a result, has no derivative here: where one is wanted the inverse comes from the matrix.
        inverse = torch.linalg.inv(matrix) if torch.is_grad_enabled() else torch.cholesky_inverse(factor)
        return gradient * inverse

    @staticmethod
    def jvp(ctx, tangent: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        matrix, _ = ctx.saved_tensors
        return (torch.linalg.inv(matrix) * tangent).sum(), None
