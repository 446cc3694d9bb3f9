"""The ``imagenet`` recipe end to end on a folder of a few small images: torchrun, resume, embed, probe."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from duality.training.checkpoint import checkpoints
from tests.training.images import write_image_folder
from tests.training.runs import run_command, start_command, start_ranks

SMALL = (
    "data.batch_size=8",
    "data.workers=1",
    "views.size=32",
    "encoder.width=8",
    "encoder.projector=32-32-16",
    "optimizer.warmup_epochs=1",
    "run.log_steps=1",
    "run.checkpoint_minutes=0",
)


def torchrun(*words: str) -> str:
    """Run ``duality-verify`` on two ranks as a user would. Returns what it says on stderr."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launcher, "-m", "duality.cli", *words],
        env=os.environ | {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def verify(log: Path, *words: str) -> None:
    process = start_command(list(words), log)
    process.join()
    assert process.exitcode == 0, log.read_text()


@pytest.mark.slow
def test_two_ranks_train_resume_embed_and_probe(tmp_path):
    write_image_folder(tmp_path / "images", per_class=8)
    run = tmp_path / "run"
    settings = [word for item in (*SMALL, f"data.root={tmp_path / 'images'}") for word in ("--set", item)]
    train = ("train", "imagenet", "--out", str(run), "--device", "cpu", "--set", "optimizer.epochs=2", *settings)
    start_ranks(2, run_command, list(train), tmp_path / "log")
    assert checkpoints(run)[-1][0] == 6
    # Resume from the epoch before, started as a user would.
    checkpoints(run)[-1][1].unlink()
    assert "resuming after step 3 of 6" in torchrun(*train)
    assert checkpoints(run)[-1][0] == 6
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(6))
    assert {"loss_invariance", "loss_variance", "loss_covariance"} <= lines[0].keys()
    verify(tmp_path / "log", "embed", str(run), "--layer", "representations")
    tensors = load_file(run / "representations.safetensors")
    assert tensors["representations"].shape == (12, 256)
    verify(tmp_path / "log", "probe", str(run))
