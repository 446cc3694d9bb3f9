"""Log Σ exp over all pairs, without a matrix of all pairs.

The repulsion of SimCLR, DCL, VICReg-exp and VICReg-ctr is one log-sum-exp per row of X Xᵀ. Its P × P similarities
are made tile by tile, folded into a running log-sum-exp of each row, dropped, and made again in the backward pass:
what is kept is X and one number per row. As X Xᵀ is symmetric, a tile serves its rows and its columns.
"""

from collections.abc import Iterator
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from duality.distributed import process_count, process_rank, reduced, stacked

Similarity = Literal["plain", "square", "absolute"]

_TILE = 1024
"""Rows and columns of a tile: 4 MiB of float32."""


def pairwise_logsumexp(
    x: Float[Tensor, "P Q"],
    temperature: float,
    *,
    similarity: Similarity = "plain",
    excluded: tuple[int, ...] = (0,),
    split: bool = False,
) -> Float[Tensor, " P"]:
    """log Σ_j exp(f(x_i·x_j)/τ) for every row i of ``x``.

    Time O(P²Q), memory O(PQ). With several processes the tiles are shared out among them.

    Args:
        x: the rows to compare: embeddings for a Gram matrix, dimensions for a covariance.
        temperature: τ.
        similarity: f(s) is s, s² or |s|.
        excluded: the pairs left out, as diagonals j − i of the matrix.
        split: ``x`` holds only this process's columns of a wider matrix, of which all processes have the same rows.
            Then similarities are added up over processes; otherwise all must have the same ``x``.

    Raises:
        ValueError: the temperature is not positive, or ``similarity`` is unknown.
    """
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature}: give a positive number")
    if similarity not in get_args(Similarity):
        choices = ", ".join(map(repr, get_args(Similarity)))
        raise ValueError(f"similarity is {similarity!r}: choose one of {choices}")
    return _PairwiseLogSumExp.apply(x, _Tiles(temperature, similarity, excluded, split))  # pyright: ignore


class _Tiles:
    """The upper tiles of f(X Xᵀ)/τ, those on the diagonal included."""

    def __init__(self, temperature: float, similarity: Similarity, excluded: tuple[int, ...], split: bool) -> None:
        self.temperature = temperature
        self.similarity = similarity
        # X Xᵀ is symmetric, and so must be what is left out.
        self.excluded = {*excluded, *(-offset for offset in excluded)}
        self.split = split

    def __call__(self, x: Tensor) -> Iterator[tuple[slice, slice, Tensor, Tensor]]:
        """Rows, columns, similarities x_i·x_j and logits f(x_i·x_j)/τ, −∞ where left out."""
        starts = range(0, x.shape[0], _TILE)
        pairs = [(slice(r, r + _TILE), slice(c, c + _TILE)) for r in starts for c in starts if r <= c]
        if not self.split:
            pairs = pairs[process_rank() :: process_count()]
        for rows, columns in pairs:
            similarities = x[rows] @ x[columns].T
            if self.split and process_count() > 1:
                similarities = reduced(similarities)
            logits = self.transform(similarities) / self.temperature
            for offset in self.excluded:
                logits.diagonal(offset + rows.start - columns.start).fill_(-torch.inf)
            yield rows, columns, similarities, logits

    def transform(self, similarities: Tensor) -> Tensor:
        """f(s)."""
        match self.similarity:
            case "square":
                return similarities.square()
            case "absolute":
                return similarities.abs()
        return similarities

    def slope(self, similarities: Tensor) -> Tensor | float:
        """f′(s)/τ."""
        match self.similarity:
            case "square":
                return similarities * (2 / self.temperature)
            case "absolute":
                return similarities.sign() / self.temperature
        return 1 / self.temperature


class _PairwiseLogSumExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, tiles: _Tiles) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        total = x.new_full((x.shape[0],), -torch.inf)
        with torch.autocast(x.device.type, enabled=False):
            for rows, columns, _, logits in tiles(x):
                total[rows] = torch.logaddexp(total[rows], logits.logsumexp(dim=1))
                if rows != columns:
                    total[columns] = torch.logaddexp(total[columns], logits.logsumexp(dim=0))
        if not tiles.split:
            total = stacked(total).logsumexp(dim=0)
        ctx.tiles = tiles
        ctx.save_for_backward(x, total)
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, total = ctx.saved_tensors
        result = torch.zeros_like(x)
        gradient = reduced(gradient)
        with torch.autocast(x.device.type, enabled=False):
            for rows, columns, similarities, logits in ctx.tiles(x):
                weights = (logits - total[rows, None]).exp_().mul_(gradient[rows, None])
                if rows == columns:
                    weights = weights + weights.T
                else:
                    weights += logits.sub_(total[columns]).exp_().mul_(gradient[columns])
                weights *= ctx.tiles.slope(similarities)
                result[rows] += weights @ x[columns]
                if rows != columns:
                    result[columns] += weights.T @ x[rows]
        return result, None
