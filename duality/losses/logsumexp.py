"""Log Σ exp over all pairs, without a matrix of all pairs.

The repulsion of SimCLR, DCL, VICReg-exp and VICReg-ctr is one log-sum-exp per row of X Xᵀ. Its P × P similarities
are made tile by tile, folded into a running log-sum-exp of each row, dropped, and made again in the backward pass:
what is kept is X and one number per row. As X Xᵀ is symmetric, a tile serves its rows and its columns.

Only a gradient that is to be differentiated again, and a derivative forward, make the whole matrix.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from duality.distributed import Group, process_count, process_rank, reduced, stacked, sum_over_processes
from duality.losses.settings import Similarity, check_settings

_TILE = 1024
"""Rows and columns of a tile: 4 MiB of float32."""


def pairwise_logsumexp(
    x: Float[Tensor, "P Q"],
    temperature: float,
    *,
    similarity: Similarity = "plain",
    excluded: tuple[int, ...] = (0,),
    split: bool = False,
    group: Group = None,
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
        group: the processes.

    Raises:
        ValueError: the temperature is not positive, or ``similarity`` is unknown.
    """
    check_settings(temperature=temperature, similarity=similarity)
    # X Xᵀ is symmetric, and so must be what is left out.
    both = tuple({*excluded, *(-offset for offset in excluded)})
    return _PairwiseLogSumExp.apply(x, _Pairs(temperature, similarity, both, split, group))  # pyright: ignore


def transformed(similarities: Float[Tensor, "..."], similarity: Similarity) -> Float[Tensor, "..."]:
    """f(s), as in `pairwise_logsumexp`."""
    match similarity:
        case "square":
            return similarities.square()
        case "absolute":
            return similarities.abs()
    return similarities


@dataclass(frozen=True)
class _Pairs:
    """Which pairs are compared, how, and where."""

    temperature: float
    similarity: Similarity
    excluded: tuple[int, ...]
    split: bool
    group: Group

    def tiles(self, x: Tensor) -> Iterator[tuple[slice, slice, Tensor, Tensor]]:
        """Of the upper tiles, those on the diagonal included: rows, columns, similarities x_i·x_j and logits."""
        starts = range(0, x.shape[0], _TILE)
        pairs = [(slice(r, r + _TILE), slice(c, c + _TILE)) for r in starts for c in starts if r <= c]
        if not self.split:
            pairs = pairs[process_rank(self.group) :: process_count(self.group)]
        for rows, columns in pairs:
            similarities = x[rows] @ x[columns].T
            if self.split:
                similarities = reduced(similarities, self.group)
            yield rows, columns, similarities, self.logits(similarities, rows.start - columns.start)

    def products(self, x: Tensor, y: Tensor) -> Tensor:
        """All x_i·y_j, differentiable to any order."""
        return sum_over_processes(x @ y.T, self.group) if self.split else x @ y.T

    def logits(self, similarities: Tensor, shift: int = 0) -> Tensor:
        """f(s)/τ, −∞ where left out; a tile's own diagonal is the matrix's at −``shift``."""
        logits = transformed(similarities, self.similarity) / self.temperature
        for offset in self.excluded:
            logits.diagonal(offset + shift).fill_(-torch.inf)
        return logits

    def slope(self, similarities: Tensor) -> Tensor | float:
        """f′(s)/τ."""
        match self.similarity:
            case "square":
                return similarities * (2 / self.temperature)
            case "absolute":
                return similarities.sign() / self.temperature
        return 1 / self.temperature

    def weights(self, x: Tensor) -> Tensor:
        """The derivative of row i's log-sum-exp by x_i·x_j, for all pairs and differentiable to any order."""
        similarities = self.products(x, x)
        return self.logits(similarities).softmax(dim=1) * self.slope(similarities)


class _PairwiseLogSumExp(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, pairs: _Pairs) -> Tensor:
        total = x.new_full((x.shape[0],), -torch.inf)
        with torch.autocast(x.device.type, enabled=False):
            for rows, columns, _, logits in pairs.tiles(x):
                total[rows] = torch.logaddexp(total[rows], logits.logsumexp(dim=1))
                if rows != columns:
                    total[columns] = torch.logaddexp(total[columns], logits.logsumexp(dim=0))
        return total if pairs.split else stacked(total, pairs.group).logsumexp(dim=0)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, _Pairs], output: Tensor) -> None:
        x, ctx.pairs = inputs
        ctx.save_for_backward(x, output)
        ctx.save_for_forward(x, output)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, total = ctx.saved_tensors
        with torch.autocast(x.device.type, enabled=False):
            if torch.is_grad_enabled():  # as the gradient itself is to be differentiated
                return _differentiable_gradient(x, gradient, ctx.pairs), None
            return _tiled_gradient(x, total, gradient, ctx.pairs), None

    @staticmethod
    def jvp(ctx, tangent: Tensor, _: None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, _ = ctx.saved_tensors
        with torch.autocast(x.device.type, enabled=False):
            products = ctx.pairs.products(tangent, x)
            return (ctx.pairs.weights(x) * (products + products.T)).sum(dim=1)


def _tiled_gradient(x: Tensor, total: Tensor, gradient: Tensor, pairs: _Pairs) -> Tensor:
    """This process's part of the gradient, by the tiles it has."""
    gradient = reduced(gradient, pairs.group)
    # Made from the gradient, which `vmap` may have batched, and laid out like x.
    result = gradient.new_zeros(x.T.shape).T if x.T.is_contiguous() else gradient.new_zeros(x.shape)
    for rows, columns, similarities, logits in pairs.tiles(x):
        weights = (logits - total[rows, None]).exp_() * gradient[rows, None]
        if rows == columns:
            weights = weights + weights.T
        else:
            weights += logits.sub_(total[columns]).exp_() * gradient[columns]
        weights *= pairs.slope(similarities)
        result[rows] += weights @ x[columns]
        if rows != columns:
            result[columns] += weights.T @ x[rows]
    return result


def _differentiable_gradient(x: Tensor, gradient: Tensor, pairs: _Pairs) -> Tensor:
    """The same, summed over processes, as a function of ``x`` and ``gradient`` whose own derivatives are right."""
    if pairs.split:
        gradient = sum_over_processes(gradient, pairs.group)
    weights = pairs.weights(x) * gradient[:, None]
    return (weights + weights.T) @ x
