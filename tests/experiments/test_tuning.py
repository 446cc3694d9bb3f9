"""Tuning: the budget, what a trial may see, what diverges, and studies that are stopped, killed or shared."""

import json
import time

import optuna
import pytest

from duality.experiments.plan.scale import load_scale, scale_names
from duality.experiments.run import tune as tuning
from duality.experiments.run.tune import SETTINGS, tune, tuning_path
from duality.training import data
from duality.training.errors import DivergedError, InterruptedRunError, RecipeError, RunError
from tests.experiments.tiny import Listener, start_command, tiny_scale
from tests.training.runs import SERVER

LR, TEMPERATURE = "optimizer.base_lr", "loss.arguments.temperature"


@pytest.fixture(scope="module")
def scale():
    return tiny_scale()


@pytest.fixture
def scored(monkeypatch):
    """Scores without training: best where the learning rate is 0.003. Returns the settings that were tried."""
    tried = []

    def score(self, settings):
        tried.append(dict(settings))
        return 1 / (1 + abs(settings[LR] - 0.003))

    monkeypatch.setattr(tuning._Search, "_score", score)
    return tried


def search(scale, place, method="SimCLR", **options):
    said = options.pop("said", None) or Listener()
    return tune(method, scale, place / "runs", place / "results", said, device="cpu", **options)


def settings_of(document) -> list:
    return [trial["settings"] for trial in document["trials"]]


def test_trials_are_trained_and_never_see_a_test_image(scale, tmp_path, monkeypatch):
    digits = data._digits

    def training_images_only(recipe, split):
        assert split == "train", "the test split was asked for"
        return digits(recipe, split)

    monkeypatch.setattr(data, "_digits", training_images_only)
    said = Listener()
    document = search(scale, tmp_path, trials=2, said=said)
    assert json.loads(tuning_path(tmp_path / "results", scale, "SimCLR").read_text()) == document
    assert [trial["state"] for trial in document["trials"]] == ["scored", "scored"]
    assert document["recipe"]["data"]["validation_size"] == 1437 // 6
    count = document["trials"][0]["accuracy"] * (1437 // 6)
    assert count == pytest.approx(round(count), abs=1e-3)
    assert document["budget"] == 2
    assert document["seeds"]["training"] >= 1000
    assert document["provenance"][0]["environment"]["torch"]
    assert [trial for trial in document["trials"] if trial["accuracy"] == document["best"]["accuracy"]]
    assert said.heard("tiny/SimCLR 1/2: optimizer.base_lr=0.002 loss.arguments.temperature=0.15: ")
    # A trial's checkpoints go with it.
    assert [path.name for path in (tmp_path / "runs" / "tiny" / "tuning").rglob("*.pt")] == []


def test_the_first_trial_is_the_default_and_the_best_is_chosen(scale, tmp_path, scored):
    document = search(scale, tmp_path, trials=6)
    assert len(scored) == 6
    assert scored[0] == {LR: 0.002, TEMPERATURE: 0.15}
    assert settings_of(document) == scored
    best = max(scored, key=lambda settings: 1 / (1 + abs(settings[LR] - 0.003)))
    assert document["best"]["set"] == [f"{LR}={best[LR]}", f"{TEMPERATURE}={best[TEMPERATURE]}"]
    for key, (low, high) in document["ranges"].items():
        assert all(low <= settings[key] <= high for settings in scored)
        assert len({settings[key] for settings in scored}) == 6


def test_a_search_gone_on_with_tries_what_one_at_a_stretch_would(scale, tmp_path, scored):
    whole = search(scale, tmp_path / "whole", trials=6)
    search(scale, tmp_path / "parts", trials=3)
    assert settings_of(search(scale, tmp_path / "parts", trials=6)) == settings_of(whole)
    assert settings_of(search(scale, tmp_path / "whole", trials=6)) == settings_of(whole)
    assert len(scored) == 12


def test_a_trial_that_diverges_is_recorded_and_counts(scale, tmp_path, monkeypatch):
    def score(self, settings):
        if settings[LR] == 0.002:
            raise DivergedError("step 3 diverged (loss nan): lower optimizer.base_lr")
        return 0.5

    monkeypatch.setattr(tuning._Search, "_score", score)
    said = Listener()
    document = search(scale, tmp_path, trials=3, said=said)
    first, *others = document["trials"]
    assert (first["state"], first["accuracy"]) == ("diverged", None)
    assert first["error"].startswith("step 3 diverged")
    assert [trial["state"] for trial in others] == ["scored", "scored"]
    assert document["best"]["set"][0] != f"{LR}=0.002"
    assert said.heard("1/3: optimizer.base_lr=0.002 loss.arguments.temperature=0.15: step 3 diverged")


def test_what_diverged_leaves_no_checkpoints(tmp_path):
    wild = tiny_scale(SimCLR={"loss": "SimCLR", "set": ["optimizer.base_lr=1e30"]})
    document = search(wild, tmp_path, trials=1)
    assert "diverged" in document["trials"][0]["error"]
    assert list((tmp_path / "runs" / "tiny" / "tuning" / "SimCLR").iterdir()) == []


def test_all_trials_may_diverge(scale, tmp_path, monkeypatch):
    def score(self, settings):
        raise DivergedError("diverged")

    monkeypatch.setattr(tuning._Search, "_score", score)
    assert search(scale, tmp_path, trials=2)["best"] is None


@pytest.mark.parametrize("stop", [InterruptedRunError, MemoryError], ids=["interrupted", "out of memory"])
def test_a_trial_that_is_stopped_is_tried_again(scale, tmp_path, monkeypatch, scored, stop):
    score = tuning._Search._score

    def stopped(self, settings):
        if len(scored) == 1:
            scored.append(dict(settings))
            raise stop("stopped")
        return score(self, settings)

    monkeypatch.setattr(tuning._Search, "_score", stopped)
    with pytest.raises(stop):
        search(scale, tmp_path, trials=3)
    document = search(scale, tmp_path, trials=3)
    assert len(scored) == 4
    assert scored[1] == scored[2]
    assert settings_of(document) == [scored[0], *scored[2:]]


def test_a_trial_whose_process_died_is_tried_again(scale, tmp_path, monkeypatch, scored):
    monkeypatch.setattr(tuning, "_HEARTBEAT_SECONDS", 1)
    one = tuning._Search("SimCLR", scale, tmp_path / "runs" / "tiny" / "tuning", Listener(), 2, "cpu")
    with tuning._study(one, None) as study:
        with pytest.warns(UserWarning, match="Heartbeat"):
            dead = study.ask()
        dead.suggest_float(LR, *one.ranges[LR], log=True)
        dead.suggest_float(TEMPERATURE, *one.ranges[TEMPERATURE], log=True)
        study._storage.record_heartbeat(dead._trial_id)  # pyright: ignore[reportAttributeAccessIssue]
    said = Listener()
    document = search(scale, tmp_path, trials=2, said=said)
    assert [trial["state"] for trial in document["trials"]] == ["running", "scored"]
    assert said.heard("1 of 2 trials run elsewhere, or were killed")
    time.sleep(2.5)
    # A later call notices the silence.
    document = search(scale, tmp_path, trials=3)
    assert [trial["state"] for trial in document["trials"]] == ["scored"] * 3
    assert {LR: 0.002, TEMPERATURE: 0.15} in scored


@pytest.mark.slow
def test_two_processes_share_a_budget(tmp_path):
    barrier = SERVER.Barrier(2)
    folders = ["--runs", str(tmp_path / "runs"), "--results", str(tmp_path / "results"), "--device", "cpu"]
    words = ["tune", "SimCLR", "--scale", "tiny", "--trials", "4", *folders]
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    processes = [start_command(words, log, barrier=barrier) for log in logs]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0], [log.read_text() for log in logs]
    said = [[line for line in log.read_text().splitlines() if line.startswith("tiny/SimCLR ")] for log in logs]
    assert len(said[0]) + len(said[1]) == 4
    assert all(said), "one process did everything"
    document = json.loads((tmp_path / "results" / "tiny" / "tuning" / "SimCLR.json").read_text())
    assert [trial["state"] for trial in document["trials"]] == ["scored"] * 4
    assert len({str(settings) for settings in settings_of(document)}) == 4


