"""The commands tune and reproduce, at a scale of seconds."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jaxtyping
import pytest

from duality.experiments.plan import scale as scales
from duality.experiments.run import rerun
from duality.experiments.run.committed import committed_results
from duality.experiments.run.record import load_results
from tests.experiments.tiny import RANGES, TUNED, grid, run_grid, tiny_scale
from tests.test_cli_training import verify

FAMILY = ("VICReg", "VICReg-exp", "VICReg-ctr")


@pytest.fixture(scope="module", autouse=True)
def unchecked():
    """Typer hands its callbacks a context of a class of its own, which the check of types refuses."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def scale():
    return tiny_scale()


@pytest.fixture(autouse=True)
def tiny(monkeypatch, scale):
    monkeypatch.setattr(scales, "load_scale", lambda *_: scale)


@pytest.fixture(scope="module")
def place(tmp_path_factory, scale) -> Path:
    """Where the grid of fig-1a has been run."""
    place = tmp_path_factory.mktemp("grid")
    assert run_grid(grid(scale, FAMILY, seeds=2), place) == []
    return place


def folders(place: Path) -> list[str]:
    return ["--scale", "tiny", "--runs", str(place / "runs"), "--results", str(place / "results")]


def test_reproduce_runs_then_judges(tmp_path, place, capsys):
    assert verify("reproduce", "fig-1a", "--device", "cpu", "--part", "1/6", *folders(tmp_path)) == 0
    said = capsys.readouterr()
    assert "cell 1/1: VICReg/8-8-16/seed-0" in said.err
    assert "fig-1a" in said.out
    assert "1 of 1 cells have a result" in said.out
    # The rest is done elsewhere.
    assert [each.cell.seed for each in load_results(tmp_path / "results", tiny_scale()).cells] == [0]
    assert verify("reproduce", "fig-1a", "--device", "cpu", *folders(place)) == 0
    said = capsys.readouterr()
    assert "cell" not in said.err, "what is done is not done again"
    assert "6 of 6 cells have a result" in said.out
    assert "VICReg − VICReg-exp, 8-8-16" in said.out


