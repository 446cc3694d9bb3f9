import importlib
import json
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import duality.training.loop as loop
from duality.training import run_folder
from duality.training.checkpoint import checkpoints, save_checkpoint
from duality.training.embed import load_network
from duality.training.errors import DataError, DivergedError, InterruptedRunError, RecipeError, RunError
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.processes import emulates
from duality.training.recipe import load_recipe
from duality.training.run_folder import read_recipe
from duality.training.signals import noticed_signals
from tests.training.images import write_image_folder
from tests.training.runs import (
    ONE_PROCESS,
    differences,
    final_state,
    run_here,
    start_training,
    tiny,
    wait_for_checkpoint,
)

STEPS = 12  # three epochs of four


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nothing interrupts."""
    folder = tmp_path_factory.mktemp("whole")
    run_here(folder)
    return folder


def lines(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_a_run_logs_what_it_does(whole):
    steps = [line for line in lines(whole) if "loss" in line]
    assert [line["step"] for line in steps] == list(range(STEPS))
    for line in steps:
        assert line["loss"] == pytest.approx(line["loss_alignment"] + line["loss_repulsion"], rel=1e-5)
        assert line["images_per_second"] > 0
        assert 1 <= line["effective_rank"] <= 8
        assert 1 <= line["row_fourth_powers"] <= 8
        assert 1 <= line["column_fourth_powers"] <= 16
    assert max(line["learning_rate"] for line in steps) == pytest.approx(2e-3 * 16 / 256)
    epochs = [line for line in lines(whole) if "epoch" in line]
    assert [line["epoch"] for line in epochs] == [0, 1, 2]
    assert all(0 <= line["test_probe_accuracy"] <= 1 for line in epochs)
    assert [step for step, _ in checkpoints(whole)] == [8, STEPS]
    assert read_recipe(whole) == tiny()


def test_the_online_probe_is_tested_as_often_as_the_recipe_says_and_at_the_end(tmp_path):
    run_here(tmp_path, "probe.test_every=2")
    assert [line["epoch"] for line in lines(tmp_path) if "epoch" in line] == [1, 2]


def test_a_run_lowers_its_loss_and_changes_every_weight(tmp_path, whole):
    losses = [line["loss"] for line in lines(whole) if "loss" in line]
    run_here(tmp_path, "optimizer.epochs=20", "optimizer.base_lr=0.05", "run.checkpoint_minutes=60")
    trained = [line["loss"] for line in lines(tmp_path) if "loss" in line]
    assert trained[-1] < losses[0]
    initial = loop.build_network(tiny(), loop.load_split(tiny().data, "train")).state_dict()
    final = final_state(tmp_path)["network"]
    names = [name for name in initial if name.endswith(("weight", "bias"))]
    assert not [name for name in names if torch.equal(initial[name], final[name])]


def test_a_finished_run_is_not_trained_again(whole):
    before = final_state(whole)
    run_here(whole)
    assert differences(before, final_state(whole)) == []
    assert [line["step"] for line in lines(whole) if "loss" in line] == list(range(STEPS))


@pytest.mark.parametrize("stop", [1, 4, 7, 11])
def test_an_interrupted_run_ends_with_the_same_bits(tmp_path, whole, monkeypatch, stop):
    asked = []

    def interrupt_after(flag, device):
        asked.append(flag)
        return len(asked) == stop

    with monkeypatch.context() as patched:
        patched.setattr(loop, "any_process", interrupt_after)
        with pytest.raises(InterruptedRunError, match=f"after step {stop} of {STEPS}"):
            run_here(tmp_path)
    assert checkpoints(tmp_path)[-1][0] == stop
    run_here(tmp_path)
    assert differences(final_state(whole), final_state(tmp_path)) == []
    timeless = [
        [{key: value for key, value in line.items() if key != "images_per_second"} for line in lines(folder)]
        for folder in (whole, tmp_path)
    ]
    assert timeless[0] == timeless[1]


def test_checkpoints_by_the_clock(tmp_path, whole):
    """A moment after the last one: after every step, and in the midst of an epoch."""
    run_here(tmp_path / "often", "run.checkpoint_minutes=1e-9")
    assert [step for step, _ in checkpoints(tmp_path / "often")] == [11, 12]
    run_here(tmp_path / "seldom", "run.checkpoint_minutes=60")
    assert [step for step, _ in checkpoints(tmp_path / "seldom")] == [12]
    assert differences(final_state(whole)["network"], final_state(tmp_path / "seldom")["network"]) == []


@pytest.mark.parametrize("minutes", [0, 60])
def test_checkpoints_of_some_epochs_stay(tmp_path, whole, minutes):
    run_here(tmp_path, "run.keep_every=2", "optimizer.epochs=5", f"run.checkpoint_minutes={minutes}")
    assert [step for step, _ in checkpoints(tmp_path)] == [8, 16, 20]


def test_a_damaged_checkpoint_is_passed_over_saying_so(tmp_path, whole, capsys):
    run_here(tmp_path)
    newest = checkpoints(tmp_path)[-1][1]
    newest.write_bytes(newest.read_bytes()[:-1])
    run_here(tmp_path)
    said = capsys.readouterr().err
    assert f"{newest} was cut short or changed" in said
    assert "resuming after step 8 of 12" in said
    assert differences(final_state(whole), final_state(tmp_path)) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_saves_and_exits_with_130(tmp_path, number):
    folder = tmp_path / "run"
    process = start_training(folder, "optimizer.epochs=2000")
    wait_for_checkpoint(folder, process)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join()
    said = (tmp_path / "run.log").read_text()
    assert process.exitcode == 130, said
    saved = checkpoints(folder)[-1][0]
    assert f"interrupted after step {saved} of 8000" in said
    assert "Traceback" not in said


def test_two_runs_in_one_folder_are_refused(tmp_path):
    folder = tmp_path / "run"
    process = start_training(folder, "optimizer.epochs=2000")
    try:
        wait_for_checkpoint(folder, process)
        with pytest.raises(RunError, match="another run is training in"):
            run_here(folder)
    finally:
        process.kill()
        process.join()
    with pytest.raises(RunError, match=r"optimizer.epochs is 2000 there and 3 here"):
        run_here(folder)


def test_another_recipe_in_the_folder_is_refused(whole):
    with pytest.raises(RunError, match=r"holds another run \(loss.name is 'SimCLR' there and 'VICReg' here\)"):
        run_here(whole, "loss.name=VICReg")


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="choose another folder with --out"):
        run_here(tmp_path / "file" / "run")


def test_a_loss_that_diverges_stops_the_run(tmp_path):
    with pytest.raises(DivergedError, match=r"lower optimizer.base_lr"):
        run_here(tmp_path, "optimizer.name=sgd", "optimizer.base_lr=1e30", "optimizer.warmup_epochs=0")


def test_an_infinite_gradient_stops_the_run_before_it_changes_a_weight(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_gradient_norm", lambda module: torch.tensor(float("inf")))
    with pytest.raises(DivergedError, match="step 0 diverged"):
        run_here(tmp_path)
    assert checkpoints(tmp_path) == []


def test_collapse_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(loop, "collapse_warning", lambda metrics, most: "the embeddings have collapsed")
    run_here(tmp_path, "optimizer.epochs=1")
    assert "warning: the embeddings have collapsed" in capsys.readouterr().err


def test_an_unreadable_image_saves_what_was_done(tmp_path):
    write_image_folder(tmp_path / "images", per_class=8)
    recipe = load_recipe(
        "digits",
        [
            "data.name=folder",
            f"data.root={tmp_path / 'images'}",
            "data.batch_size=4",
            "encoder.width=4",
            "encoder.projector=8-8",
        ],
    )
    bad = tmp_path / "images" / "train" / "class0" / "3.png"
    content = bad.read_bytes()
    bad.write_bytes(content[:50])
    with pytest.raises(DataError, match=r"class0/3.png"):
        train(recipe, tmp_path / "run", ONE_PROCESS, Reporter(quiet=True))
    saved = checkpoints(tmp_path / "run")[-1][0]
    assert saved < 6
    bad.write_bytes(content)


def test_an_unknown_loss_and_missing_data_leave_no_checkpoint(tmp_path, monkeypatch):
    with pytest.raises(RecipeError, match="did you mean"):
        run_here(tmp_path / "a", "loss.name=VICreg")
    monkeypatch.delenv("DUALITY_DATA", raising=False)
    with pytest.raises(DataError, match="no image folder named"):
        run_here(tmp_path / "b", "data.name=folder")


HALF = ("run.precision=bfloat16", "encoder.float32_projector=true", "encoder.width=8")


def test_half_precision_trains_and_again_with_the_same_bits(tmp_path, monkeypatch):
    run_here(tmp_path / "one", *HALF)
    state = final_state(tmp_path / "one")
    assert all(value.dtype != torch.bfloat16 for value in state["network"].values())
    run_here(tmp_path / "two", *HALF)
    assert differences(state, final_state(tmp_path / "two")) == []
    # And resumed in the midst of an epoch.
    with monkeypatch.context() as patched:
        asked = []
        patched.setattr(loop, "any_process", lambda flag, device: asked.append(flag) or len(asked) == 5)
        with pytest.raises(InterruptedRunError):
            run_here(tmp_path / "resumed", *HALF)
    run_here(tmp_path / "resumed", *HALF)
    assert differences(state, final_state(tmp_path / "resumed")) == []


def test_a_processor_that_emulates_the_precision_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    assert [emulates(each, torch.device("cpu")) for each in (torch.float32, torch.bfloat16)] == [False, True]
    assert not emulates(torch.bfloat16, torch.device("cuda"))
    run_here(tmp_path / "slow", *HALF, "optimizer.epochs=1")
    assert "only emulates bfloat16: run.precision=float32 is faster" in capsys.readouterr().err
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    run_here(tmp_path / "fast", *HALF, "optimizer.epochs=1")
    assert "emulates" not in capsys.readouterr().err


def test_the_float32_projector_is_felt(tmp_path):
    run_here(tmp_path / "one", *HALF, "optimizer.epochs=1")
    run_here(tmp_path / "two", "run.precision=bfloat16", "encoder.width=8", "optimizer.epochs=1")
    one, two = (final_state(tmp_path / name)["network"] for name in ("one", "two"))
    assert not torch.equal(one["encoder.projector.0.weight"], two["encoder.projector.0.weight"])


@pytest.mark.slow
def test_a_run_killed_at_any_moment_ends_with_the_same_bits(tmp_path):
    """SIGKILL at twenty random moments of one run, each time resumed."""
    overrides = ("optimizer.epochs=150", "data.train_size=32")
    begun = time.monotonic()
    expected = start_training(tmp_path / "whole", *overrides)
    expected.join()
    seconds = time.monotonic() - begun
    folder, moments = tmp_path / "killed", random.Random()
    for _ in range(20):
        process = start_training(folder, *overrides)
        process.join(timeout=moments.uniform(0, seconds / 8))
        process.kill()
        process.join()
    last = start_training(folder, *overrides)
    last.join()
    assert last.exitcode == 0, (tmp_path / "killed.log").read_text()
    assert differences(final_state(tmp_path / "whole"), final_state(folder)) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("loss.name=simclr", "did you mean SimCLR"),
        ("loss.arguments.temperature=-1", "temperature is -1.0: give a positive"),
        ("loss.arguments.temperature=hot", "temperature is 'hot': give a number"),
        ("loss.arguments.temperature=1e-40", "makes SimCLR (inf|nan)"),
        ("loss.arguments.normalization=foo", "normalization is 'foo': choose"),
        ("optimizer.base_lr=inf", "base_lr is inf: give a finite number"),
        ("data.train_size=100000", "data.train_size"),
    ],
)
def test_a_wrong_setting_is_refused_as_such_and_poisons_no_folder(tmp_path, wrong, message):
    with pytest.raises((RecipeError, DataError), match=message):
        run_here(tmp_path, wrong)
    assert not (tmp_path / "recipe.json").exists()
    run_here(tmp_path, "optimizer.epochs=1")
    assert read_recipe(tmp_path).loss.name == "SimCLR"


def test_a_folder_without_a_checkpoint_takes_a_new_recipe(tmp_path):
    run_here(tmp_path, "optimizer.epochs=1")
    for _, path in checkpoints(tmp_path):
        path.unlink()
    run_here(tmp_path, "optimizer.epochs=1", "loss.name=VICReg")
    assert read_recipe(tmp_path).loss.name == "VICReg"


def test_a_checkpoint_tells_its_recipe_where_the_folder_s_is_lost(tmp_path):
    run_here(tmp_path, "optimizer.epochs=1")
    (tmp_path / "recipe.json").unlink()
    with pytest.raises(RunError, match=r"holds another run \(loss.name is 'SimCLR' there"):
        run_here(tmp_path, "optimizer.epochs=1", "loss.name=VICReg")
    (tmp_path / "recipe.json").write_bytes(b"\xff[")
    run_here(tmp_path, "optimizer.epochs=1")
    assert read_recipe(tmp_path).loss.name == "SimCLR"


@pytest.mark.parametrize("damage", ["keys", "network", "shape", "recipe", "nothing"])
def test_a_checkpoint_that_does_not_fit_is_an_error_of_one_line(tmp_path, damage):
    run_here(tmp_path, "optimizer.epochs=1")
    state = final_state(tmp_path)
    if damage == "keys":
        del state["optimizer"]
    elif damage == "network":
        state["network"] = {"weight": torch.zeros(2)}
    elif damage == "shape":
        state["network"]["encoder.mean"] = torch.zeros(7)
    elif damage == "recipe":
        state["recipe"]["unheard"] = 1
    save_checkpoint(tmp_path, 4, {"not": "a run"} if damage == "nothing" else state)
    for _, path in checkpoints(tmp_path)[:-1]:
        path.unlink()
    with pytest.raises(RunError, match=str(tmp_path)) as error:
        run_here(tmp_path, "optimizer.epochs=1")
    assert "\n" not in str(error.value)
    if damage != "keys":  # embedding looks at no optimiser
        with pytest.raises(RunError, match=str(tmp_path)):
            load_network(tmp_path, Reporter(quiet=True))


@pytest.mark.parametrize("rubbish", [b"\xff\xfe\x00", b"[1, 2]\n", b"7\n", b'{"step": null}\n', b"[" * 100_000])
def test_metrics_that_are_none_do_not_keep_a_run_from_being_resumed(tmp_path, rubbish):
    run_here(tmp_path, "optimizer.epochs=1")
    whole_lines = lines(tmp_path)
    with (tmp_path / "metrics.jsonl").open("ab") as file:
        file.write(rubbish)
    run_here(tmp_path, "optimizer.epochs=1")
    assert lines(tmp_path) == whole_lines


def test_a_thread_other_than_the_main_one_may_train(tmp_path):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(run_here, tmp_path, "optimizer.epochs=1").result()
    assert checkpoints(tmp_path)


def test_a_system_without_fcntl_trains_without_a_lock(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    fresh = importlib.reload(run_folder)
    try:
        with fresh.locked(tmp_path), fresh.locked(tmp_path):
            pass
    finally:
        monkeypatch.undo()
        importlib.reload(run_folder)


def test_nohup_stays_deaf_to_a_hangup():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with noticed_signals() as interrupted:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not interrupted()
            os.kill(os.getpid(), signal.SIGTERM)
            assert interrupted()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
