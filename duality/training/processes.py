"""The processes of a run: one alone, or several under torchrun, each with its device."""

import os
import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist

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


def environment() -> dict[str, str | int]:
    """Versions and hardware, for the record."""
    import torchvision

    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "torchvision": str(torchvision.__version__),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def current_commit() -> str:
    """The commit of the source in use, where it is a git checkout."""
    folder = Path(__file__).parent
    asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else "unknown"


def _processor() -> str:
    """The processor's model where Linux tells it, else its architecture."""
    description = Path("/proc/cpuinfo")
    lines = description.read_text("utf-8").splitlines() if description.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
