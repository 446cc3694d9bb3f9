"""Several processes as on several machines: folders that are not shared, ranks that fail, ranks that disagree."""

import os
import time
from pathlib import Path

import pytest
import torch
from torch import distributed

from duality.training.checkpoint import checkpoints
from duality.training.errors import DataError
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.processes import join_processes
from tests.training.runs import differences, final_state, start_ranks, tiny

SECONDS = 60
"""Within which all must have ended; a group's own time-out is half an hour."""


def train_apart(folder: Path, differing: bool = False) -> None:
    """A rank's run in a folder of its own."""
    with (folder.parent / f"{folder.name}-{os.environ['RANK']}.log").open("w") as said:
        os.dup2(said.fileno(), 2)
    with join_processes("cpu") as process:
        seed = process.rank if differing else 0
        train(tiny(f"run.seed={seed}"), folder / f"rank-{process.rank}", process, Reporter())


def train_and_fail(folder: Path) -> None:
    said = (folder / f"rank-{os.environ['RANK']}.log").open("w")
    os.dup2(said.fileno(), 2)
    with join_processes("cpu") as process:
        if process.rank == 1:
            raise DataError("image 7 is gone: put it back")
        distributed.all_reduce(torch.ones(1))  # in which rank 1 never joins


def test_ranks_with_folders_of_their_own_resume_where_the_leader_was(tmp_path):
    """Each rank once loaded from its own disk: the leader went on from step 8, the other from initial weights."""
    start_ranks(2, train_apart, tmp_path / "whole")
    start_ranks(2, train_apart, tmp_path / "again")
    last = checkpoints(tmp_path / "again" / "rank-0")[-1][1]
    last.unlink()
    start_ranks(2, train_apart, tmp_path / "again")
    whole, again = (final_state(tmp_path / name / "rank-0") for name in ("whole", "again"))
    assert differences(whole, again) == []
    assert checkpoints(tmp_path / "again" / "rank-1") == []


def test_a_rank_that_fails_ends_the_others_with_its_reason(tmp_path):
    begun = time.monotonic()
    with pytest.raises(AssertionError):
        start_ranks(2, train_and_fail, tmp_path)
    assert time.monotonic() - begun < SECONDS
    said = (tmp_path / "rank-0.log").read_text()
    assert "process 0 ends, since process 1 failed: image 7 is gone: put it back" in said


def test_ranks_that_were_started_differently_stop_with_one_line(tmp_path):
    with pytest.raises(AssertionError):
        start_ranks(2, train_apart, tmp_path / "run", True)
    said = [(tmp_path / f"run-{rank}.log").read_text() for rank in range(2)]
    assert any("the processes' runs differ (run.seed is 0 there and 1 here)" in text for text in said), said
    assert checkpoints(tmp_path / "run" / "rank-0") == []
