"""A scale of the user's own: read from its folder, run and judged with its results beside it, or refused."""

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from duality.cli import main
from duality.experiments import declared
from duality.experiments.plan.own_scale import read_own_scale
from duality.experiments.plan.scale import Scale, load_scale
from duality.experiments.run.record import load_results
from duality.training.errors import RecipeError
from tests.experiments.tiny import DECLARED, LOSSES, SETTINGS

SCALE = f"""
recipe = "digits"
set = {json.dumps(SETTINGS)}
representation = 4
dimensions = [2, 4, 8, 16]
hidden = 8
baseline = "VICReg"

[tuning]
trials = 2
set = ["optimizer.epochs=1", "data.validation_size=200"]
""" + "\n".join(f'[methods.{name}]\nloss = "{loss}"' for name, loss in LOSSES.items())
SEARCHED = """
[methods.VICReg.ranges]
"optimizer.base_lr" = [0.001, 0.01]
"""
SPREAD = """
linear = 0.3
width = 0.1
"fourth powers" = 0.2
"Gram dominance" = 0.05
"covariance dominance" = 0.05
"""


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """A folder of a scale, in an empty folder where commands are run."""
    monkeypatch.chdir(tmp_path)
    folder = Path("mine")
    folder.mkdir()
    (folder / "scale.toml").write_text(SCALE)
    (folder / "preregistration.toml").write_text(DECLARED.replace("\nlinear = 0.3\n", SPREAD))
    return folder


def declare(folder: Path) -> Scale:
    """Add what is tested to the declaration, as the documentation says."""
    statements = [
        f"{id} = {json.dumps(lines, ensure_ascii=False)}" for id, lines in declared(load_scale(str(folder))).items()
    ]
    with (folder / "preregistration.toml").open("a") as file:
        file.write("\n".join(["[statements]", *statements]))
    return load_scale(str(folder))


