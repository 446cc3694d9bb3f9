"""The processes of a run: one alone, or several under torchrun, each with its device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist

# experiments still takes these from here.
from duality.provenance import current_commit as current_commit
from duality.provenance import environment as environment
from duality.training.errors import RunError


@dataclass(frozen=True)
class Process:
    """This process: its number, how many there are, and where it computes."""

    rank: int
    world: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes files and reports."""
        return self.rank == 0


def choose_device(device: str) -> torch.device:
    """``"cpu"``, ``"cuda"``, or ``"auto"`` for a GPU where there is one.

    Raises:
        RunError: ``"cuda"`` where there is no GPU, or another name.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise RunError(f"device is {device!r}: choose auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise RunError("no CUDA device here: use --device cpu")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


@contextmanager
def join_processes(device: str = "auto") -> Iterator[Process]:
    """Join the other processes that torchrun started, if it did: NCCL on GPUs, gloo on CPUs.

    ``device`` is as for `choose_device`, which raises RunError.
    """
    kind = choose_device(device).type
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Process(0, 1, torch.device(kind))
        return
    place = torch.device(kind, int(os.environ["LOCAL_RANK"])) if kind == "cuda" else torch.device(kind)
    if kind == "cuda":
        torch.cuda.set_device(place)
    dist.init_process_group("nccl" if kind == "cuda" else "gloo")
    try:
        yield Process(dist.get_rank(), world, place)
    finally:
        dist.destroy_process_group()


def any_process(flag: bool, device: torch.device) -> bool:
    """Whether the flag is set on any process."""
    if not dist.is_initialized():
        return flag
    raised = torch.tensor(int(flag), device=device)
    dist.all_reduce(raised, op=dist.ReduceOp.MAX)
    return bool(raised)


def emulates(precision: torch.dtype, device: torch.device) -> bool:
    """Whether this processor lacks a precision, so that computing in it is far slower than in float32."""
    supported = {
        torch.bfloat16: torch.ops.mkldnn._is_mkldnn_bf16_supported,
        torch.float16: torch.ops.mkldnn._is_mkldnn_fp16_supported,
    }
    return device.type == "cpu" and precision in supported and not supported[precision]()