def test_a_trial_beyond_the_budget_is_not_trained(scale, tmp_path, scored):
    document = search(scale, tmp_path, trials=2)
    late = tuning._Search("SimCLR", scale, tmp_path / "runs" / "tiny" / "tuning", Listener(), 2, "cpu")
    with tuning._study(late, None) as study:
        study.optimize(late.accuracy, n_trials=1)
        assert study.trials[-1].state == optuna.trial.TrialState.PRUNED
        assert late.document(study)["trials"] == document["trials"]
    assert len(scored) == 2


def test_another_recipe_is_another_study(scale, tmp_path, scored):
    search(scale, tmp_path, trials=1)
    with pytest.raises(RunError, match="holds a study of another recipe"):
        search(tiny_scale("optimizer.epochs=3"), tmp_path, trials=1)


def test_tuning_starts_from_the_settings_before_tuning(tmp_path, scored):
    tuned = tiny_scale(SimCLR={"loss": "SimCLR", "tuned": ["optimizer.base_lr=0.007"]})
    assert search(tuned, tmp_path, trials=1)["recipe"]["optimizer"]["base_lr"] == 0.002
    assert scored[0][LR] == 0.002


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////nowhere/study.db", "postgresql+unheardof://x/y"])
def test_a_storage_that_cannot_be_used(scale, tmp_path, url):
    with pytest.raises(RunError, match="--storage") as raised:
        search(scale, tmp_path, storage=url)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("SimCLR-original", "SimCLR-original is not tuned at fashion-mnist: choose VICReg, VICReg-exp"),
        ("SimCLR-A", "is not tuned"),
        ("SimCLRs", "is no method of fashion-mnist"),
    ],
)
def test_methods_that_are_not_tuned(tmp_path, method, message):
    with pytest.raises(RecipeError, match=message):
        search(load_scale("fashion-mnist"), tmp_path, method=method)


@pytest.mark.parametrize("name", scale_names())
def test_every_scale_s_own_settings_lie_within_the_ranges(tmp_path, name):
    scale = load_scale(name)
    for method in SETTINGS:
        try:
            found = tuning._Search(method, scale, tmp_path, Listener(), 8, "cpu")
        except data.DataError:
            assert name == "imagenet", "only ImageNet needs its images to be counted"
            continue
        for key, (low, high) in found.ranges.items():
            assert 0 < low < found.defaults[key] < high
