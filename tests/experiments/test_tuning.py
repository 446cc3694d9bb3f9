"""Tuning: equal searches, what a trial may see, what diverges, and searches that are stopped, killed or shared."""

import time

import pytest

from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import load_scale, scale_names
from duality.experiments.run import tune as tuning
from duality.experiments.run.trials import POINTS_SEED, TRIAL_SEED, Trial, points, total_trials, tuned_methods
from duality.experiments.run.tune import all_trials, run_trials
from duality.experiments.run.tuning_record import as_tuned, find_record, read_record, tuning_path
from duality.training import data
from duality.training.checkpoint import checkpoints
from duality.training.errors import DivergedError, InterruptedRunError, RecipeError, RunError
from duality.training.objective import build_loss
from tests.experiments.tiny import TUNED, Listener, start_command, tiny_scale
from tests.training.runs import ONE_PROCESS, SERVER

LR, TEMPERATURE = "optimizer.base_lr", "loss.arguments.temperature"
OTHER = {"loss": "VICReg", "ranges": {LR: [0.001, 0.01], "loss.arguments.covariance_weight": [0.3, 16.0]}}


@pytest.fixture(scope="module")
def scale():
    return tiny_scale()


@pytest.fixture
def scored(monkeypatch):
    """Scores without training: best where the learning rate is 0.003. Returns the trials that were run."""
    run = []

    def train(recipe, folder, process, reporter):
        run.append(recipe)
        folder.mkdir(parents=True, exist_ok=True)

    def scores(folder, process, reporter):
        accuracy = 1 / (1 + abs(run[-1].optimizer.base_lr - 0.003))
        return {"state": "scored", "accuracy": accuracy, "online": 0.3, "knn": 0.2}

    monkeypatch.setattr(tuning, "train", train)
    monkeypatch.setattr(tuning, "_scores", scores)
    return run


def search(scale, place, methods=(), said=None):
    trials = all_trials(scale, methods)
    return run_trials(trials, place / "runs", place / "results", ONE_PROCESS, said or Listener())


def record_of(scale, place, method=TUNED) -> dict:
    return read_record(tuning_path(place / "results", scale, method))


def test_trials_are_trained_and_never_see_a_test_image(scale, tmp_path, monkeypatch):
    digits = data._digits

    def training_images_only(recipe, split):
        assert split == "train", "the test split was asked for"
        return digits(recipe, split)

    monkeypatch.setattr(data, "_digits", training_images_only)
    said = Listener()
    assert search(scale, tmp_path, said=said) == []
    record = record_of(scale, tmp_path)
    assert record["command"] == f"duality-verify tune {TUNED} --scale tiny"
    assert record["budget"] == len(record["trials"]) == 3
    assert record["seeds"] == {"points": POINTS_SEED, "training": TRIAL_SEED}
    assert record["recipe"]["data"]["validation_size"] == 200
    for number, trial in enumerate(record["trials"]):
        assert trial["state"] == "scored"
        assert trial["settings"] == Trial(scale, TUNED, number).settings
        for measure in ("accuracy", "online", "knn"):
            count = 200 * trial[measure]
            assert count == pytest.approx(round(count), abs=1e-3), f"{measure} is not of 200 validation images"
    # Where it was run is said once.
    assert len(record["provenance"]) == 1
    assert record["provenance"][0]["environment"]["torch"]
    assert {trial["provenance"] for trial in record["trials"]} == {0}
    assert said.heard("trial 1/3: searched/trial-00")
    assert said.heard("3 of 3 trials done")
    # A trial's checkpoints go with it.
    assert list((tmp_path / "runs").rglob("*.pt")) == []


def test_every_method_tries_the_same_points_of_its_own_ranges(tmp_path):
    scale = tiny_scale(other=OTHER)
    trials = all_trials(scale)
    assert [trial.name for trial in trials[:3]] == [f"{TUNED}/trial-00", "other/trial-00", f"{TUNED}/trial-01"]
    for number, point in enumerate(points(3)):
        one, other = Trial(scale, TUNED, number).settings, Trial(scale, "other", number).settings
        assert one[LR] == other[LR] == pytest.approx(0.001 * 10 ** point[0], rel=5e-3)
        assert one[TEMPERATURE] == pytest.approx(0.1 * 10 ** point[1], rel=5e-3)
        assert other["loss.arguments.covariance_weight"] == pytest.approx(0.3 * (16 / 0.3) ** point[1], rel=5e-3)


