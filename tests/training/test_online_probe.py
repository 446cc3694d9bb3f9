import json
from pathlib import Path

import pytest
import torch

from duality.training.batches import TrainingBatches
from duality.training.data import load_split
from duality.training.embed import features_of, load_network
from duality.training.encoder import synchronize_batch_norm
from duality.training.features import Features
from duality.training.monitor import Reporter
from duality.training.online_probe import OnlineProbe, learn, online_right
from duality.training.processes import join_processes
from tests.training.runs import ONE_PROCESS, final_state, run_here, run_ranks, start_ranks, tiny

STEPS = 60


def clusters(n: int, seed: int) -> Features:
    """Three classes far from the origin and of unequal scales, as representations may be."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (n,), generator=generator)
    x = torch.eye(3)[labels] + 0.2 * torch.randn(n, 3, generator=generator)
    return Features({"representations": (5 + x) * torch.tensor([0.01, 1.0, 100.0])}, labels)


def taught(rows: slice, steps: int = STEPS) -> tuple[OnlineProbe, list[tuple[float, float]]]:
    """A probe that has learned from some rows of batches of 12."""
    torch.manual_seed(0)
    probe = OnlineProbe(3, 3)
    synchronize_batch_norm(probe, torch.device("cpu"))
    optimizer = probe.optimizer()
    optimizer.param_groups[0]["lr"] = 0.1
    said = []
    for step in range(steps):
        batch = clusters(12, step)
        said.append(learn(probe, optimizer, batch.representations[rows], batch.labels[rows], 12))
    return probe, said


def test_the_probe_learns_whatever_the_representations_scale():
    probe, said = taught(slice(None))
    assert online_right(probe, clusters(300, 99)) > 0.95 * 300
    assert said[-1][0] < said[0][0]
    assert said[-1][1] > 0.9


def _teach_rank(folder: Path) -> None:
    with join_processes("cpu") as process:
        # Unequal parts of the batch.
        probe, said = taught((slice(0, 5), slice(5, 12))[process.rank])
        torch.save({"probe": probe.state_dict(), "said": said}, folder / f"{process.rank}.pt")


def test_two_processes_teach_it_what_one_does(tmp_path):
    alone, said = taught(slice(None))
    start_ranks(2, _teach_rank, tmp_path)
    for rank in range(2):
        state = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        # Sixty steps of float32, summed in another order.
        torch.testing.assert_close(state["probe"], alone.state_dict(), rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(torch.tensor(state["said"]), torch.tensor(said), rtol=0, atol=1e-3)


def test_the_probe_teaches_the_encoder_nothing(tmp_path):
    """With the probe learning in every step, in every second, or hardly, the encoder ends with the same bits."""
    states = []
    for every in (1, 2, 100):
        run_here(tmp_path / str(every), f"probe.online_every={every}", "optimizer.epochs=1")
        states.append(final_state(tmp_path / str(every)))
    for state in states[1:]:
        assert all(torch.equal(state["network"][name], value) for name, value in states[0]["network"].items())
        assert not torch.equal(state["probe"]["linear.weight"], states[0]["probe"]["linear.weight"])


def test_the_probe_learns_on_clean_images_every_second_step_at_the_run_s_rate(tmp_path, monkeypatch):
    rates = []
    monkeypatch.setattr(
        "duality.training.loop.learn",
        lambda probe, optimizer, *rest: (
            rates.append(optimizer.param_groups[0]["lr"]) or learn(probe, optimizer, *rest)
        ),
    )
    run_here(tmp_path, "probe.online_lr=0.4")
    batches = TrainingBatches(load_split(tiny().data, "train"), tiny(), ONE_PROCESS.device)
    assert len(rates) == 3 * batches.steps_per_epoch // 2
    # A warm-up of four steps to the peak in step 3, then a cosine over eight; the even steps.
    assert rates[:2] == pytest.approx([0.1, 0.3])
    assert rates[2:] == pytest.approx([0.4, 0.3414, 0.2, 0.0586], abs=1e-4)
    assert sum(final_state(tmp_path)["probe"]["norm.running_mean"].abs()) > 0


def test_processes_share_the_test_and_score_it_as_one(tmp_path):
    run_ranks(3, tmp_path, "optimizer.epochs=1", "probe.online_lr=2.0")
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    trained = load_network(tmp_path, Reporter(quiet=True))
    assert trained.online is not None
    features = features_of(trained, "test")
    accuracy = online_right(trained.online, features) / len(features.labels)
    # One image: a rounding may move one that lies on the edge between two classes.
    assert lines[-1]["test_probe_accuracy"] == pytest.approx(accuracy, abs=1.5 / 360)
    assert accuracy > 0
