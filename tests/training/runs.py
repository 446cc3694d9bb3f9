"""A run of a few seconds for tests, in this process or in one of its own."""

import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import torch

from duality.cli import main
from duality.training import loop
from duality.training.checkpoint import checkpoints, load_checkpoint
from duality.training.data import Images
from duality.training.encoder import PretrainingNetwork
from duality.training.loop import build_network, train
from duality.training.monitor import Reporter
from duality.training.processes import Process, join_processes
from duality.training.recipe import Recipe, load_recipe

TINY = (
    "data.batch_size=16",
    "data.train_size=64",
    "encoder.width=4",
    "encoder.projector=16-8",
    "optimizer.epochs=3",
    "optimizer.warmup_epochs=1",
    "run.log_steps=1",
)
ONE_PROCESS = Process(0, 1, torch.device("cpu"))


def tiny(*overrides: str) -> Recipe:
    return load_recipe("digits", [*TINY, *overrides])


def run_here(folder: Path, *overrides: str) -> dict[str, float]:
    return train(tiny(*overrides), folder, ONE_PROCESS, Reporter())


SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [
        "duality.cli.program",
        "duality.cli.train",
        "duality.cli.judgements",
        "duality.experiments.run.cells",
        "duality.experiments.run.tune",
        "sklearn.datasets.data",
        "sklearn.datasets.descr",
        "torch.utils.serialization",
        "torch.utils.tensorboard",
        "typer._adapters",
    ]
)
"""Processes that begin where another, with all that a run imports, has come to: 0.01 s in place of five."""


def start_command(words: list[str], said: Path) -> ForkServerProcess:
    """``duality-verify`` in a process of its own, its stderr in a file; without the seconds that imports take."""
    process = SERVER.Process(target=run_command, args=(words, said))
    process.start()
    return process


def run_command(words: list[str], said: Path) -> None:
    """What such a process does; it ends with the command's exit code."""
    torch.set_num_threads(1)
    with said.open("a") as file:
        os.dup2(file.fileno(), 2)
        sys.exit(main(words))


def start_training(folder: Path, *overrides: str) -> ForkServerProcess:
    """``duality-verify train`` of the tiny recipe; what it says on stderr is in the folder's ``.log``."""
    return start_command(training_words(folder, *overrides), folder.with_suffix(".log"))


def training_words(folder: Path, *overrides: str) -> list[str]:
    settings = [word for item in (*TINY, *overrides) for word in ("--set", item)]
    return ["train", "digits", "--out", str(folder), "--device", "cpu", *settings]


def wait_for_checkpoint(folder: Path, process: ForkServerProcess) -> None:
    while not checkpoints(folder):
        assert process.is_alive(), folder.with_suffix(".log").read_text()
        time.sleep(0.02)


def final_state(folder: Path) -> dict:
    return load_checkpoint(checkpoints(folder)[-1][1])


def differences(one: object, other: object, path: str = "") -> list[str]:
    """Where two checkpoints differ, bit by bit."""
    if isinstance(one, torch.Tensor):
        return [] if isinstance(other, torch.Tensor) and torch.equal(one, other) else [path]
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        return [found for key in keys for found in differences(one.get(key), other.get(key), f"{path}.{key}")]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for index, (a, b) in pairs for found in differences(a, b, f"{path}.{index}")]
    return [] if one == other else [path]


def build_in(dtype: torch.dtype, rounded_anew: bool = False) -> Callable[[Recipe, Images], PretrainingNetwork]:
    """What builds the network in a data type; ``rounded_anew`` moves each weight by up to its last bit."""

    def build(recipe: Recipe, images: Images) -> PretrainingNetwork:
        network = build_network(recipe, images).to(dtype)
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for weight in network.parameters() if rounded_anew else ():
                ulps = 4 * torch.rand(weight.shape, generator=generator, dtype=dtype) - 2
                weight.mul_(1 + torch.finfo(dtype).eps / 2 * ulps)
        return network

    return build


def run_ranks(
    world: int,
    folder: Path,
    *overrides: str,
    dtype: torch.dtype = torch.float32,
    synchronized: bool = True,
) -> None:
    """The tiny recipe on several gloo processes; without ``synchronized`` each keeps its own batch norm."""
    start_ranks(world, _train_rank, folder, overrides, dtype, synchronized)


def start_ranks(world: int, work: Callable[..., None], *arguments: object) -> None:
    """Call ``work`` on several processes that see each other as torchrun's do, and wait for them all."""
    processes = begin_ranks(world, work, *arguments)
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * world


def begin_ranks(world: int, work: Callable[..., None], *arguments: object) -> list[ForkServerProcess]:
    """The same without waiting."""
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        port = listener.getsockname()[1]
    processes = [SERVER.Process(target=_rank, args=(rank, world, port, work, arguments)) for rank in range(world)]
    for process in processes:
        process.start()
    return processes


def _rank(rank: int, world: int, port: int, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    torch.set_num_threads(1)
    given = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in given.items()} | {"GLOO_SOCKET_IFNAME": "lo"}
    work(*arguments)


def _train_rank(folder: Path, overrides: tuple[str, ...], dtype: torch.dtype, synchronized: bool) -> None:
    loop.build_network = build_in(dtype)
    if not synchronized:
        loop.synchronize_batch_norm = lambda module, device: None
    with join_processes("cpu") as process:
        train(tiny(*overrides), folder, process, Reporter(quiet=True))