def test_nothing_is_chosen_before_all_trials_are_there(scale, tmp_path, scored):
    run_trials(all_trials(scale)[:2], tmp_path / "runs", tmp_path / "results", ONE_PROCESS, Listener())
    assert record_of(scale, tmp_path)["best"] is None
    cell = Cell(as_tuned(scale, tmp_path / "results"), TUNED, scale.projector, 0)
    with pytest.raises(RecipeError, match="is not tuned at tiny: run duality-verify tune --scale tiny first"):
        cell.recipe()
    search(scale, tmp_path)
    assert len(scored) == 3, "what was recorded was run again"
    record = record_of(scale, tmp_path)
    best = record["trials"][record["best"]["trial"]]
    assert record["best"]["accuracy"] == best["accuracy"] == max(trial["accuracy"] for trial in record["trials"])
    assert record["best"]["set"] == [f"{key}={value!r}" for key, value in best["settings"].items()]
    # The scale takes it, for itself and for those that are tuned as it.
    tuned = as_tuned(tiny_scale(alike={"loss": "SimCLRAbs", "tuned_as": TUNED}), tmp_path / "results")
    for method in (TUNED, "alike"):
        recipe = Cell(tuned, method, tuned.projector, 0).recipe()
        assert recipe.optimizer.base_lr == best["settings"][LR]
        assert recipe.loss.arguments["temperature"] == best["settings"][TEMPERATURE]
        assert recipe.data.validation_size == 0


def test_a_trial_that_diverges_is_recorded_and_counts(scale, tmp_path, monkeypatch, scored):
    train = tuning.train

    def wild(recipe, *others):
        train(recipe, *others)
        if len(scored) == 1:
            raise DivergedError("step 3 diverged (loss nan): lower optimizer.base_lr")

    monkeypatch.setattr(tuning, "train", wild)
    said = Listener()
    assert search(scale, tmp_path, said=said) == []
    record = record_of(scale, tmp_path)
    first, *others = record["trials"]
    assert (first["state"], first["accuracy"], first["online"]) == ("diverged", None, None)
    assert first["error"].startswith("step 3 diverged")
    assert [trial["state"] for trial in others] == ["scored", "scored"]
    assert record["best"]["trial"] != 0
    assert said.heard("step 3 diverged")
    assert list((tmp_path / "runs" / "tiny" / "tuning" / TUNED).iterdir()) == [
        tmp_path / "runs" / "tiny" / "tuning" / TUNED / "record.lock"
    ]


def test_what_diverged_leaves_no_checkpoints(tmp_path):
    wild = tiny_scale(**{TUNED: {"loss": "SimCLR", "ranges": {LR: [1e30, 1e31]}}})
    assert search(wild, tmp_path) == []
    record = record_of(wild, tmp_path)
    assert all("diverged" in trial["error"] for trial in record["trials"])
    assert record["best"] is None
    assert list((tmp_path / "runs").rglob("*.pt")) == []


@pytest.mark.parametrize("stop", [InterruptedRunError, KeyboardInterrupt], ids=["interrupted", "killed"])
def test_a_trial_that_is_stopped_is_run_again(scale, tmp_path, monkeypatch, scored, stop):
    train = tuning.train

    def stopped(recipe, *others):
        train(recipe, *others)
        if len(scored) == 2:
            raise stop("stopped")

    monkeypatch.setattr(tuning, "train", stopped)
    with pytest.raises(stop):
        search(scale, tmp_path)
    assert len(record_of(scale, tmp_path)["trials"]) == 1
    assert search(scale, tmp_path) == []
    assert len(scored) == 4
    assert scored[1] == scored[2]
    assert len(record_of(scale, tmp_path)["trials"]) == 3


def test_a_fault_of_ours_stops_no_other_trial(scale, tmp_path, monkeypatch, scored):
    train = tuning.train

    def faulty(recipe, *others):
        train(recipe, *others)
        if len(scored) == 1:
            raise ZeroDivisionError

    monkeypatch.setattr(tuning, "train", faulty)
    assert [failure.name for failure in search(scale, tmp_path)] == [f"{TUNED}/trial-00"]
    record = record_of(scale, tmp_path)
    assert [trial["number"] for trial in record["trials"]] == [1, 2]
    assert record["best"] is None
    assert search(scale, tmp_path) == []
    assert [trial["number"] for trial in record_of(scale, tmp_path)["trials"]] == [0, 1, 2]


def words(place, *more: str) -> list[str]:
    folders = ["--runs", str(place / "runs"), "--results", str(place / "results"), "--device", "cpu"]
    return ["tune", "--scale", "tiny", *folders, *more]


@pytest.mark.slow
def test_two_processes_share_a_search(scale, tmp_path):
    barrier = SERVER.Barrier(2)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    processes = [start_command(words(tmp_path), log, barrier=barrier) for log in logs]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0], [log.read_text() for log in logs]
    begun = [[line for line in log.read_text().splitlines() if line.startswith("trial ")] for log in logs]
    assert all(begun), "one process did everything"
    record = record_of(scale, tmp_path)
    assert [trial["number"] for trial in record["trials"]] == [0, 1, 2], "a trial was lost or run twice"
    assert record["best"] is not None


