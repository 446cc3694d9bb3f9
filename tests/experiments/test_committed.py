"""What is committed under results/fashion-mnist: complete, of the present recipes, and with its provenance."""

import json
import re

import pytest

from duality.experiments import all_experiments, cells, judge_all
from duality.experiments.claims.gates import room
from duality.experiments.run.committed import committed_results
from duality.experiments.run.record import Results, find_result, load_results, missing
from duality.experiments.run.trials import tuned_methods
from duality.experiments.run.tuning_record import tuning_path
from duality.experiments.show import drawings

SEEDS = range(5)
FOLDER = committed_results()


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
        assert document["command"].endswith(f" {result.cell.name}")


def test_no_accuracy_of_the_test_split_chose_a_setting(scale):
    for method in tuned_methods(scale):
        record = json.loads(tuning_path(FOLDER, scale, method).read_text("utf-8"))
        assert record["recipe"]["data"]["validation_size"] == 10_000
        assert record["recipe"]["run"]["seed"] not in SEEDS


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
    assert set(untrained) == set(SEEDS)
    for method in {each.cell.method for each in results.cells if each.cell.projector == scale.projector}:
        trained = results.accuracy(method, scale.projector)
        assert min(trained[seed] - untrained[seed] for seed in trained) > scale.delta


VERDICTS = {
    "fig-1a": "not testable here",
    "fig-1b": "not testable here",
    "fig-1c": "not testable here",
    "fig-1d": "not testable here",
    "fig-2": "not testable here",
    "supp-c": "not testable here",
    "supp-d": "not testable here",
    "supp-e": "holds",
    "supp-f": "undecided",
    "supp-g": "not testable here",
}


def test_the_committed_runs_are_judged_as_readme_says(scale, results):
    judged = judge_all(scale, results)
    assert {id: judgement.verdict for id, judgement in judged.items()} == VERDICTS
    readme = (FOLDER.parent / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `((?:fig|supp)-\w+)` [^|]*\| ([^|]+) \|", readme, re.MULTILINE))
    assert rows == VERDICTS


def test_every_interval_in_the_readme_is_one_that_was_found(scale, results):
    """Whichever way round a difference is told."""
    findings = [one for each in judge_all(scale, results).values() for one in (*each.findings, *each.besides)]
    found = {_sizes(one.value, one.low, one.high) for one in findings if one.n}
    readme = (FOLDER.parent / "README.md").read_text("utf-8").replace("−", "-")
    number = r"([+-]?\d+\.\d\d)"
    told = re.findall(rf"{number} \[{number}, {number}\]", readme)
    assert len(told) > 8
    assert [each for each in told if _sizes(*map(float, each)) not in found] == []


def _sizes(value: float, *ends: float) -> tuple[str, ...]:
    """An estimate and its interval to two digits, mirrored so that the estimate is no less than zero."""
    sign = -1 if value < 0 else 1
    return tuple(
        f"{each:.2f}".replace("-0.00", "0.00") for each in (sign * value, *sorted(sign * end for end in ends))
    )


def test_a_declaration_after_the_data_says_so(scale, results):
    for judgement in judge_all(scale, results).values():
        assert "after these data were seen" in judgement.declaration


def test_delta_is_the_declared_share_of_the_room(scale, results):
    share = scale.preregistration.share
    assert scale.delta == pytest.approx(share * room(scale, results), abs=0.005)


def test_the_readmes_figure_tells_what_is_drawn_from_these_runs(scale, results):
    """A figure of other runs, or by another rule, is not left lying here: its description has every number."""
    _, told = drawings.methods(scale, results)
    committed = sorted((FOLDER / scale.name / "figures").iterdir())
    assert [path.name for path in committed] == ["figure-1-methods-dark.svg", "figure-1-methods.svg"]
    assert all(f" {told}</desc>" in path.read_text("utf-8") for path in committed)
