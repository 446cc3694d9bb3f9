"""The processes of a run: one alone, or several under torchrun, each with its device.

Several fail together: the one that fails leaves its reason where all look, and the others end with it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from duality.training.errors import RunError
from duality.training.watch import watched

_JOINED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


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
    """``"cpu"``, ``"cuda"``, ``"cuda:1"`` and so on, or ``"auto"`` for a GPU where there is one.

    Raises:
        RunError: there is no such GPU here, or another name.
    """
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (":" in device and not (kind == "cuda" and index.isdecimal())):
        raise RunError(f"device is {device!r}: choose auto, cpu, cuda or, of several GPUs, cuda:1")
    if kind == "cuda" and not torch.cuda.is_available():
        raise RunError("no CUDA device here: use --device cpu")
    if index and int(index) >= torch.cuda.device_count():
        raise RunError(f"no {device} here: there are {torch.cuda.device_count()} GPUs, counted from 0")
    if index:
        return torch.device("cuda", int(index))
    return torch.device("cuda" if kind != "cpu" and torch.cuda.is_available() else "cpu")


def world_size(environment: Mapping[str, str] = os.environ) -> int:
    """How many processes torchrun started, this one among them.

    Raises:
        RunError: the variables that torchrun sets are incomplete or wrong, or srun started several tasks alone.
    """
    given = environment.get("WORLD_SIZE", "1")
    if not given.isdecimal() or int(given) < 1:
        raise RunError(f"WORLD_SIZE is {given!r}: start with torchrun, which sets it, or unset it")
    tasks = environment.get("SLURM_STEP_NUM_TASKS", "1")
    if "WORLD_SIZE" not in environment and tasks != "1":
        raise RunError(
            f"srun started {tasks} tasks that do not know of each other: let srun start one torchrun a node, "
            "or set WORLD_SIZE=1 for tasks that each do their own"
        )
    if given == "1":
        return 1
    lacking = [name for name in _JOINED if name not in environment]
    if lacking:
        raise RunError(f"WORLD_SIZE is {given} without {lacking[0]}: start with torchrun, or unset WORLD_SIZE")
    for name, limit in (("RANK", int(given)), ("MASTER_PORT", 2**16)):
        if not environment[name].isdecimal() or int(environment[name]) >= limit:
            raise RunError(f"{name} is {environment[name]!r}: it counts from 0 to {limit - 1}; start with torchrun")
    return int(given)


@contextmanager
def join_processes(device: str = "auto") -> Iterator[Process]:
    """Join the other processes that torchrun started, if it did: NCCL on GPUs, gloo on CPUs.

    Within, one that fails, by whatever exception, ends the others within seconds, each with that reason.

    ``device`` is as for `choose_device`, which raises RunError.

    Raises:
        RunError: the others cannot be joined, or one of them was lost.
    """
    world = world_size()
    place = choose_device(device)
    if world == 1:
        yield Process(0, 1, place)
        return
    place = _own(place)
    rank = int(os.environ["RANK"])
    with _lost_others():
        # A store of our own choice is one that we may leave a reason in.
        store, _, _ = next(rendezvous("env://", rank, world, timeout=timedelta(minutes=30)))
        dist.init_process_group(
            "nccl" if place.type == "cuda" else "gloo", store=store, rank=rank, world_size=world
        )
    try:
        with watched(store, rank, world), _lost_others():
            yield Process(rank, world, place)
    finally:
        dist.destroy_process_group()


def _own(place: torch.device) -> torch.device:
    """Of several GPUs, the one that torchrun means for this process."""
    if place.type == "cpu":
        return place
    if place.index is not None:
        raise RunError(f"device is {place} for every process: use --device cuda, and each takes its own GPU")
    local = os.environ.get("LOCAL_RANK", "")
    if not local.isdecimal() or int(local) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise RunError(f"LOCAL_RANK is {local!r} with {count} GPUs here: start one process a GPU with torchrun")
    place = torch.device("cuda", int(local))
    torch.cuda.set_device(place)
    return place


@contextmanager
def _lost_others() -> Iterator[None]:
    """Within, an error of the connections to the other processes is a RunError of one line."""
    try:
        yield
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        if isinstance(error, dist.DistError) or "gloo" in reason:
            raise RunError(
                f"lost the other processes ({reason}): see what they said, and start all again"
            ) from None
        raise


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


def from_leader(content: bytes | None, device: torch.device) -> bytes | None:
    """What the leader has, on every process; the others' own is not looked at."""
    if not dist.is_initialized():
        return content
    size = torch.tensor(-1 if content is None else len(content), device=device)
    dist.broadcast(size, src=0)
    if size < 0:
        return None
    if dist.get_rank() == 0:
        sent = torch.frombuffer(bytearray(content or b""), dtype=torch.uint8).to(device)
    else:
        sent = torch.empty(int(size), dtype=torch.uint8, device=device)
    dist.broadcast(sent, src=0)
    return sent.cpu().numpy().tobytes()