@pytest.mark.slow
def test_a_killed_search_is_gone_on_with(tmp_path):
    long = "run.log_steps=2"
    epochs = {"trials": 3, "set": ["optimizer.epochs=12", "data.validation_size=200"]}
    place, whole = tmp_path / "killed", tmp_path / "whole"
    place.mkdir()
    process = start_command(words(place), tmp_path / "log", long, tuning=epochs)
    folder = place / "runs" / "tiny" / "tuning" / TUNED / "trial-00"
    while not checkpoints(folder):
        assert process.is_alive(), (tmp_path / "log").read_text()
        time.sleep(0.02)
    process.kill()
    process.join()
    scale = tiny_scale(long, tuning=epochs)
    said = Listener()
    assert search(scale, place, said=said) == []
    assert said.heard("resuming after step")
    search(scale, whole)
    one, other = record_of(scale, place), record_of(scale, whole)
    for trials in (one["trials"], other["trials"]):
        for trial in trials:
            del trial["seconds"], trial["provenance"]
    assert one["trials"] == other["trials"]
    assert one["best"] == other["best"]


def test_a_range_that_is_widened_gives_every_method_a_second_round(tmp_path, scored):
    scale = tiny_scale(other=OTHER)
    search(scale, tmp_path)
    wider = tiny_scale(other=OTHER | {"widened": {LR: [0.001, 0.1]}})
    assert total_trials(wider) == 6
    cell = Cell(as_tuned(wider, tmp_path / "results"), "other", wider.projector, 0)
    with pytest.raises(RecipeError, match="is not tuned"):
        cell.recipe()  # chosen too early: the second round is not done
    search(wider, tmp_path)
    assert len(scored) == 12, "the first round was run again"
    for method, highest in ((TUNED, 0.01), ("other", 0.1)):
        record = record_of(wider, tmp_path, method)
        assert [trial["number"] for trial in record["trials"]] == list(range(6))
        assert record["ranges"][LR] == [0.001, highest]
        tried = [trial["settings"][LR] for trial in record["trials"]]
        assert max(tried[:3]) <= 0.01
        for number, point in enumerate(points(6)[3:], 3):
            assert tried[number] == pytest.approx(0.001 * (highest / 0.001) ** point[0], rel=5e-3)


def test_an_edge_is_told(tmp_path, scored):
    only_rates = {"loss": "SimCLR", "ranges": {LR: [0.1, 10.0]}}
    scale = tiny_scale(**{TUNED: only_rates}, tuning={"trials": 12, "set": ["data.validation_size=200"]})
    search(scale, tmp_path)
    assert record_of(scale, tmp_path)["edges"] == {LR: "low"}


def test_another_recipe_is_another_search(scale, tmp_path, scored):
    search(scale, tmp_path)
    for other in (tiny_scale("optimizer.warmup_epochs=0"), tiny_scale(**{TUNED: OTHER})):
        with pytest.raises(RunError, match=r"is of another search \(.*\): remove it"):
            find_record(other, TUNED, tmp_path / "results")
        with pytest.raises(RunError, match=r"is of another search \(.*\): remove it"):
            search(other, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"best": 1}', '{"method": 1, "best": {"set": [1]}}', "\xff"])
def test_a_damaged_record_is_named_and_kept(scale, tmp_path, text):
    path = tuning_path(tmp_path / "results", scale, TUNED)
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="latin-1")
    for use in (lambda: as_tuned(scale, tmp_path / "results"), lambda: search(scale, tmp_path)):
        with pytest.raises(RunError, match="is not the record of a search"):
            use()
    assert path.read_text(encoding="latin-1") == text


def test_test_images_choose_nothing(tmp_path):
    careless = tiny_scale(tuning={"trials": 3, "set": []})
    failures = search(careless, tmp_path)
    assert len(failures) == 3
    assert all("would be scored on test images" in failure.reason for failure in failures)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("SimCLR-original", "SimCLR-original is not tuned at fashion-mnist: choose VICReg, VICReg-exp"),
        ("SimCLR-A", "is not tuned"),
        ("SimCLRs", "is no method of fashion-mnist"),
    ],
)
def test_methods_that_are_not_tuned(method, message):
    with pytest.raises(RecipeError, match=message):
        all_trials(load_scale("fashion-mnist"), [method])


@pytest.mark.parametrize("name", scale_names())
def test_every_search_of_every_scale_can_be_built(name):
    scale = load_scale(name)
    assert "SimCLR-original" not in tuned_methods(scale)
    for trial in all_trials(scale):
        recipe = trial.recipe()
        build_loss(recipe.loss)
        flat = recipe.to_flat()
        assert {key: flat[key] for key in trial.settings} == trial.settings
        assert recipe.run.seed == TRIAL_SEED
        assert recipe.data.validation_size > 0


@pytest.mark.parametrize("name", scale_names())
def test_published_settings_lie_well_within_the_ranges(name):
    """The paper's, and those under which its authors list their runs; none within a tenth of an edge."""
    published = {
        "VICReg": {"loss.arguments.covariance_weight": [1.0, 4.0]},
        "VICReg-ctr": {"loss.arguments.covariance_weight": [1.0, 25.0], TEMPERATURE: [0.1]},
        "SimCLR": {TEMPERATURE: [0.15, 0.5]},
        "BarlowTwins": {"loss.arguments.redundancy_weight": [0.005]},
    }
    scale = load_scale(name)
    for method, settings in published.items():
        for key, values in settings.items():
            low, high = scale.method(method).ranges[key]
            margin = (high / low) ** 0.1
            assert all(low * margin < value < high / margin for value in values), (method, key)
