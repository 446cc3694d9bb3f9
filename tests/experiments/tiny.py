"""A scale of seconds for tests: digits, networks of a few weights; and grids run in processes of their own."""

import os
import sys
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import torch

from duality.cli import main
from duality.experiments.plan import scale as scales
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.preregistration import preregistration_from
from duality.experiments.plan.scale import Scale, scale_from_dict
from duality.experiments.run.cells import run_cells
from duality.experiments.run.queue import Failure
from duality.training.monitor import Reporter
from tests.experiments.synthetic import as_declared
from tests.training.runs import ONE_PROCESS, SERVER

SETTINGS = (
    "data.batch_size=16",
    "data.train_size=64",
    "encoder.width=4",
    "optimizer.epochs=2",
    "optimizer.warmup_epochs=1",
    "run.log_steps=1",
)
DECLARED = """
declared = 2026-01-01
after_data = false
seen = "nothing"

[delta]
share = 0.04
points = 1.0
origin = "for tests"

[spread]
linear = 0.3
origin = "for tests"

[looks]
levels = [0.05]

[blocks.A]
title = "the family"
projectors = ["8-8-16"]
methods = ["VICReg", "VICReg-exp", "VICReg-ctr"]
seeds = [2]

[blocks.B]
title = "SimCLR"
projectors = ["8-8-16"]
methods = ["SimCLR"]
seeds = [2]
"""
LOSSES = {"VICReg": "VICReg", "VICReg-exp": "VICRegExp", "VICReg-ctr": "VICRegCtr", "SimCLR": "SimCLR"}


TUNED = "searched"
"""A method of the scale that has a search to go through first."""
RANGES = {"optimizer.base_lr": [0.001, 0.01], "loss.arguments.temperature": [0.1, 1.0]}

TUNING = {"trials": 3, "set": ["optimizer.epochs=1", "data.validation_size=200"]}


def tiny_scale(*overrides: str, tuning: dict[str, Any] = TUNING, **methods: dict[str, Any]) -> Scale:
    """The scale, with more overrides, and with more methods or other settings of those it has."""
    table = {
        "recipe": "digits",
        "set": [*SETTINGS, *overrides],
        "representation": 4,
        "dimensions": [2, 4, 8, 16],
        "hidden": 8,
        "baseline": "VICReg",
        "tuning": tuning,
        "methods": {
            **{name: {"loss": loss} for name, loss in LOSSES.items()},
            TUNED: {"loss": "SimCLR", "ranges": RANGES},
            **methods,
        },
    }
    return as_declared(scale_from_dict("tiny", table, preregistration_from(DECLARED)))


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


def run_grid(cells: list[Cell], place: Path, reporter: Reporter | None = None) -> list[Failure]:
    return run_cells(cells, place / "runs", place / "results", ONE_PROCESS, reporter or Listener())


def start_command(
    words: list[str], said: Path, *overrides: str, barrier: Any = None, tuning: dict[str, Any] = TUNING
) -> ForkServerProcess:
    """``duality-verify`` at the tiny scale in a process of its own, what it says in a file."""
    process = SERVER.Process(target=_command, args=(words, said, overrides, barrier, tuning))
    process.start()
    return process


def _command(
    words: list[str], said: Path, overrides: tuple[str, ...], barrier: Any, tuning: dict[str, Any]
) -> None:
    torch.set_num_threads(1)
    scales.load_scale = lambda *_: tiny_scale(*overrides, tuning=tuning)
    with said.open("a") as file:
        os.dup2(file.fileno(), 2)
        os.dup2(file.fileno(), 1)
        if barrier is not None:
            barrier.wait()
        sys.exit(main(words))