def test_recorded_results_are_judged_alone(place, tmp_path, capsys):
    figures = tmp_path / "figures"
    words = ["reproduce", "--from-results", "--figures", str(figures), *folders(place)]
    words[words.index("--runs") + 1] = str(tmp_path / "nothing")
    assert verify(*words, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["cells"]["done"] == 6
    assert document["cells"]["total"] > 6
    verdicts = {each["id"]: each["verdict"] for each in document["experiments"]}
    assert verdicts["fig-1a"] == "not testable here"  # the tiny scale has too few arms
    assert verdicts["fig-2"] == "not run"
    assert sorted(map(str, figures.glob("*.svg"))) == sorted(document["figures"])
    assert not (tmp_path / "nothing").exists()
    assert verify(*words) == 0


def files_below(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_judging_writes_nothing_that_is_not_asked_for(place, capsys):
    before = files_below(place)
    words = ["reproduce", "--from-results", *folders(place)]
    assert verify(*words, "--json") == 0
    assert json.loads(capsys.readouterr().out)["figures"] == []
    assert verify(*words) == 0
    assert "figures" not in capsys.readouterr().out
    assert files_below(place) == before


def test_json_has_every_part_judged_or_not(place, capsys):
    assert verify("reproduce", "fig-1a", "fig-2", "--from-results", "--json", *folders(place)) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    judged, not_run = (each["parts"] for each in document["experiments"])
    part = judged[0]
    assert part["sentence"] == "VICReg − VICReg-exp, 8-8-16 is within ±1.00 points"
    assert part["contrast"] == {"VICReg/8-8-16": 1.0, "VICReg-exp/8-8-16": -1.0}
    assert (part["region"]["low"], part["region"]["high"]) == (-1.0, 1.0)
    assert part["interval"]["low"] < part["estimate"] < part["interval"]["high"]
    assert part["interval"]["level"] == pytest.approx(0.9)
    assert part["verdict"] in ("supported", "contradicted", "open")
    assert {part["verdict"] for part in not_run} == {"not run"}
    assert all(part["estimate"] is None and part["sentence"] for part in not_run)


def test_a_dry_run_tells_what_is_left_and_writes_nothing(place, scale, tmp_path, capsys):
    before = files_below(place)
    assert verify("reproduce", "fig-1a", "fig-2", "--dry-run", *folders(place)) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[:3] == ["SimCLR/8-8-16/seed-0", "SimCLR/8-8-16/seed-1", ""]
    assert "by 6 recorded cells of tiny" in " ".join(shown.split())
    assert verify("reproduce", "fig-1a", "fig-2", "--dry-run", "--json", *folders(place)) == 0
    plan = json.loads(capsys.readouterr().out)
    cells = load_results(place / "results", scale).cells
    assert plan["cells"] == {"total": 8, "done": 6, "left": ["SimCLR/8-8-16/seed-0", "SimCLR/8-8-16/seed-1"]}
    mean = sum(cell.document["seconds"] for cell in cells) / len(cells)
    assert plan["hours"] == pytest.approx(2 * mean / 3600, abs=0.006)
    assert [each["power"] for each in plan["experiments"]] == [None, None], "the tiny scale lacks arms"
    assert files_below(place) == before
    assert verify("reproduce", "fig-2", "--dry-run", *folders(tmp_path)) == 0
    assert "nobody knows how long" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_result_names_the_declaration_it_was_made_under(place, scale):
    cells = load_results(place / "results", scale).cells
    assert {cell.document["preregistration"] for cell in cells} == {scale.preregistration.sha256}
    assert all(0 < cell.document["representations"]["centered_gram_dominance"] <= 1 for cell in cells)


def test_without_results_nothing_was_run(tmp_path, capsys):
    (tmp_path / "results").mkdir()
    assert verify("reproduce", "--from-results", *folders(tmp_path)) == 0
    shown = capsys.readouterr().out
    assert shown.count("not run") >= 10
    assert list((tmp_path / "results").iterdir()) == []


def test_a_folder_of_results_that_is_not_there_is_bad_input(tmp_path, capsys):
    assert verify("reproduce", "--from-results", *folders(tmp_path)) == 2
    said = capsys.readouterr()
    assert f"there is no folder {tmp_path / 'results'}" in said.err
    assert said.out == ""


def overridden(monkeypatch) -> None:
    def load(_, overrides=()):
        return dataclasses.replace(tiny_scale(), overrides=overrides)

    monkeypatch.setattr(scales, "load_scale", load)


def test_overrides_reach_every_cell_and_its_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        scales, "load_scale", lambda _, overrides=(): dataclasses.replace(tiny_scale(), overrides=overrides)
    )
    words = ["reproduce", "fig-1a", "--part", "1/6", "--device", "cpu", *folders(tmp_path)]
    given = ["--set", "optimizer.epochs=1", "--set", f"data.root={tmp_path}", "--set", "data.workers=0"]
    assert verify(*words, *given) == 0
    (result,) = load_results(tmp_path / "results", tiny_scale()).cells
    assert result.document["recipe"]["optimizer"]["epochs"] == 1
    # Where the images lie is no one else's matter.
    assert result.document["recipe"]["data"]["root"] == ""
    assert str(tmp_path) not in json.dumps(result.document)
    assert result.document["command"] == (
        "duality-verify reproduce --scale tiny --set optimizer.epochs=1 --cell VICReg/8-8-16/seed-0"
    )
    # The same elsewhere is the same cell, another recipe is not.
    assert verify(*words, *given[:2]) == 0
    assert capsys.readouterr().err.count("cell 1/1") == 1
    assert verify(*words, "--set", "optimizer.epochs=2") == 2
    assert "is of another recipe (optimizer.epochs" in capsys.readouterr().err
    assert verify(*words, "--set", "optimizer.epoch=2", "--results", str(tmp_path / "new")) == 2
    assert "did you mean epochs" in capsys.readouterr().err


def test_overrides_reach_every_trial(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        scales, "load_scale", lambda _, overrides=(): dataclasses.replace(tiny_scale(), overrides=overrides)
    )
    words = ["tune", "--json", "--part", "1/6", "--device", "cpu", *folders(tmp_path)]
    assert verify(*words, "--set", "optimizer.weight_decay=0.01") == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert record["recipe"]["optimizer"]["weight_decay"] == 0.01
    assert record["command"] == "duality-verify tune searched --scale tiny --set optimizer.weight_decay=0.01"
    assert verify(*words, "--set", "optimizer.weight_decai=0.01", "--results", str(tmp_path / "new")) == 2
    said = capsys.readouterr().err
    assert (
        said.count("searched/trial-00 failed: unknown key optimizer.weight_decai (did you mean weight_decay?)") == 1
    )


def test_a_cell_run_again_gives_its_record_exactly(place, capsys):
    words = ["reproduce", "--cell", "VICReg/8-8-16/seed-1", "--device", "cpu", *folders(place)]
    assert verify(*words) == 0
    assert "exactly equal" in capsys.readouterr().out
    assert not list((place / "runs" / "tiny" / "again").rglob("*.pt"))


def change_record(place: Path, points: float, **environment) -> float:
    """Another accuracy and environment in the record of one cell. Returns the seeds' spread in points."""
    path = place / "results" / "tiny" / "cells" / "VICReg" / "8-8-16" / "seed-1.json"
    document = json.loads(path.read_text())
    document["accuracy"]["linear"] += points / 100
    document["environment"] |= environment
    path.write_text(json.dumps(document))
    recorded = load_results(place / "results", tiny_scale()).accuracy("VICReg", "8-8-16").values()
    return max(recorded) - min(recorded)


@pytest.mark.parametrize(
    ("points", "environment", "code"),
    [
        (0.01, {}, 1),  # the same machine: the last digit counts
        (0.01, {"processor": "another"}, 0),
        (0.01, {"instructions": "another"}, 0),
        (0.01, {"instructions": None}, 0),  # older records do not say
        (-5.0, {"processor": "another"}, 0),  # within the spread, which the changed record widens
        (0.01, {"device": "a GPU", "processor": "another"}, 0),
    ],
)
def test_a_cell_that_gives_something_else(place, tmp_path, monkeypatch, capsys, points, environment, code):
    """The run itself is taken as done; what it is compared with varies."""
    shutil.copytree(place / "results", tmp_path / "results")
    again = json.loads((place / "results/tiny/cells/VICReg/8-8-16/seed-1.json").read_text())
    monkeypatch.setattr(rerun, "run_cell", lambda cell, folder, *_: folder.mkdir(parents=True) or again)
    change_record(tmp_path, points, **environment)
    words = ["reproduce", "--cell", "VICReg/8-8-16/seed-1", *folders(tmp_path)]
    assert verify(*words, "--json") == code
    document = json.loads(capsys.readouterr().out)
    assert (document["equal"], document["ok"]) == (False, code == 0)
    assert document["again"] == again["accuracy"]
    assert verify(*words) == code
    shown = " ".join(capsys.readouterr().out.split())
    assert f"{-points:+.4f} points, " in shown
    assert all(f"{'another' if value else 'unrecorded'} {key}" in shown for key, value in environment.items())
    assert "the seeds' spread is" in shown


def test_beyond_the_spread_is_a_failure_on_any_machine(place, tmp_path, monkeypatch):
    shutil.copytree(place / "results", tmp_path / "results")
    path = tmp_path / "results/tiny/cells/VICReg/8-8-16/seed-1.json"
    again = json.loads(path.read_text())
    spread = change_record(tmp_path, 0.0, processor="another")
    again["accuracy"]["linear"] += (spread + 1) / 100
    monkeypatch.setattr(rerun, "run_cell", lambda cell, folder, *_: folder.mkdir(parents=True) or again)
    assert verify("reproduce", "--cell", "VICReg/8-8-16/seed-1", *folders(tmp_path)) == 1


def test_cells_that_fail_alike_are_told_once(tmp_path, monkeypatch, capsys):
    broken = {"loss": "VICRegCtr", "set": ["loss.arguments.nonsense=1"]}
    monkeypatch.setattr(scales, "load_scale", lambda *_: tiny_scale(**{"VICReg-ctr": broken}))
    assert verify("reproduce", "fig-1a", "--device", "cpu", *folders(tmp_path)) == 2
    said = capsys.readouterr()
    shown = " ".join(said.out.split())
    assert "VICReg-ctr/8-8-16/seed-0 and 1 more failed: unknown key loss.arguments.nonsense" in shown
    assert shown.count("nonsense") == 1
    assert "4 of 6 cells have a result" in said.out


def test_a_cell_that_could_not_be_run_is_3(tmp_path, monkeypatch, capsys):
    wild = {"loss": "VICRegCtr", "set": ["optimizer.base_lr=1e30"]}
    monkeypatch.setattr(scales, "load_scale", lambda *_: tiny_scale(**{"VICReg-ctr": wild}))
    assert verify("reproduce", "fig-1a", "--device", "cpu", *folders(tmp_path)) == 3
    assert "VICReg-ctr/8-8-16/seed-0 and 1 more failed: step" in " ".join(capsys.readouterr().out.split())


def test_images_that_are_not_there_are_said_once_and_are_bad_input(tmp_path, monkeypatch, capsys):
    """Not once for each cell, and before anything is run."""
    nowhere = tiny_scale("data.name=folder", f"data.root={tmp_path / 'nothing'}")
    monkeypatch.setattr(scales, "load_scale", lambda *_: nowhere)
    assert verify("reproduce", "fig-1a", "--device", "cpu", *folders(tmp_path)) == 2
    said = capsys.readouterr()
    assert len([line for line in said.err.splitlines() if "no images" in line]) == 1
    assert said.out == ""


def test_tune_prints_the_trials_and_what_was_chosen(tmp_path, monkeypatch, capsys):
    words = ["tune", TUNED, "--device", "cpu", *folders(tmp_path)]
    assert verify(*words, "--part", "1/2") == 0
    assert "2 of 3 trials" in capsys.readouterr().out
    assert verify(*words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Chosen: trial" in shown
    assert "with --set optimizer.base_lr=" in shown
    assert "3 of 3 trials, recorded in" in shown
    assert verify("tune", "--json", *folders(tmp_path)) == 0
    (record,) = json.loads(capsys.readouterr().out)
    assert record["method"] == TUNED
    # The grid takes what was chosen.
    searched = tiny_scale(**{"VICReg-ctr": {"loss": "VICRegCtr", "tuned_as": TUNED}})
    monkeypatch.setattr(scales, "load_scale", lambda *_: searched)
    cell = ["reproduce", "fig-1a", "--device", "cpu"]
    assert verify(*cell, *folders(tmp_path)) == 0
    results = load_results(tmp_path / "results", searched)
    result = results.of("VICReg-ctr", searched.projector)[0]
    assert [f"optimizer.base_lr={result.document['recipe']['optimizer']['base_lr']}"] == record["best"]["set"][:1]


def test_a_method_that_is_not_tuned_yet_is_not_run(tmp_path, monkeypatch, capsys):
    searched = tiny_scale(**{"VICReg-ctr": {"loss": "VICRegCtr", "ranges": RANGES}})
    monkeypatch.setattr(scales, "load_scale", lambda *_: searched)
    assert verify("reproduce", "fig-1a", "--device", "cpu", *folders(tmp_path)) == 2
    assert "VICReg-ctr is not tuned at tiny: run duality-verify tune" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["reproduce", "fig-1e", "--from-results"], "did you mean fig-1"),
        (["reproduce", "--part", "5/4"], "write K/N"),
        (["reproduce", "--part", "half"], "write K/N"),
        (["reproduce", "--device", "tpu", "fig-1a"], "choose auto, cpu, cuda or"),
        (["reproduce", "--cell", "VICReg/8-8-16/seed-0", "--dry-run"], "leave out --cell"),
        (["reproduce", "--cell", "VICReg"], "write METHOD/PROJECTOR/seed-K, such as VICReg/8-8-16/seed-0"),
        (["reproduce", "--cell", "VICRegs/8-8-16/seed-0"], "did you mean VICReg?"),
        (["reproduce", "--cell", "VICReg/8-8-16/seed-9"], "results: name a cell that has one"),
        (["reproduce", "--cell", "VICReg/99-99/seed-0"], "results: name a cell that has one"),
        (["tune", "SimCLRs", "--scale", "tiny"], "is no method of tiny"),
        (["tune", "SimCLR", "--scale", "tiny"], "SimCLR is not tuned at tiny: choose searched"),
        (["tune", "--part", "2/1"], "write K/N"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert verify(*words) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_an_unknown_scale_names_the_nearest(monkeypatch, capsys):
    monkeypatch.undo()
    assert verify("reproduce", "--scale", "fashion-mnits") == 2
    assert "did you mean fashion-mnist?" in capsys.readouterr().err


def test_a_damaged_result_is_named_and_kept(place, tmp_path, capsys):
    path = tmp_path / "results" / "tiny" / "cells" / "VICReg" / "8-8-16" / "seed-0.json"
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    for words in (["fig-1a"], ["--from-results"]):
        assert verify("reproduce", *words, *folders(tmp_path)) == 2
        said = capsys.readouterr().err
        assert str(path) in said
        assert said.count("\n") == 1
    assert path.read_text() == "{}"


def test_judging_needs_neither_torchvision_nor_what_is_slow_to_load():
    """Verdicts from results in seconds: PyTorch and matplotlib alone would take as long again."""
    code = f"""
import sys
sys.argv = ["duality-verify", "reproduce", "fig-2", "--from-results", "--results", {str(committed_results())!r}]
sys.modules["torchvision"] = None
from duality.cli import main
code = main()
print(*sorted({{"torch", "matplotlib"}} & sys.modules.keys()), file=sys.stderr)
sys.exit(code)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")
