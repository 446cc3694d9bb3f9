"""Scales and cells: what each file of settings makes, and names that lead back to what they name."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duality.experiments import all_experiments, cells
from duality.experiments.plan.cell import Cell, cell_named
from duality.experiments.plan.scale import Scale, load_scale, scale_from_dict, scale_names
from duality.experiments.run.trials import tuned_methods
from duality.training.errors import RecipeError
from duality.training.objective import build_loss
from tests.experiments.tiny import tiny_scale

TINY = tiny_scale()
VARIANTS = {"SimCLR-A": "centered embeddings", "SimCLR-B": "dimensions", "SimCLR-sq": None, "SimCLR-abs": None}


def searched(name: str) -> Scale:
    """The scale as if each of its searches had chosen what it starts from."""
    scale = load_scale(name)
    methods = {name: dataclasses.replace(each, tuned=each.tuned or ()) for name, each in scale.methods.items()}
    return dataclasses.replace(scale, methods=methods)


@pytest.mark.parametrize("name", scale_names())
def test_every_method_of_every_scale_can_be_built(name):
    scale = searched(name)
    grid = cells(all_experiments(), scale)
    assert {cell.method for cell in grid} <= scale.methods.keys()
    for method in scale.methods:
        recipe = Cell(scale, method, scale.projector, 3).recipe()
        build_loss(recipe.loss)
        assert recipe.encoder.projector == scale.projector
        assert recipe.run.seed == 3
        assert recipe.data.validation_size == 0


@pytest.mark.parametrize("name", scale_names())
def test_scales_keep_the_paper_s_proportions(name):
    scale = load_scale(name)
    ratios = [d / scale.representation for d in scale.dimensions]
    assert ratios == sorted(ratios)
    assert set(ratios) <= {1 / 8, 1 / 4, 1 / 2, 1, 4}
    assert ratios[-1] == 4
    assert scale.delta > 0
    assert scale.baseline in scale.methods
    assert scale.hidden == scale.dimensions[-1]
    assert scale.large_projector(16) == f"{scale.hidden}-{scale.hidden}-16"
    assert scale.narrow_projector(16) == "16-16-16"
    assert scale.small_projector(16) == f"{scale.representation}-16"
    encoder = Cell(scale, scale.baseline, scale.projector, 0).recipe().encoder
    assert scale.representation == {"resnet18": 8, "resnet50": 32}[encoder.name] * encoder.width


@pytest.mark.parametrize("name", scale_names())
@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_of_simclr_differ_from_it_in_one_thing(name, variant):
    scale = searched(name)
    one, other = (Cell(scale, method, scale.projector, 0).recipe() for method in ("SimCLR", variant))
    assert dataclasses.replace(one, loss=other.loss) == other
    assert (one.loss.name == other.loss.name) == (VARIANTS[variant] is not None)
    settings = build_loss(one.loss).settings | ({"normalization": VARIANTS[variant]} if VARIANTS[variant] else {})
    assert build_loss(other.loss).settings == settings


@pytest.mark.parametrize("name", scale_names())
def test_simclr_as_published_is_tuned_nowhere(name):
    scale = load_scale(name)
    assert scale.method("SimCLR-original").tuned == ()
    assert "SimCLR-original" not in tuned_methods(scale)


def test_a_grid_has_no_cell_twice():
    grid = cells(all_experiments(), TINY)
    assert len({cell.name for cell in grid}) == len(set(grid)) == len(grid)


@given(
    st.sampled_from(sorted(TINY.methods)),
    st.lists(st.integers(1, 9999), min_size=1, max_size=4),
    st.integers(0, 10**6),
)
def test_a_cell_s_name_leads_back_to_it(method, widths, seed):
    cell = Cell(TINY, method, "-".join(map(str, widths)), seed)
    assert cell_named(TINY, cell.name) == cell
    assert cell.result_path(Path("results")) == Path("results/tiny/cells") / f"{cell.name}.json"
    assert cell.command.endswith(f"--scale tiny --cell {cell.name}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("VICReg", "write METHOD/PROJECTOR/seed-K, such as VICReg/8-8-16/seed-0"),
        ("VICReg/8-8-16/seed--1", "names no cell"),
        ("VICReg/../8/seed-1", "names no cell"),
        ("../8-8-16/seed-1", "has no method"),
        ("VICRag/8-8-16/seed-0", "did you mean VICReg"),
        ("nothing/8-8-16/seed-0", "choose VICReg, VICReg-exp"),
    ],
)
def test_names_of_no_cell(name, message):
    with pytest.raises(RecipeError, match=message):
        cell_named(TINY, name)


def test_names_of_no_scale():
    with pytest.raises(RecipeError, match="did you mean cifar10"):
        load_scale("cifar")
    with pytest.raises(RecipeError, match="choose cifar10, fashion-mnist, imagenet"):
        load_scale("xyz")


def test_settings_come_in_order():
    """The scale's, then the method's, then what tuning found, which SimCLR's variants share."""
    methods = {
        "SimCLR": {
            "loss": "SimCLR",
            "set": ["optimizer.base_lr=0.2", "loss.arguments.temperature=0.2"],
            "tuned": ["loss.arguments.temperature=0.3"],
        },
        "SimCLR-sq": {"loss": "SimCLRSq", "tuned_as": "SimCLR"},
    }
    scale = tiny_scale("optimizer.base_lr=0.1", **methods)
    cell = Cell(scale, "SimCLR", "8-8-16", 0)
    assert cell.recipe().optimizer.base_lr == 0.2
    assert cell.recipe().loss.arguments["temperature"] == 0.3
    assert cell.recipe_with([]).loss.arguments["temperature"] == 0.2
    variant = dataclasses.replace(cell, method="SimCLR-sq").recipe()
    assert variant.optimizer.base_lr == 0.1
    assert variant.loss.arguments["temperature"] == 0.3


def test_a_scale_s_file_may_not_hold_anything_else():
    table = {
        "recipe": "digits",
        "set": [],
        "representation": 1,
        "dimensions": [1, 2, 3, 4],
        "hidden": 4,
        "baseline": "VICReg",
        "methods": {"VICReg": {"loss": "VICReg"}},
    }
    assert scale_from_dict("one", table, TINY.preregistration).hidden == 4
    with pytest.raises(TypeError, match="hiden"):
        scale_from_dict("one", table | {"hiden": 2.0}, TINY.preregistration)
