"""Collectives whose gradients are right, for a loss over the samples of all processes.

A loss that every process computes from the whole batch is counted once per process in the backward pass: a
collective's gradient *sums* over processes, and the average that `DistributedDataParallel` takes cancels the
factor. (A bare `torch.distributed.all_reduce` on a tensor of the graph passes the local gradient on, which leaves
1/W of the right one over W processes.)

Every function takes the ``group`` of processes that take part, by default all. For a process by itself (``"self"``,
or no initialised process group) all are the identity. Any backend will do: gloo, NCCL.
"""

from typing import Literal

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch import distributed as dist

Group = dist.ProcessGroup | Literal["self"] | None
"""A group of torch.distributed, None for the default one, or this process by itself."""

_LONGEST_TEXT = 300


def process_count(group: Group = None) -> int:
    """The number of processes; 1 where torch.distributed is not in use.

    Raises:
        ValueError: this process is not in the group.
    """
    if group == "self" or not (dist.is_available() and dist.is_initialized()):
        return 1
    count = dist.get_world_size(group)
    if count < 1:
        raise ValueError("this process is not in the group given: give one that it is in, or keep to the process")
    return count


def process_rank(group: Group = None) -> int:
    """The number of this process within the group, from 0; 0 where torch.distributed is not in use."""
    return 0 if group == "self" or process_count(group) == 1 else dist.get_rank(group)


def sum_over_processes(x: Float[Tensor, "..."], group: Group = None) -> Float[Tensor, "..."]:
    """The sum of ``x`` over processes, on each of them; the gradient is summed likewise."""
    if process_count(group) == 1:
        return x
    return _SumOverProcesses.apply(x, group)  # pyright: ignore[reportReturnType]


def gather_samples(z: Float[Tensor, "n M"], counts: list[int], group: Group = None) -> Float[Tensor, "N M"]:
    """The samples of all processes in order of rank, on each of them.

    Args:
        z: the samples of this process.
        counts: how many samples each process has, from `gather_numbers`; they may differ, and be zero.
        group: the processes.
    """
    if process_count(group) == 1:
        return z
    return _GatherSamples.apply(z, counts, group)  # pyright: ignore[reportReturnType]


def gather_numbers(*numbers: int, device: torch.device, group: Group = None) -> list[list[int]]:
    """A few integers of every process, one row per process."""
    if process_count(group) == 1:
        return [list(numbers)]
    return stacked(torch.tensor(numbers, device=device), group).tolist()


def gather_texts(text: str, device: torch.device, group: Group = None) -> list[str]:
    """A line of every process, cut off after 300 bytes."""
    line = text.encode()[:_LONGEST_TEXT]
    codes = torch.tensor(list(line.ljust(_LONGEST_TEXT, b"\0")), dtype=torch.uint8, device=device)
    return [bytes(row.tolist()).rstrip(b"\0").decode(errors="ignore") for row in stacked(codes, group).cpu()]


def reduced(x: Shaped[Tensor, "..."], group: Group = None) -> Shaped[Tensor, "..."]:
    """The sum of ``x`` over processes, outside the graph: for use inside an autograd function."""
    if process_count(group) == 1:
        return x
    x = x.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(x, group=_of_torch(group))
    return x


def stacked(x: Shaped[Tensor, "..."], group: Group = None) -> Shaped[Tensor, "W ..."]:
    """``x`` of every process, of one shape on all, outside the graph."""
    if process_count(group) == 1:
        return x[None]
    rows = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(process_count(group))]
    dist.all_gather(rows, x.contiguous(), group=_of_torch(group))
    return torch.stack(rows)


def _of_torch(group: Group) -> dist.ProcessGroup | None:
    assert group != "self"
    return group


class _SumOverProcesses(torch.autograd.Function):
    """Linear, and its own adjoint: derivatives of any order and direction are sums over processes."""

    @staticmethod
    def forward(x: Tensor, group: Group) -> Tensor:
        return reduced(x, group)

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, Group], output: Tensor) -> None:
        _, ctx.group = inputs

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return sum_over_processes(gradient, ctx.group), None

    @staticmethod
    def jvp(ctx, tangent: Tensor, _: None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return sum_over_processes(tangent, ctx.group)

    @staticmethod
    def vmap(info, in_dims: tuple, x: Tensor, group: Group) -> tuple[Tensor, int]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return sum_over_processes(x, group), in_dims[0]


class _GatherSamples(torch.autograd.Function):
    @staticmethod
    def forward(z: Tensor, counts: list[int], group: Group) -> Tensor:
        # Collectives want equal shapes: shorter parts are padded.
        padded = z.new_zeros(max(counts), *z.shape[1:])
        padded[: z.shape[0]] = z
        return torch.cat([part[:count] for part, count in zip(stacked(padded, group), counts, strict=True)])

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, list[int], Group], output: Tensor) -> None:
        _, ctx.counts, ctx.group = inputs

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        mine = sum_over_processes(gradient, ctx.group).split(ctx.counts)[process_rank(ctx.group)]
        return mine, None, None

    @staticmethod
    def jvp(ctx, tangent: Tensor, *_: None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return gather_samples(tangent, ctx.counts, ctx.group)

    @staticmethod
    def vmap(info, in_dims: tuple, z: Tensor, counts: list[int], group: Group) -> tuple[Tensor, int]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return gather_samples(z.movedim(in_dims[0], -1), counts, group), z.ndim - 1
