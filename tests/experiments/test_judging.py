"""Verdicts on results that a test plants: the paper's claims true, each of them violated, and what shuts a gate."""

import dataclasses
import math
from functools import partial

import numpy as np
import pytest

from duality.experiments import all_experiments, find_experiment, judge_all
from duality.experiments.infer.model import Model
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.cell import Cell
from duality.experiments.run.record import Results
from duality.experiments.show.tables import COLUMNS, figures_line, finding_rows, spread_lines
from tests.experiments.synthetic import TWO_LOOKS, paper_holds, roomy_scale, synthetic

IDS = [experiment.id for experiment in all_experiments()]


def worse(points: float, cell: Cell, *, method: str = "", projector: str = "") -> float:
    """As the paper has it, but for one method or projector."""
    hit = method in ("", cell.method) and projector in ("", cell.projector)
    return paper_holds(cell) - points * hit


def flat(cell: Cell) -> float:
    """No projector helps."""
    return 84.0


def backwards(cell: Cell) -> float:
    """Every projector hurts as much as it should help."""
    return 168.0 - paper_holds(cell)


def measured(name: str, value: float, method: str, cell: Cell) -> dict[str, float]:
    """One measure of one method's runs."""
    return {name: value} if cell.method == method else {}


def offline_knows_nothing(cell: Cell) -> dict[str, float]:
    return {"online": 40.0 + 3 * (sum(map(ord, cell.arm.name)) % 7)}


VIOLATIONS = {
    "fig-1a": {"accuracy": partial(worse, 3.0, method="VICReg-ctr")},
    "fig-1b": {"accuracy": partial(worse, 3.0, method="SimCLR")},
    "fig-1c": {"accuracy": backwards},
    "fig-1d": {"accuracy": partial(worse, 3.0, method="VICReg", projector="512-512-512")},
    "fig-2": {"accuracy": partial(worse, 3.0, method="SimCLR-B")},
    "supp-c": {"measures": offline_knows_nothing},
    "supp-d": {"measures": partial(measured, "width", 0.4, "SimCLR-abs")},
    "supp-e": {"measures": partial(measured, "ratio", 30.0, "BarlowTwins")},
    "supp-f": {"accuracy": backwards},
    "supp-g": {"measures": partial(measured, "dominance", 0.15, "SimCLR")},
}


def judged(id: str, scale, **planted):
    return find_experiment(id).judge(scale, synthetic(scale, **planted))


def test_a_world_like_the_papers_is_judged_so(roomy):
    judgements = judge_all(roomy, synthetic(roomy))
    assert {id: judgement.verdict for id, judgement in judgements.items()} == dict.fromkeys(IDS, "holds")
    assert all(judgement.ok and not judgement.reason for judgement in judgements.values())


@pytest.mark.parametrize("id", IDS)
def test_a_violation_is_found_by_its_experiment(roomy, id):
    judgement = judged(id, roomy, **VIOLATIONS[id])
    assert (judgement.verdict, judgement.ok) == ("refuted", False)
    assert "contradicted" in judgement.summary


@pytest.mark.parametrize("id", ["fig-1a", "fig-1c", "fig-1d", "fig-2", "supp-f"])
def test_noise_is_undecided(roomy, id):
    verdicts = [judged(id, roomy, accuracy=flat, spread=4.0, draw=draw, only=[id]).verdict for draw in range(6)]
    # Of wrong decisions there is a chance of 5 % at most, each.
    assert verdicts.count("undecided") >= 5


@pytest.mark.parametrize(
    ("id", "violation"),
    [
        # All alike, but wide; one method above its bound; less accurate.
        ("supp-d", {"measures": lambda cell: {"width": 0.8}}),
        ("supp-d", {"accuracy": partial(worse, 3.0, method="SimCLR-abs")}),
        ("supp-e", {"measures": partial(measured, "ratio", 30.0, "SimCLR")}),
        # The original SimCLR better than the tuned one.
        ("fig-1b", {"accuracy": partial(worse, -4.0, method="SimCLR-original")}),
        # One projector of twelve that hurts.
        ("fig-1c", {"accuracy": partial(worse, -5.0, method="SimCLR", projector="128-128-128")}),
    ],
    ids=["all-wide", "accuracy", "rows", "tuning", "one-projector"],
)
def test_every_needed_part_counts(roomy, id, violation):
    assert judged(id, roomy, **violation).verdict == "refuted"


