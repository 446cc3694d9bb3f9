"""Empirical claims in ``duality-verify claims``, by results that are there, damaged or missing."""

import json

import pytest

from duality.cli import main
from duality.experiments import all_experiments, find_experiment
from duality.experiments.claims.planned import planned_power
from duality.experiments.plan.scale import load_scale
from duality.experiments.run.record import write_result
from tests.experiments.synthetic import synthetic

KEYS = {"id", "title", "source", "verdict", "ok", "evidence", "wording", "statement", "fair", "scales"}


@pytest.fixture
def run(capsys, unchecked):
    """Run the program in this process: exit code, stdout and stderr."""

    def command(*arguments: object) -> tuple[int, str, str]:
        return main([str(argument) for argument in arguments]), *capsys.readouterr()

    return command


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A folder of results at the small scale in which all is run but the other repulsions of supplement D."""
    folder, scale = tmp_path_factory.mktemp("results"), load_scale("fashion-mnist")
    for found in synthetic(scale, only=["fig-1a", "fig-2"]).cells:
        write_result(found.cell, folder, found.document)
    return folder


def test_every_experiment_is_listed_with_its_verdict(run, results):
    code, out, _ = run("claims", "--results", results)
    assert code == 0
    text = " ".join(out.split())
    assert "fig-2 fashion-mnist not testable here Figure 2, section 5.1 were the paper right" in text
    assert "supp-e fashion-mnist holds section 3, supplement E 7 of 7 as stated" in text
    assert "supp-d – not run" in text
    assert "imagenet: not run" in text
    assert load_scale("imagenet").needs in text


def test_without_results_nothing_was_run(run, tmp_path):
    code, out, _ = run("claims", "--results", tmp_path / "nowhere")
    assert code == 0
    for experiment in all_experiments():
        assert f"{experiment.id} – not run" in " ".join(out.split())
    assert "fashion-mnist: not run, no results" in " ".join(out.split())


def test_a_page_has_the_statistics_next_to_the_papers(run, results):
    code, out, _ = run("claims", "fig-1a", "--results", results)
    assert code == 0
    text = " ".join(out.split())
    assert "Statement p Paper Found" in text
    (row,) = [line for line in out.splitlines() if line.startswith("VICReg − VICReg-ctr, 512-512-512")]
    assert "+0.40 (✓)" in row
    assert row.rstrip().endswith("supported")
    assert "thm-3.3" not in out
    assert "imagenet not run" in text


def test_claims_of_both_kinds_at_once(run, results):
    code, out, _ = run("claims", "thm-3.3", "fig-2", "--results", results)
    assert code == 0
    assert "Theorem 3.3" in out
    assert "SimCLR-B − SimCLR" in out


def test_json_has_the_keys_of_every_command(run, results):
    second, first = json.loads(run("claims", "supp-d", "supp-e", "--json", "--results", results)[1])
    assert set(first) == set(second) == KEYS
    assert (first["verdict"], first["ok"]) == ("holds", True)
    assert (second["verdict"], second["ok"]) == ("not run", None)
    part = first["scales"]["fashion-mnist"]["parts"][0]
    assert part["n"] == 5
    assert part["interval"]["low"] < part["estimate"] < part["interval"]["high"]
    assert first["scales"]["imagenet"]["verdict"] == "not run"
    assert {piece["kind"] for piece in first["evidence"]} == {"empirical"}
    assert [piece["ok"] for piece in first["evidence"]].count(True) == 1


def test_damaged_result_is_one_line(run, tmp_path):
    path = tmp_path / "fashion-mnist/cells/VICReg/512-512-512/seed-0.json"
    path.parent.mkdir(parents=True)
    path.write_text("{", "utf-8")
    code, out, err = run("claims", "fig-1a", "--results", tmp_path)
    assert (code, out) == (2, "")
    assert "seed-0.json is not the result of a cell" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(("word", "near"), [("fig-1z", "fig-1"), ("sup-c", "supp-c"), ("thm-3.4", "thm-3.3")])
def test_unknown_claim_names_the_nearest_of_either_kind(run, word, near):
    code, _, err = run("claims", word)
    assert code == 2
    assert f"did you mean {near}" in err


def test_a_dry_run_tells_power_hours_and_what_is_not_tuned(run, results, tmp_path):
    plan = json.loads(run("reproduce", "fig-2", "supp-d", "--dry-run", "--json", "--results", results)[1])
    scale = load_scale("fashion-mnist")
    fig_2, supp_d = plan["experiments"]
    assert (fig_2["left"], supp_d["left"]) == (0, 6)
    assert fig_2["power"] == planned_power(find_experiment("fig-2"), scale) < 0.8
    # Seeds scatter by 0.15 points in these results, by more than three times as much in the declaration.
    assert plan["spread"]["seen"]["linear"] < plan["spread"]["declared"]["linear"] / 2
    assert fig_2["power_at_the_spread_seen"] > fig_2["power"]
    assert plan["hours"] == pytest.approx(6 * 60 / 3600)
    text = " ".join(
        run("reproduce", "fig-2", "--scale", "cifar10-jpeg", "--dry-run", "--results", tmp_path)[1].split()
    )
    assert "SimCLR is not tuned yet: duality-verify tune SimCLR --scale cifar10-jpeg comes first" in text
    assert "as cifar10-jpeg declares: no cell is recorded" in text
    assert list(tmp_path.iterdir()) == []
