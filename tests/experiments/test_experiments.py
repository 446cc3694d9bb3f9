"""The experiments themselves: ids, grids, what is said where runs are missing, and the paper's numbers."""

import math

import pytest

from duality.experiments import (
    UnknownExperimentError,
    all_experiments,
    cells,
    find_experiment,
    judge_all,
    published,
)
from duality.experiments.claims.experiment import Arm
from duality.experiments.claims.supplement import projector_weights
from duality.experiments.plan.scale import load_scale, scale_names
from duality.experiments.run.record import Results
from tests.experiments.synthetic import synthetic

IDS = ["fig-1a", "fig-1b", "fig-1c", "fig-1d", "fig-2", "supp-c", "supp-d", "supp-e", "supp-f", "supp-g"]


def test_every_empirical_claim_of_the_paper_is_there():
    assert [experiment.id for experiment in all_experiments()] == IDS
    assert all(each.wording and each.statement and each.remark and each.source for each in all_experiments())


def test_an_unknown_id_names_the_nearest():
    assert find_experiment("supp-c").id == "supp-c"
    with pytest.raises(UnknownExperimentError, match=r"'fig-1e': did you mean fig-1.\?"):
        find_experiment("fig-1e")
    with pytest.raises(UnknownExperimentError, match="choose among fig-1a"):
        find_experiment("zzzzzz")


# Grids


def test_a_cell_that_experiments_share_is_run_once(scale):
    grid = cells(all_experiments(), scale)
    assert len({cell.name for cell in grid}) == len(grid) == 105
    one_by_one = {cell.name for experiment in all_experiments() for cell in cells([experiment], scale)}
    assert {cell.name for cell in grid} == one_by_one


def test_the_grid_is_the_one_that_was_promised(scale):
    seeds = {}
    for cell in cells(all_experiments(), scale):
        seeds.setdefault((cell.method, cell.projector), set()).add(cell.seed)
    seven = {method: seeds[method, scale.projector] for method in ("VICReg-exp", "SimCLR-original", "BarlowTwins")}
    assert all(found == set(range(5)) for found in seven.values())
    dimensions = {projector for method, projector in seeds if method == "VICReg-ctr"}
    assert dimensions == {f"{hidden}{d}" for d in (16, 64, 128, 512) for hidden in (f"{d}-{d}-", "512-512-")}
    assert seeds["SimCLR", "16-16-16"] == {0, 1, 2}


def test_seeds_can_be_asked_for(scale):
    grid = cells([find_experiment("fig-2")], scale, 2)
    assert sorted(cell.seed for cell in grid) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("name", scale_names())
def test_every_cell_of_every_scale_has_a_recipe(name):
    scale = load_scale(name)
    recipes = [cell.recipe() for cell in cells(all_experiments(), scale)]
    assert {recipe.encoder.projector for recipe in recipes} >= {scale.projector}
    assert scale.needs


# Missing runs


def test_nothing_run_is_not_run_and_says_what_it_needs(scale):
    for id, judgement in judge_all(scale, Results(scale, ())).items():
        assert judgement.verdict == "not run"
        assert f"duality-verify reproduce {id} --scale fashion-mnist" in judgement.summary
        assert scale.needs in judgement.summary
        assert judgement.comparisons == ()


def test_a_missing_run_is_named_and_nothing_is_tested(scale):
    results = synthetic(scale, only=["fig-1a"])
    partial = Results(scale, tuple(cell for cell in results.cells if (cell.method, cell.seed) != ("VICReg-exp", 3)))
    judgement = find_experiment("fig-1a").judge(scale, partial)
    assert judgement.verdict == "undecided"
    assert "1 of 15 runs" in judgement.summary
    assert "VICReg-exp/512-512-512/seed-3" in judgement.summary
    assert judgement.comparisons == ()


def test_an_experiment_is_judged_by_its_own_runs_alone(scale):
    alone = find_experiment("fig-2").judge(scale, synthetic(scale, only=["fig-2"]))
    among_all = find_experiment("fig-2").judge(scale, synthetic(scale))
    assert alone == among_all
    assert alone.verdict == "holds"


# The paper's numbers


def test_ratios_of_dimensions_correspond():
    for name in scale_names():
        scale = load_scale(name)
        ratios = [dimension / scale.dimensions[2] for dimension in scale.dimensions]
        assert ratios == [1 / 8, 1 / 2, 1, 4]


@pytest.mark.parametrize(
    ("method", "projector", "accuracy"),
    [
        ("VICReg", "512-512-512", 68.13),
        ("VICReg", "16-16-16", 61.36),
        ("VICReg", "512-512-16", 65.01),
        ("SimCLR", "128-128-128", 67.62),
        ("SimCLR-original", "512-512-64", 66.00),
    ],
)
def test_our_arms_stand_for_the_papers(scale, method, projector, accuracy):
    run = published.published_arm(Arm(method, projector, 5), scale)
    assert run is not None
    assert run.accuracy == accuracy
    assert run.dimension == int(projector.rpartition("-")[2]) * 16


def test_what_the_paper_does_not_give_is_none(scale):
    assert published.published_arm(Arm("VICReg-ctr", "16-16-16", 3), scale) is None
    assert published.published_arm(Arm("BarlowTwins", scale.projector, 3), scale) is None
    with pytest.raises(ValueError, match="no projector 7-7-7"):
        published.published_projector("7-7-7", scale)


def test_the_papers_scale_has_the_papers_projectors():
    imagenet = load_scale("imagenet")
    assert published.published_projector(imagenet.projector, imagenet) == imagenet.projector
    assert published.published_projector("256-256-256", imagenet) == "256-256-256"


def test_the_margin_at_the_papers_scale_is_its_own_spread_rounded_up():
    assert math.ceil(2 * published.published_spread()) / 2 == load_scale("imagenet").margin


def test_every_published_run_is_listed_once():
    keys = [(run.method, run.projector, run.epochs) for run in published.TABLE_S5]
    assert len(keys) == len(set(keys)) == 33
    # The text's numbers that the table has too.
    peaks = {
        m: max(run.accuracy for run in published.TABLE_S5 if run.method == m) for m in ("VICReg", "VICReg-exp")
    }
    assert peaks == {"VICReg": 68.13, "VICReg-exp": 68.00}
    assert published.difference_in_text("SimCLR-abs", "SimCLR") == pytest.approx(0.10)


def test_projector_weights_are_those_of_the_network(scale):
    from torch import nn

    from duality.training.encoder import build_projector

    projector = build_projector(scale.dimensions[2], (512, 512, 16))
    linear = sum(layer.weight.numel() for layer in projector if isinstance(layer, nn.Linear))
    assert projector_weights("512-512-16", scale) == linear
