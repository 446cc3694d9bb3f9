"""What is committed under results/fashion-mnist: complete, of the present recipes, and with its provenance."""

import json
from pathlib import Path

import pytest

import duality
from duality.experiments import all_experiments, cells
from duality.experiments.infer.resampling import resample
from duality.experiments.run.record import Results, find_result, load_results, missing
from duality.experiments.run.trials import tuned_methods
from duality.experiments.run.tuning_record import tuning_path

FOLDER = Path(duality.__file__).parents[1] / "results"


@pytest.fixture(scope="module")
def results(scale) -> Results:
    return load_results(FOLDER, scale)


def test_every_cell_of_the_grid_has_a_result_of_its_recipe(scale):
    grid = cells(all_experiments(), scale)
    assert missing(grid, FOLDER) == []
    assert all(find_result(cell, FOLDER) for cell in grid)


def test_every_result_says_where_it_comes_from(results):
    for result in results.cells:
        document = result.document
        assert len(document["commit"]) == 40
        assert document["uncommitted_changes"] is False
        assert document["environment"]["device"] == "cpu"
        assert document["environment"]["threads"] == 1
        assert document["command"].endswith(f"{result.method}/{result.projector}/seed-{result.seed}")


def test_no_accuracy_of_the_test_split_chose_a_setting(scale):
    for method in tuned_methods(scale):
        record = json.loads(tuning_path(FOLDER, scale, method).read_text("utf-8"))
        assert record["recipe"]["data"]["validation_size"] == 10_000
        assert record["recipe"]["run"]["seed"] not in range(scale.seeds)


def test_every_method_got_the_same_budget_and_takes_what_it_found(scale):
    budgets = set()
    for method in tuned_methods(scale):
        record = json.loads(tuning_path(FOLDER, scale, method).read_text("utf-8"))
        scored = [trial for trial in record["trials"] if trial["state"] == "scored"]
        best = max(scored, key=lambda trial: trial["accuracy"])
        chosen = tuple(f"{key}={value!r}" for key, value in best["settings"].items())
        assert scale.method(method).tuned == tuple(record["best"]["set"]) == chosen
        budgets.add((record["budget"], len(record["trials"])))
    assert len(budgets) == 1


def test_every_method_is_far_better_than_the_untrained_network(scale, results):
    untrained = results.untrained()
    assert set(untrained) == set(range(scale.seeds))
    for method in {result.method for result in results.cells if result.projector == scale.projector}:
        trained = results.accuracy(method, scale.projector)
        assert min(trained[seed] - untrained[seed] for seed in trained) > scale.margin


def test_a_method_against_itself_is_hardly_ever_different_and_a_planted_gap_is_found(results):
    null, planted = resample(results), resample(results, gap=3.0)
    assert null is not None
    assert planted is not None
    assert null.verdicts["different"] <= 0.05 * null.draws
    assert planted.verdicts["different"] >= 0.95 * planted.draws
