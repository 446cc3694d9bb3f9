"""Several gloo processes train on what one would, batch norm and all.

The rate is small: at a large one a rounding that moves a single ReLU grows into a different curve within steps.
"""

import json

import pytest
import torch

from duality.training import loop
from duality.training.checkpoint import checkpoints
from duality.training.errors import RunError
from duality.training.processes import any_process, join_processes
from tests.training.runs import build_in, differences, final_state, run_here, run_ranks

FIFTY_STEPS = (
    "optimizer.epochs=13",
    "optimizer.name=sgd",
    "optimizer.base_lr=1e-4",
    "probe.test_every=13",
    "run.checkpoint_minutes=60",
)
PRECISIONS = [torch.float32, torch.float64]


def losses(folder) -> torch.Tensor:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return torch.tensor([line["loss"] for line in lines if "loss" in line], dtype=torch.float64)


def furthest(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).abs().max())


@pytest.fixture(scope="module")
def curves(tmp_path_factory):
    """One process's loss curve in either precision, and how far it moves when its first weights do by a bit."""
    found = {}
    for dtype in PRECISIONS:
        runs = []
        for rounded_anew in (False, True):
            folder = tmp_path_factory.mktemp("one")
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(loop, "build_network", build_in(dtype, rounded_anew))
                run_here(folder, *FIFTY_STEPS)
            runs.append(losses(folder))
        found[dtype] = (runs[0], furthest(*runs))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_two_ranks_have_one_process_s_loss_curve_over_fifty_steps(tmp_path, curves, dtype):
    one, noise = curves[dtype]
    run_ranks(2, tmp_path / "two", *FIFTY_STEPS, dtype=dtype)
    two = losses(tmp_path / "two")
    assert len(two) == len(one) == 52
    # Every one of the 52 steps rounds anew, the reference only once.
    assert furthest(two, one) <= 52 * noise


@pytest.mark.slow
def test_batch_norm_of_each_rank_s_own_would_be_noticed(tmp_path, curves):
    one, noise = curves[torch.float64]
    run_ranks(2, tmp_path / "two", *FIFTY_STEPS, dtype=torch.float64, synchronized=False)
    assert furthest(losses(tmp_path / "two"), one) > 1e6 * noise


@pytest.mark.slow
def test_ranks_resume_as_one(tmp_path):
    """Two ranks for an epoch, then for the rest, against two ranks throughout: the same bits."""
    run_ranks(2, tmp_path / "whole")
    run_ranks(2, tmp_path / "parts")
    (tmp_path / "parts" / checkpoints(tmp_path / "parts")[-1][1].name).unlink()
    assert checkpoints(tmp_path / "parts")[-1][0] == 8
    run_ranks(2, tmp_path / "parts")
    assert differences(final_state(tmp_path / "whole"), final_state(tmp_path / "parts")) == []


def test_one_process_alone():
    with join_processes("cpu") as process:
        assert (process.rank, process.world, process.leads, process.device.type) == (0, 1, True, "cpu")
        assert any_process(True, process.device)
        assert not any_process(False, process.device)
    with pytest.raises(RunError, match="choose auto, cpu, cuda or"), join_processes("tpu"):
        pass


def test_cuda_where_there_is_none(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RunError, match="no CUDA device here"), join_processes("cuda"):
        pass
