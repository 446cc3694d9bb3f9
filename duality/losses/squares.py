"""Sums of squares that cost a pass over the entries, forward and backward."""

import torch
from jaxtyping import Float
from torch import Tensor


class _SquareSums(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, dim: int) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return torch.linalg.vecdot(x, x, dim=dim)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, int], output: Tensor) -> None:
        x, ctx.dim = inputs
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (x,) = ctx.saved_tensors
        return x * (2 * gradient).unsqueeze(ctx.dim), None

    @staticmethod
    def jvp(ctx, tangent: Tensor, _: None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        (x,) = ctx.saved_tensors
        return 2 * (x * tangent).sum(dim=ctx.dim)


def square_sums(x: Float[Tensor, "n M"], dim: int) -> Float[Tensor, " _"]:
    """Σ x² along samples (0) or dimensions (1). Its gradient is one pass over ``x``, where autograd makes four."""
    return _SquareSums.apply(x, dim)  # pyright: ignore[reportReturnType]


def off_diagonal_norm(matrix: Float[Tensor, "M M"]) -> Float[Tensor, ""]:
    """‖A − diag(A)‖²_F. Overwrites the diagonal of ``matrix``."""
    return matrix.fill_diagonal_(0).square().sum()