def test_no_gain_is_smaller_than_delta_and_never_refuted(roomy):
    judgement = judged("fig-1c", roomy, accuracy=flat)
    assert judgement.verdict == "undecided"
    assert {finding.outcome for finding in judgement.findings} == {"smaller than δ"}
    assert "12 of 12 smaller than δ" in judgement.summary


def test_a_variant_that_concentrates_more_counts_for_the_statement(roomy):
    judgement = judged("supp-d", roomy, measures=partial(measured, "width", 0.1, "SimCLR-sq"))
    assert judgement.verdict == "holds"
    likeness = next(one for one in judgement.besides if one.label.startswith("SimCLR-sq /"))
    assert likeness.outcome == "contradicted"


def test_simclr_ahead_of_vicreg_matches_it(roomy):
    judgement = judged("fig-1b", roomy, accuracy=partial(worse, 2.5, method="VICReg"))
    assert judgement.verdict == "holds"


def test_small_embeddings_stand_besides(roomy):
    judgement = judged("fig-1d", roomy)
    assert judgement.verdict == "holds"
    drop = next(one for one in judgement.besides if one.label == "VICReg, 512-512-16 − 512-512-512")
    assert drop.outcome == "contradicted"
    assert drop.published == pytest.approx(65.01 - 68.13)
    assert drop.published_fits is False


# What is not there


def test_nothing_run_is_not_run_and_says_what_it_needs(scale):
    for id, judgement in judge_all(scale, Results(scale, ())).items():
        assert judgement.verdict == "not run"
        assert f"duality-verify reproduce {id} --scale fashion-mnist" in judgement.summary
        assert scale.needs in judgement.summary
        assert judgement.findings == ()


def test_a_missing_run_is_named_and_nothing_is_judged(roomy):
    results = synthetic(roomy)
    partial_results = Results(
        roomy, tuple(each for each in results.cells if (each.cell.method, each.cell.seed) != ("VICReg-exp", 3))
    )
    judgement = find_experiment("fig-2").judge(roomy, partial_results)
    assert judgement.verdict == "not run"
    assert "1 of 55 runs" in judgement.summary
    assert "VICReg-exp/512-512-512/seed-3" in judgement.summary
    assert judgement.findings == ()


def test_more_seeds_than_declared_change_nothing_and_are_told(roomy):
    results = synthetic(roomy)
    extra = results.of("SimCLR-A", roomy.projector)[0]
    extra = dataclasses.replace(extra, cell=dataclasses.replace(extra.cell, seed=17))
    extra.document["accuracy"]["linear"] = 0.01
    more = Results(roomy, (*synthetic(roomy).cells, extra), results.trials)
    one, other = (find_experiment("fig-2").judge(roomy, each) for each in (synthetic(roomy), more))
    assert other.findings == one.findings
    assert other.verdict == one.verdict
    assert "1 runs beyond those declared are not judged" in other.declaration
    assert "beyond" not in one.declaration


def test_an_experiment_is_judged_by_its_own_blocks_alone(roomy):
    alone = judged("fig-2", roomy, only=["fig-2"])
    among_all = judged("fig-2", roomy)
    assert alone.findings == among_all.findings


# Looks


def test_a_second_look_is_taken_only_if_the_first_does_not_decide():
    scale = roomy_scale(TWO_LOOKS)
    clear, later = judged("fig-2", scale), judged("fig-2", scale, look=2)
    assert (clear.verdict, clear.look, clear.level) == ("holds", 1, 0.0304)
    assert later.findings == clear.findings
    open_at_first = partial(worse, 0.9, method="SimCLR-A")
    first, second = (judged("fig-2", scale, accuracy=open_at_first, look=look) for look in (1, 2))
    assert (first.verdict, first.look) == ("undecided", 1)
    assert second.look == 2
    assert second.findings[0].n == 20


# Gates


def test_what_was_not_declared_is_not_judged(roomy):
    moved = dataclasses.replace(roomy, preregistration=dataclasses.replace(roomy.preregistration, delta=3.0))
    judgement = judged("fig-2", moved)
    assert judgement.verdict == "not testable here"
    assert "not what was declared" in judgement.reason
    assert judgement.findings == ()


def test_runs_under_another_declaration_are_not_judged(roomy):
    results = synthetic(roomy)
    of_another_day = results.of("SimCLR-A", roomy.projector)[0]
    of_another_day.document["preregistration"] = "0" * 64
    judgement = find_experiment("fig-2").judge(roomy, results)
    assert judgement.verdict == "not testable here"
    assert "1 of its runs were not made under this declaration" in judgement.reason
    replaced = dataclasses.replace(roomy.preregistration, earlier=("0" * 64,))
    taken_over = dataclasses.replace(roomy, preregistration=replaced)
    assert find_experiment("fig-2").judge(taken_over, results).verdict == "holds"


