import errno
import json

import pytest
import torch

from duality.criteria import dimension_fourth_powers, sample_fourth_powers
from duality.training import monitor
from duality.training.errors import RunError
from duality.training.monitor import MetricsLog, Reporter, collapse_warning, embedding_metrics


def gaussian(n: int, m: int) -> torch.Tensor:
    return torch.randn(n, m, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_measures_against_their_definitions():
    z = gaussian(9, 5)
    metrics = embedding_metrics(z)
    total = z.square().sum()
    assert metrics["row_fourth_powers"] == pytest.approx(float(5 * dimension_fourth_powers(z) / total**2))
    assert metrics["column_fourth_powers"] == pytest.approx(float(9 * sample_fourth_powers(z) / total**2))
    assert metrics["norm_mean"] == pytest.approx(float(z.norm(dim=1).mean()))
    centered = z - z.mean(dim=0)
    shares = torch.linalg.svdvals(centered)
    shares = shares / shares.sum()
    assert metrics["effective_rank"] == pytest.approx(float(torch.exp(-(shares * shares.log()).sum())))
    gram, covariance = (z @ z.T).abs(), (centered.T @ centered).abs()
    assert metrics["gram_dominance"] == pytest.approx(float((gram.diagonal() / gram.sum(dim=1)).mean()))
    expected = float((covariance.diagonal() / covariance.sum(dim=1)).mean())
    assert metrics["covariance_dominance"] == pytest.approx(expected)


def test_measures_at_their_extremes():
    """Copies of ± an orthonormal basis: centred, all directions alike, the lower bounds of Lemma 3.4."""
    basis = torch.eye(4, dtype=torch.float64)
    spread = embedding_metrics(torch.cat([basis, -basis]))
    assert spread["effective_rank"] == pytest.approx(4)
    assert spread["covariance_dominance"] == pytest.approx(1)
    assert spread["row_fourth_powers"] == pytest.approx(1)
    assert spread["column_fourth_powers"] == pytest.approx(1)
    assert collapse_warning(spread, 3) is None
    # One dimension alone, one sample alone: the upper bounds, M and N.
    single = torch.zeros(6, 3)
    single[2, 1] = 2.0
    assert embedding_metrics(single)["row_fourth_powers"] == pytest.approx(3)
    assert embedding_metrics(single)["column_fourth_powers"] == pytest.approx(6)


@pytest.mark.parametrize("z", [torch.ones(8, 4), torch.zeros(8, 4), torch.arange(8.0)[:, None] * torch.ones(4)])
def test_collapse_to_a_point_or_a_line_is_noticed(z):
    metrics = embedding_metrics(z)
    assert metrics["effective_rank"] == pytest.approx(1, abs=0.01)
    warning = collapse_warning(metrics, 4)
    assert warning is not None
    assert "collapsed" in warning


@pytest.mark.parametrize(("rank", "most", "collapsed"), [(10.6, 512, True), (30.0, 512, False), (2.1, 4, False)])
def test_collapse_to_a_small_share_of_the_dimensions_is_noticed(rank, most, collapsed):
    warning = collapse_warning({"effective_rank": rank}, most)
    assert (warning is not None) == collapsed
    assert warning is None or f"effective rank {rank:.2f} of {most}" in warning


def test_the_log_drops_what_a_resumed_run_writes_anew(tmp_path):
    log = MetricsLog(tmp_path, 0)
    for step in range(5):
        log.write(step, {"loss": step / 2})
    log.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 5, "lo')  # cut short by a kill
    log = MetricsLog(tmp_path, 3)
    log.write(3, {"loss": 9.0})
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [(line["step"], line["loss"]) for line in lines] == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 9.0)]


def test_a_full_disk_is_an_error_of_one_line(tmp_path):
    log = MetricsLog(tmp_path, 0)

    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    log._file.close()
    log._file = Full()
    with pytest.raises(RunError, match=r"No space left on device.*free some space and resume"):
        log.write(0, {"loss": 1.0})


def test_lines_on_a_pipe_and_a_bar_on_a_terminal(capsys, monkeypatch):
    plain = Reporter()
    plain.start(3, 0)
    plain.advance("epoch 1/1")
    plain.say("epoch 1/1: done [50 %]")
    plain.stop()
    assert capsys.readouterr().err == "epoch 1/1: done [50 %]\n"
    quiet = Reporter(quiet=True)
    quiet.say("nothing")
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Reporter()
    terminal.start(3, 1)
    terminal.advance("epoch 1/1")
    terminal.say("hello")
    terminal.stop()
    shown = capsys.readouterr().err
    assert "2/3" in shown
    assert "hello" in shown


def test_without_a_terminal_progress_is_a_line_now_and_then(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(monitor.time, "monotonic", lambda: now[0])
    reporter = Reporter()
    reporter.start(1000, 400)  # resumed: what another process did says nothing of the pace
    for _ in range(250):
        now[0] += 0.5
        reporter.advance("epoch 2/3")
    reporter.stop()
    assert capsys.readouterr().err.splitlines() == [
        "epoch 2/3, step 460 of 1,000, about 0:04:30 left",
        "epoch 2/3, step 520 of 1,000, about 0:04:00 left",
        "epoch 2/3, step 580 of 1,000, about 0:03:30 left",
        "epoch 2/3, step 640 of 1,000, about 0:03:00 left",
    ]


def test_tensorboard_has_what_the_log_has(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = MetricsLog(tmp_path, 0)
    for step in range(3):
        log.write(step, {"loss": step / 2, "epoch": 1})
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(0, 0.0), (1, 0.5), (2, 1.0)]
