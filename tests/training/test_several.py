"""Several processes as on several machines: folders that are not shared, ranks that fail, ranks that disagree."""

import json
import os
import time
from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import distributed

from duality.training import embed
from duality.training.checkpoint import checkpoints
from duality.training.data import load_split
from duality.training.embed import load_everywhere
from duality.training.errors import DataError
from duality.training.features import extract_features
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.processes import join_processes
from tests.training.runs import differences, final_state, run_here, start_ranks, tiny

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


def evaluate_together(folder: Path) -> None:
    """What a rank finds, and how much it keeps of the images; the leader alone has the run."""
    with (
        join_processes("cpu") as process,
        patch.object(embed, "extract_features", wraps=extract_features) as extract,
    ):
        run = folder if process.leads else folder / "elsewhere"
        trained = load_everywhere(run, process, Reporter())
        found = embed.evaluate(trained, group=None).accuracy
        images = [len(call.args[1]) for call in extract.call_args_list]
        layers = [call.args[4] for call in extract.call_args_list]
    (folder / f"found-{process.rank}.json").write_text(json.dumps([found, images, layers]))


def test_an_evaluation_is_shared_among_ranks_and_finds_what_one_process_finds(tmp_path):
    run_here(tmp_path)
    alone = embed.evaluate(embed.load_network(tmp_path, Reporter())).accuracy
    assert alone["test"].keys() == {"linear", "knn", "online"}
    start_ranks(2, evaluate_together, tmp_path)
    found, images, layers = zip(
        *(json.loads((tmp_path / f"found-{rank}.json").read_text()) for rank in range(2)), strict=True
    )
    splits = [len(load_split(tiny().data, split)) for split in ("train", "test")]
    assert list(found) == [alone, alone]
    assert [sum(shares) for shares in zip(*images, strict=True)] == splits
    assert all(abs(one - other) <= 1 for one, other in zip(*images, strict=True))
    assert list(layers) == [[["representations"]] * 2] * 2


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