@pytest.mark.usefixtures("unchecked")
def test_it_is_run_and_judged_with_its_results_beside_it(own, capsys):
    scale = declare(own)
    assert main(["reproduce", "fig-1a", "--scale", "mine", "--part", "1/6", "--device", "cpu", "--quiet"]) == 0
    (result,) = load_results(own / "results", scale).cells
    assert result.document["command"] == f"duality-verify reproduce --scale mine --cell {result.cell.name}"
    assert not Path("results").exists()
    capsys.readouterr()
    for path, results in (("mine/scale.toml", []), (str(own.resolve()), ["--results", "elsewhere"])):
        shutil.copytree(own / "results", "elsewhere", dirs_exist_ok=True)
        assert main(["reproduce", "fig-1a", "--scale", path, "--from-results", "--json", *results]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["scale"] == "mine"
        assert found["cells"] == {"total": 6, "done": 1, "failed": []}
        assert "not what was declared" not in json.dumps(found)


@pytest.mark.usefixtures("unchecked")
def test_its_methods_are_tuned_beside_it(own, capsys):
    with (own / "scale.toml").open("a") as file:
        file.write(SEARCHED)
    assert main(["reproduce", "fig-1a", "--scale", "mine", "--from-results"]) == 2
    assert main(["tune", "VICReg", "--scale", "mine/scale.toml", "--device", "cpu", "--quiet"]) == 0
    record = json.loads((own / "results" / "mine" / "tuning" / "VICReg.json").read_text())
    assert record["best"] is not None
    assert record["command"] == "duality-verify tune VICReg --scale mine/scale.toml"
    assert not Path("results").exists()


def test_its_recipe_may_lie_beside_it_too(own, monkeypatch, tmp_path_factory):
    recipe = Path(__file__).parents[2] / "duality" / "training" / "recipes" / "digits.toml"
    shutil.copy(recipe, own / "small.toml")
    edit(own, 'recipe = "digits"', 'recipe = "small.toml"')
    scale = read_own_scale(own.resolve())
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert scale.method("VICReg").loss == "VICReg"
    assert Path(scale.recipe).is_file()


def edit(folder: Path, before: str, after: str, file: str = "scale.toml") -> None:
    text = (folder / file).read_text()
    assert before in text
    (folder / file).write_text(text.replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("hidden = 8\n", "", "mine: scale.toml lacks hidden: give a whole number above 0"),
        ("hidden = 8", "hiden = 8", "unknown key hiden (did you mean hidden?)"),
        ("hidden = 8", "hidden = true", "hidden is True: give a whole number above 0"),
        ("hidden = 8", "hidden = ", "mine: scale.toml is not TOML"),
        ("[2, 4, 8, 16]", "[16, 8]", "dimensions is [16, 8]: give a list of whole numbers above 0, ascending"),
        ('baseline = "VICReg"', 'baseline = "VICRag"', "baseline names 'VICRag' (did you mean VICReg?)"),
        ('loss = "SimCLR"', 'loss = "SimCRL"', "methods.SimCLR: loss.name is 'SimCRL' (did you mean SimCLR?)"),
        ('loss = "SimCLR"', "set = []", "mine: scale.toml lacks methods.SimCLR.loss: give a text"),
        ('"encoder.width=4"', '"encoder.witdh=4"', "unknown key encoder.witdh (did you mean width?)"),
        ('recipe = "digits"', 'recipe = "absent.toml"', "absent.toml"),
        ("trials = 2", "trials = 0", "tuning.trials is 0: give a whole number above 0"),
        ('loss = "SimCLR"', 'loss = "SimCLR"\nranges = {"optimizer.base_lr" = [1, 0.1]}', "[lowest, highest]"),
        ('loss = "SimCLR"', 'loss = "SimCLR"\nranges = {"optimizer.lr" = [0.1, 1]}', "unknown key optimizer.lr"),
        ('loss = "SimCLR"', 'loss = "SimCLR"\nwidened = {"optimizer.base_lr" = [0.1, 1]}', "not in its ranges"),
        ('loss = "SimCLR"', 'loss = "SimCLR"\ntuned_as = "VICRag"', "methods.SimCLR.tuned_as names 'VICRag'"),
        ("[methods.SimCLR]", '[methods."Sim/CLR"]', "a method is called 'Sim/CLR'"),
        ("[tuning]", "tuning = 3\n[methods]\n[other]", "tuning is 3: give a table"),
    ],
)
def test_what_is_wrong_in_its_scale_is_said_in_one_line(own, before, after, complaint):
    edit(own, before, after)
    assert complaint in refused(own)


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('seen = "nothing"\n', "", "mine: preregistration.toml lacks seen: give a text"),
        ("share = 0.04", "share = -1", "delta.share is -1: give a number above 0"),
        ("points = 1.0", "points = nan", "delta.points is nan: give a number above 0"),
        ("width = 0.1\n", "", "lacks spread.width"),
        ("levels = [0.05]", "levels = [5]", "looks.levels is [5]: give a list of numbers between 0 and 1"),
        ('methods = ["SimCLR"]', 'methods = ["SimCRL"]', "blocks.B.methods names 'SimCRL' (did you mean SimCLR?)"),
        ('methods = ["SimCLR"]', 'methods = ["VICReg"]', "an arm stands in two blocks"),
        ('["8-8-16"]', '["8x8"]', "blocks.A.projectors is ['8x8']: give a list of widths"),
        ("seeds = [2]", "seeds = [2, 3]", "each block gives its seeds for 1 looks"),
        ("after_data = false", 'after_data = "no"', "after_data is 'no': give true or false"),
        ("declared = 2026-01-01", "declared = 3", "declared is 3: give a date"),
    ],
)
def test_what_is_wrong_in_its_declaration_is_said_in_one_line(own, before, after, complaint):
    edit(own, before, after, "preregistration.toml")
    assert complaint in refused(own)


def refused(path: Path) -> str:
    with pytest.raises(RecipeError) as error:
        read_own_scale(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_files_that_are_not_there_or_cannot_be_read(own):
    (own / "preregistration.toml").rename(own / "declaration.toml")
    assert "mine lacks preregistration.toml" in refused(own)
    assert "name a folder with scale.toml and preregistration.toml" in refused(own / "declaration.toml")
    (own / "scale.toml").write_bytes(b"\xff")
    assert "scale.toml cannot be read" in refused(own)
    assert "lacks scale.toml" in refused(Path("nowhere/at/all/scale.toml"))


def test_it_must_not_be_taken_for_one_of_the_packages(own):
    assert "rename the folder" in refused(own.rename("cifar10"))
    with pytest.raises(RecipeError, match="did you mean cifar10"):
        load_scale("cifar01")


def test_a_shipped_scale_would_be_read_as_ones_own(tmp_path):
    """The check of files knows every key that the package's own use."""
    for name in ("fashion-mnist", "cifar10-jpeg", "cifar10", "imagenet"):
        folder = tmp_path / f"my-{name}"
        shutil.copytree(Path(__file__).parents[2] / "duality" / "experiments" / "scales" / name, folder)
        mine, shipped = read_own_scale(folder), load_scale(name)
        assert mine.methods == shipped.methods
        assert mine.preregistration == shipped.preregistration
        assert tomllib.loads((folder / "scale.toml").read_text("utf-8"))["recipe"] == mine.recipe
