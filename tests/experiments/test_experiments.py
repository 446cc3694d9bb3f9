"""The experiments themselves: ids, grids, what is said where runs are missing, and the paper's numbers."""

from pathlib import Path

import pytest

import duality
from duality.experiments import (
    UnknownExperimentError,
    all_experiments,
    cells,
    declare,
    declared,
    find_experiment,
)
from duality.experiments.claims import published
from duality.experiments.claims.at_each_scale import results_at_each_scale
from duality.experiments.claims.measures import MEASURES
from duality.experiments.claims.supp_f import projector_weights
from duality.experiments.declare import FOLDER, with_statements, with_tuned
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import load_scale, scale_names

RESULTS = Path(duality.__file__).parents[1] / "results"
IDS = ["fig-1a", "fig-1b", "fig-1c", "fig-1d", "fig-2", "supp-c", "supp-d", "supp-e", "supp-f", "supp-g"]


def test_every_empirical_claim_of_the_paper_is_there():
    assert [experiment.id for experiment in all_experiments()] == IDS
    assert all(each.wording and each.statement and each.fair and each.source for each in all_experiments())


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


def test_an_experiment_runs_whole_blocks(scale):
    grid = cells([find_experiment("fig-2")], scale)
    assert len(grid) == 45
    assert {cell.method for cell in grid} > {"SimCLR", "SimCLR-A", "SimCLR-B", "BarlowTwins"}
    assert len(cells([find_experiment("fig-1d")], scale)) == 45 + 54


@pytest.mark.parametrize("name", scale_names())
def test_every_cell_of_every_scale_has_a_recipe(name):
    scale = load_scale(name)
    recipes = [cell.recipe_with([]) for cell in cells(all_experiments(), scale)]
    assert {recipe.encoder.projector for recipe in recipes} >= {scale.projector}
    assert scale.needs


@pytest.mark.parametrize("name", scale_names())
def test_what_is_tested_is_what_was_declared(name):
    """No region, arm or limit moves unless the committed declaration moves with it."""
    scale = load_scale(name)
    assert dict(scale.preregistration.statements) == declared(scale)
    text = (FOLDER / name / "preregistration.toml").read_text("utf-8")
    assert with_statements(text, declared(scale)) == text


@pytest.mark.parametrize("name", scale_names())
def test_settings_that_a_recorded_search_chose_are_those_in_the_file(name):
    text = (FOLDER / name / "scale.toml").read_text("utf-8")
    assert with_tuned(text, load_scale(name), RESULTS) == text


def test_what_is_worked_out_is_written_anew(tmp_path, monkeypatch):
    """A part that was changed by hand, and a setting copied wrong, are put right; nothing else is touched."""
    for file in ("preregistration", "scale"):
        copy = tmp_path / "fashion-mnist" / f"{file}.toml"
        copy.parent.mkdir(exist_ok=True)
        right = (FOLDER / "fashion-mnist" / copy.name).read_text("utf-8")
        wrong = right.replace("within ±0.23", "within ±0.99", 1).replace("base_lr=0.0122", "base_lr=0.5", 1)
        assert wrong != right
        copy.write_text(wrong, "utf-8")
    monkeypatch.setattr(declare, "FOLDER", tmp_path)
    declare.main(["fashion-mnist", "--results", str(RESULTS)])
    for path in (tmp_path / "fashion-mnist").iterdir():
        assert path.read_text("utf-8") == (FOLDER / "fashion-mnist" / path.name).read_text("utf-8")


@pytest.mark.parametrize("name", scale_names())
def test_every_part_can_be_judged_as_declared(name):
    scale = load_scale(name)
    for experiment in all_experiments():
        for part in (*experiment.parts(scale), *experiment.besides(scale)):
            assert part.region.wording
            assert all(arm.method in scale.methods for arm in experiment.arms(scale))
            for measure in getattr(part, "measures", None) or [part.measure]:
                assert measure in MEASURES
                assert measure in scale.preregistration.spread or measure == "online"


@pytest.mark.parametrize("name", scale_names())
def test_parts_have_labels_of_their_own(name):
    for experiment in all_experiments():
        parts = experiment.parts(load_scale(name))
        assert len({part.label for part in parts}) == len(parts)


@pytest.mark.parametrize("name", scale_names())
def test_differences_add_up_to_nothing_and_means_to_one(name):
    for experiment in all_experiments():
        for part in (*experiment.parts(load_scale(name)), *experiment.besides(load_scale(name))):
            total = sum(weight for _, weight in getattr(part, "weights", ()))
            assert total == pytest.approx(0, abs=1e-12) or total == pytest.approx(1)


def test_scales_stand_in_the_order_of_their_size(tmp_path):
    """The largest that was run speaks for an experiment: not the one that comes last in the alphabet."""
    order = [scale.name for scale in results_at_each_scale(tmp_path)]
    assert order == ["fashion-mnist", "cifar10-jpeg", "cifar10", "imagenet"]


# The paper's numbers


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
    run = published.published_arm(Arm(method, projector), scale)
    assert run is not None
    assert run.accuracy == accuracy
    assert run.dimension == int(projector.rpartition("-")[2]) * 16


def test_what_the_paper_does_not_give_is_none(scale):
    assert published.published_arm(Arm("VICReg-ctr", "16-16-16"), scale) is None
    assert published.published_arm(Arm("BarlowTwins", scale.projector), scale) is None
    with pytest.raises(ValueError, match="no projector 7-7-7"):
        published.published_projector("7-7-7", scale)


def test_the_papers_scale_has_the_papers_projectors():
    imagenet = load_scale("imagenet")
    assert published.published_projector(imagenet.projector, imagenet) == imagenet.projector
    assert published.published_projector("256-256-256", imagenet) == "256-256-256"


def test_the_papers_2048_d_has_no_numbers(scale):
    assert published.published_projector("128-512", scale) == "2048-8192"
    assert published.published_arm(Arm("VICReg", "128-512"), scale) is None


def test_combinations_of_published_runs(scale):
    large, narrow = Arm("VICReg", "512-512-16"), Arm("VICReg", "16-16-16")
    assert published.published_value(((large, 1.0), (narrow, -1.0)), scale) == pytest.approx(65.01 - 61.36)
    assert published.published_value(((large, 1.0), (Arm("TCR", "16-16-16"), -1.0)), scale) is None


def test_delta_at_the_papers_scale_is_what_its_numbers_are_held_against():
    assert load_scale("imagenet").delta == published.DELTA


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

    projector = build_projector(scale.representation, (512, 512, 16))
    linear = sum(layer.weight.numel() for layer in projector if isinstance(layer, nn.Linear))
    assert projector_weights("512-512-16", scale) == linear
