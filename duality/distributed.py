"""Collectives whose gradients are right, for a loss over the samples of all processes.

A loss that every process computes from the whole batch is counted once per process in the backward pass: a
collective's gradient *sums* over processes, and the average that `DistributedDataParallel` takes cancels the
factor. (A bare `torch.distributed.all_reduce` on a tensor of the graph passes the local gradient on, which leaves
1/W of the right one over W processes.)

Without an initialised process group every function here is the identity. Any backend will do: gloo, NCCL.
"""

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor
from torch import distributed as dist


def process_count() -> int:
    """The number of processes; 1 where torch.distributed is not in use."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def process_rank() -> int:
    """The number of this process, from 0; 0 where torch.distributed is not in use."""
    return dist.get_rank() if process_count() > 1 else 0


def sum_over_processes(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """The sum of ``x`` over processes, on each of them; the gradient is summed likewise."""
    if process_count() == 1:
        return x
    return _SumOverProcesses.apply(x)  # pyright: ignore[reportReturnType]


def gather_samples(z: Float[Tensor, "n M"], counts: list[int]) -> Float[Tensor, "N M"]:
    """The samples of all processes in order of rank, on each of them.

    Args:
        z: the samples of this process.
        counts: how many samples each process has, from `gather_numbers`; they may differ, and be zero.
    """
    if process_count() == 1:
        return z
    return _GatherSamples.apply(z, counts)  # pyright: ignore[reportReturnType]


def gather_numbers(*numbers: int, device: torch.device) -> Int[Tensor, "W numbers"]:
    """A few integers of every process, one row per process, on the CPU."""
    if process_count() == 1:
        return torch.tensor([numbers])
    return stacked(torch.tensor(numbers, device=device)).cpu()


def reduced(x: Shaped[Tensor, "..."]) -> Shaped[Tensor, "..."]:
    """The sum of ``x`` over processes, outside the graph: for use inside an autograd function."""
    if process_count() == 1:
        return x
    x = x.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(x)
    return x


def stacked(x: Shaped[Tensor, "..."]) -> Shaped[Tensor, "W ..."]:
    """``x`` of every process, of one shape on all, outside the graph."""
    if process_count() == 1:
        return x[None]
    rows = [torch.empty_like(x) for _ in range(process_count())]
    dist.all_gather(rows, x.contiguous())
    return torch.stack(rows)


class _SumOverProcesses(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return reduced(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return _SumOverProcesses.apply(gradient)  # pyright: ignore[reportReturnType]


class _GatherSamples(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z: Tensor, counts: list[int]) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        ctx.counts = counts
        # Collectives want equal shapes: shorter parts are padded.
        padded = z.new_zeros(max(counts), *z.shape[1:])
        padded[: z.shape[0]] = z
        return torch.cat([part[:count] for part, count in zip(stacked(padded), counts, strict=True)])

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return sum_over_processes(gradient).split(ctx.counts)[process_rank()], None
