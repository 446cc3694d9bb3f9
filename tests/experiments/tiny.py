"""A scale of seconds for tests: digits, networks of a few weights; and grids run in processes of their own."""

import os
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import torch

from duality.cli import main
from duality.experiments.plan import scale as scales
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale, scale_from_dict
from duality.experiments.run.queue import CellFailure, run_cells
from duality.training.monitor import Reporter
from tests.training.runs import ONE_PROCESS, SERVER

SETTINGS = (
    "data.batch_size=16",
    "data.train_size=64",
    "encoder.width=4",
    "optimizer.epochs=2",
    "optimizer.warmup_epochs=1",
    "run.log_steps=1",
)
LOSSES = {"VICReg": "VICReg", "VICReg-exp": "VICRegExp", "VICReg-ctr": "VICRegCtr", "SimCLR": "SimCLR"}


def tiny_scale(*overrides: str, **methods: dict[str, Any]) -> Scale:
    """The scale, with more overrides, and with more methods or other settings of those it has."""
    table = {
        "recipe": "digits",
        "set": [*SETTINGS, *overrides],
        "seeds": 2,
        "margin": 1.0,
        "dimensions": [2, 4, 8, 16],
        "hidden": 8,
        "baseline": "VICReg",
        "methods": {name: {"loss": loss} for name, loss in LOSSES.items()} | methods,
    }
    return scale_from_dict("tiny", table)


def grid(scale: Scale, methods: tuple[str, ...] = ("VICReg", "SimCLR"), seeds: int = 1) -> list[Cell]:
    return [Cell(scale, method, scale.projector, seed) for method in methods for seed in range(seeds)]


class Listener(Reporter):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def heard(self, part: str) -> bool:
        return any(part in line for line in self.lines)


def run_grid(cells: list[Cell], place: Path, reporter: Reporter | None = None) -> list[CellFailure]:
    return run_cells(cells, place / "runs", place / "results", ONE_PROCESS, reporter or Listener())


def start_command(words: list[str], said: Path, *overrides: str, barrier: Any = None) -> ForkServerProcess:
    """``duality-verify`` at the tiny scale in a process of its own, what it says in a file."""
    process = SERVER.Process(target=_command, args=(words, said, overrides, barrier))
    process.start()
    return process


def _command(words: list[str], said: Path, overrides: tuple[str, ...], barrier: Any) -> None:
    torch.set_num_threads(1)
    scales.load_scale = lambda name: tiny_scale(*overrides)
    with said.open("a") as file:
        os.dup2(file.fileno(), 2)
        os.dup2(file.fileno(), 1)
        if barrier is not None:
            barrier.wait()
        main(words)