def test_a_room_of_less_than_ten_delta_shuts_the_gate(roomy):
    judgement = judged("fig-2", roomy, accuracy=lambda cell: 79.0)
    assert judgement.verdict == "not testable here"
    assert "the room is" in judgement.reason
    assert judgement.findings, "what was estimated is shown all the same"


def test_a_design_without_power_shuts_the_gate(roomy):
    noisy = dataclasses.replace(roomy.preregistration, spread={**roomy.preregistration.spread, "linear": 1.5})
    judgement = judged("fig-2", dataclasses.replace(roomy, preregistration=noisy))
    assert judgement.verdict == "not testable here"
    assert judgement.power is not None
    assert judgement.power < 0.8
    assert f"{judgement.power:.2f}" in judgement.reason


def test_a_measure_that_seeds_drown_gives_no_correlation(roomy):
    judgement = judged("supp-c", roomy, measures=lambda cell: {"online": 70.0 + 4 * (cell.seed % 3)})
    assert judgement.verdict == "not testable here"
    assert "the reliability of online accuracy is" in judgement.reason


def test_trials_without_the_online_probe_give_no_correlation(roomy):
    results = synthetic(roomy)
    judgement = find_experiment("supp-c").judge(roomy, Results(roomy, results.cells, results.trials[:40]))
    assert judgement.verdict == "not testable here"
    assert "40 of 48 trials" in judgement.reason


def test_records_older_than_a_measure_say_so(roomy):
    results = synthetic(roomy)
    for cell in results.cells:
        del cell.document["representations"]["centered_gram_dominance"]
    judgement = find_experiment("supp-g").judge(roomy, results)
    assert judgement.verdict == "not testable here"
    assert "records do not hold the Gram dominance" in judgement.reason


# Measures


def test_the_warm_up_does_not_count(roomy):
    results = synthetic(roomy)
    assert all(max(cell.document["log"]["row_fourth_powers"]) == 1000 for cell in results.cells)
    judgement = find_experiment("supp-e").judge(roomy, results)
    assert all(1.5 < 2.72**one.value < 1.7 for one in judgement.findings)


def test_each_method_is_held_to_the_bound_of_what_it_normalises(roomy):
    judgement = judged("supp-e", roomy)
    columns = {one.label.partition(",")[0] for one in judgement.findings if "columns" in one.label}
    assert columns == {"VICReg", "VICReg-exp", "BarlowTwins"}
    assert len(judgement.findings) == 7


# As rows


def test_rows_hold_every_finding(roomy):
    for judgement in judge_all(roomy, synthetic(roomy)).values():
        rows = finding_rows(judgement)
        assert len(rows) == len(judgement.findings) + len(judgement.besides) > 0
        assert all(len(row) == len(COLUMNS) for row in rows)
        assert "10.0% of the room" in figures_line(judgement) or "% of the room" in figures_line(judgement)


def test_a_row_stands_next_to_the_papers_number(roomy):
    judgement = judged("fig-1b", roomy)
    (row,) = [row for row in finding_rows(judgement) if row[0].startswith("SimCLR − SimCLR-original")]
    assert row[1] == "10"
    assert row[4] == "above 0"
    assert row[6:] == ("+2.60 (✓)", "supported")
    assert 1.5 < float(row[2]) < 2.5
    (line,) = spread_lines(judgement)
    assert "Bartlett p" in line
    assert "Levene p" in line


def test_factors_are_shown_as_factors(roomy):
    (row, *_) = finding_rows(judged("supp-d", roomy))
    assert row[2].startswith("×0.2")
    assert row[4] == "below 0.5"


def test_a_remark_says_what_the_scale_is(roomy):
    assert "resnet18 of width 16, 8,000 images of fashion-mnist" in judged("fig-2", roomy).remark


def test_two_runs_an_arm_have_a_spread_and_no_test_of_it():
    """Both lie equally far from their median, where Levene's test divides by nothing."""
    cells = [(Arm("one", "8"), 0), (Arm("one", "8"), 1), (Arm("other", "8"), 0), (Arm("other", "8"), 1)]
    spread = Model(cells).spread(np.array([1.0, 2.0, 4.0, 4.5]))
    assert spread.sd > 0
    assert math.isnan(spread.levene)
