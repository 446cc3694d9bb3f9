"""What all losses share: their result, their module, and two views of one batch, on one process or on many.

Losses take batch-first ``z_a``, ``z_b`` = Kᵀ of shape (N, M): sample i of one is another view of sample i of the
other. float16 and bfloat16 are computed in float32, under autocast too.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from duality.criteria import Side, as_embeddings
from duality.distributed import gather_numbers, gather_samples, process_count, sum_over_processes


@dataclass(frozen=True)
class LossOutput:
    """A loss and what it is made of.

    Attributes:
        total: the loss; call ``backward`` on it.
        terms: its terms by name, before their weights. Part of the graph: ``detach`` what you keep.
    """

    total: Float[Tensor, ""]
    terms: dict[str, Float[Tensor, ""]]


class Loss(nn.Module):
    """A loss function with its settings: ``loss(z_a, z_b)`` gives a `LossOutput`.

    A subclass names its ``function``, whose keyword arguments are the settings.
    """

    function: Callable[..., LossOutput]

    def __init_subclass__(cls) -> None:
        _, _, *settings = inspect.signature(cls.function).parameters.values()
        cls.__signature__ = inspect.Signature(settings)

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        known = inspect.signature(type(self)).bind(**settings)
        known.apply_defaults()
        self.settings = known.arguments

    def forward(self, z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "N M"]) -> LossOutput:
        """The loss of two views of N samples × M dimensions."""
        return type(self).function(z_a, z_b, **self.settings)

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items())


@dataclass(frozen=True)
class Views:
    """Two views of a batch of ``samples``: all of them, or, where ``split``, the part of them on this process."""

    a: Float[Tensor, "n M"]
    b: Float[Tensor, "n M"]
    counts: list[int]
    split: bool

    @property
    def samples(self) -> int:
        """N, over all processes."""
        return sum(self.counts)

    @property
    def dimensions(self) -> int:
        """M."""
        return self.a.shape[1]

    def total(self, part: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """A sum over the samples at hand, completed over all samples."""
        return sum_over_processes(part) if self.split else part

    def center(self, z: Float[Tensor, "n M"]) -> Float[Tensor, "n M"]:
        """One of the views less the mean of every dimension over all samples."""
        # Adding the negative mean, not subtracting the mean, spares the gradient a pass over all entries.
        return z + self.total(z.sum(dim=0)) / -self.samples

    def gathered(self) -> "Views":
        """The same with all samples on every process."""
        if not self.split:
            return self
        return Views(gather_samples(self.a, self.counts), gather_samples(self.b, self.counts), self.counts, False)


def share_views(
    z_a: Float[Tensor, "n M"], z_b: Float[Tensor, "n M"], side: Side = "gram", moments: int = 2
) -> Views:
    """Two views checked, in at least float32, and ready to be used on several processes.

    Args:
        z_a: the samples of this process.
        z_b: other views of the same.
        side: ``"gram"`` sends the embeddings to every process (N × M), ``"covariance"`` leaves them where they are,
            for a loss that then adds up moments (M × M), ``"auto"`` chooses the smaller.
        moments: how many such matrices the loss needs; of embeddings there are two.

    Raises:
        ValueError: anywhere among the processes, views differ in shape, are no floating-point matrices or not
            finite, have fewer than two samples, or no dimension; or ``side`` is unknown.
    """
    if side not in get_args(Side):
        raise ValueError(f"side is {side!r}: choose one of {', '.join(map(repr, get_args(Side)))}")
    problem, a, b = _checked(z_a, z_b)
    # Every process must learn of a problem on any of them: it would wait for the others forever.
    numbers = gather_numbers(a.shape[0], a.shape[-1], int(problem is not None), device=a.device)
    if problem is None and numbers[:, 2].any():
        problem = f"process {int(numbers[:, 2].argmax())} was given bad views: see its message"
    if problem is None and (numbers[:, 1] != a.shape[1]).any():
        problem = f"processes have embeddings of {numbers[:, 1].tolist()} dimensions: they must agree"
    counts = numbers[:, 0].tolist()
    if problem is None and sum(counts) < 2:
        problem = f"a batch of {sum(counts)}: the loss compares samples, give at least 2"
    if problem is not None:
        raise ValueError(problem)
    views = Views(a, b, counts, split=process_count() > 1)
    keep_split = side == "covariance" or (side == "auto" and 2 * views.samples > moments * views.dimensions)
    return views if keep_split else views.gathered()


def _checked(z_a: Tensor, z_b: Tensor) -> tuple[str | None, Tensor, Tensor]:
    """What is wrong with the views, if anything, and the views in at least float32."""
    try:
        a, b = as_embeddings(z_a), as_embeddings(z_b)
    except ValueError as error:
        return str(error), z_a, z_b
    if a.shape != b.shape:
        return f"views of shape {tuple(a.shape)} and {tuple(b.shape)}: give two views of the same samples", a, b
    if a.shape[1] == 0:
        return f"embeddings of shape {tuple(a.shape)} have no dimension: give at least 1", a, b
    dtype = torch.promote_types(a.dtype, b.dtype)
    if not (_finite(a.detach()) and _finite(b.detach())):
        return "embeddings have NaN or infinite entries: lower the learning rate, or skip this batch", a, b
    return None, a.to(dtype), b.to(dtype)


def _finite(z: Tensor) -> bool:
    # A sum passes NaN and infinity on, in one quick pass; only a sum that overflows needs a look at every entry.
    return bool(torch.isfinite(z.sum())) or bool(torch.isfinite(z).all())


class _SquareSums(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, dim: int) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.save_for_backward(x)
        ctx.dim = dim
        with torch.autocast(x.device.type, enabled=False):
            return torch.linalg.vecdot(x, x, dim=dim)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (x,) = ctx.saved_tensors
        return x * (2 * gradient).unsqueeze(ctx.dim), None


def square_sums(x: Float[Tensor, "n M"], dim: int) -> Float[Tensor, " _"]:
    """Σ x² along samples (0) or dimensions (1). Its gradient is one pass over ``x``, where autograd makes four."""
    return _SquareSums.apply(x, dim)  # pyright: ignore[reportReturnType]


def off_diagonal_norm(matrix: Float[Tensor, "M M"]) -> Float[Tensor, ""]:
    """‖A − diag(A)‖²_F. Overwrites the diagonal of ``matrix``."""
    return matrix.fill_diagonal_(0).square().sum()
