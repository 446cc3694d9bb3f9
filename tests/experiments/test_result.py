"""Results: written whole or not at all, read back as they were, and nothing else taken for one."""

import dataclasses
import json
from pathlib import Path

import pytest

from duality.experiments.plan.cell import Cell, cell_named
from duality.experiments.plan.scale import load_scale, scale_names
from duality.experiments.run.record import find_result, load_results, missing, read_result, write_result
from duality.training.errors import RunError
from tests.experiments.tiny import tiny_scale

SCALE = tiny_scale()
CELL = Cell(SCALE, "VICReg", "8-8-16", 1)
RESULTS = Path(__file__).parents[2] / "results"


def document(cell: Cell = CELL, linear: float = 0.8125) -> dict:
    return {
        "method": cell.method,
        "projector": cell.projector,
        "seed": cell.seed,
        "recipe": cell.recipe().to_dict(),
        "accuracy": {"linear": linear, "online": 0.5, "knn": 0.25},
        "log": {"loss": [1.23456789, 0.0, -1234567.89], "step": [0, 8, 16]},
        "embeddings": {},
        "representations": {},
        "gram_histogram": {},
        "command": cell.command,
        "environment": {},
        "commit": "0" * 40,
        "seconds": 1.5,
        "finished": "2026-11-22T00:00:00+00:00",
    }


def test_a_result_is_read_as_it_was_written(tmp_path):
    written = write_result(CELL, tmp_path, document(linear=7123 / 10_000))
    assert find_result(CELL, tmp_path) == written
    assert written.accuracy() == pytest.approx(71.23, abs=1e-12)
    assert written.accuracy("knn") == 25.0
    # Six significant digits: an accuracy over 10,000 images is kept whole.
    assert written.document["accuracy"]["linear"] == 7123 / 10_000
    assert written.document["log"] == {"loss": [1.23457, 0.0, -1234570.0], "step": [0, 8, 16]}
    assert written.document["recipe"] == CELL.recipe().to_dict()


def test_results_of_a_scale_by_arm_and_seed(tmp_path):
    assert load_results(tmp_path, SCALE).cells == ()
    for method, seed, linear in (("VICReg", 1, 0.5), ("SimCLR", 0, 0.75), ("VICReg", 0, 0.25)):
        cell = Cell(SCALE, method, "8-8-16", seed)
        untrained = {"untrained": {"linear": 0.125, "knn": 0.0625}} if seed == 0 else {}
        write_result(cell, tmp_path, document(cell, linear) | untrained)
    results = load_results(tmp_path, SCALE)
    assert [(each.cell.method, each.cell.seed) for each in results.cells] == [
        ("SimCLR", 0),
        ("VICReg", 0),
        ("VICReg", 1),
    ]
    assert results.accuracy("VICReg", "8-8-16") == {0: 25.0, 1: 50.0}
    assert results.accuracy("VICReg", "8-8-2") == {}
    assert results.untrained() == {0: 12.5}
    assert [cell.name for cell in missing([CELL, Cell(SCALE, "SimCLR", "8-8-16", 1)], tmp_path)] == [
        "SimCLR/8-8-16/seed-1"
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff\xfe",
        json.dumps(document() | {"accuracy": {"linear": 1.5, "online": 0, "knn": 0}}).encode(),
        json.dumps(document() | {"accuracy": {"linear": 0.5}}).encode(),
        json.dumps({key: value for key, value in document().items() if key != "seconds"}).encode(),
        json.dumps(document() | {"seed": "1"}).encode(),
        b'{"accuracy": {"linear": NaN, "online": 0, "knn": 0}, "seed": 1}',
    ],
    ids=["empty", "cut", "list", "nothing", "binary", "range", "measures", "provenance", "seed", "nan"],
)
def test_what_is_not_a_result_is_named_in_one_line(tmp_path, content):
    path = CELL.result_path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    for read in (
        lambda: read_result(path, SCALE),
        lambda: load_results(tmp_path, SCALE),
        lambda: missing([CELL], tmp_path),
    ):
        with pytest.raises(RunError) as raised:
            read()
        assert str(path) in str(raised.value)
        assert "remove it" in str(raised.value)
        assert "\n" not in str(raised.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("recipe", [None, {}, {"name": "digits"}], ids=["none", "empty", "partial"])
def test_a_result_without_its_recipe_is_damaged(tmp_path, recipe):
    write_result(CELL, tmp_path, document() | {"recipe": recipe})
    with pytest.raises(RunError, match="is not the result of a cell"):
        find_result(CELL, tmp_path)


def test_a_result_of_another_recipe_is_refused(tmp_path):
    write_result(CELL, tmp_path, document())
    other = dataclasses.replace(CELL, scale=tiny_scale("optimizer.base_lr=0.004"))
    with pytest.raises(RunError, match=r"optimizer.base_lr is 0.002 there and 0.004 here\): remove it"):
        find_result(other, tmp_path)


def test_a_result_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    def full(self, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(RunError, match="No space left"):
            write_result(CELL, tmp_path, document())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert find_result(CELL, tmp_path) is None
    kept = write_result(CELL, tmp_path, document())
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(RunError, match="No space left"):
            write_result(CELL, tmp_path, document(linear=0.1))
    assert find_result(CELL, tmp_path) == kept


def test_what_json_lacks_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_result(CELL, tmp_path, document() | {"log": {"loss": [float("nan")]}})
    assert not CELL.result_path(tmp_path).exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "tiny").write_text("a file in its place")
    with pytest.raises(RunError, match="choose another --results"):
        write_result(CELL, tmp_path, document())


def test_a_result_under_another_cells_name_is_not_taken_for_it(tmp_path):
    write_result(CELL, tmp_path, document())
    other = dataclasses.replace(CELL, seed=7).result_path(tmp_path)
    CELL.result_path(tmp_path).rename(other)
    for read in (
        lambda: load_results(tmp_path, SCALE),
        lambda: find_result(dataclasses.replace(CELL, seed=7), tmp_path),
    ):
        with pytest.raises(RunError, match="is not the result of a cell"):
            read()


@pytest.mark.parametrize("name", scale_names())
def test_recorded_results_are_of_the_scale_s_own_recipes(name):
    scale = load_scale(name)
    for result in load_results(RESULTS, scale).cells:
        cell = cell_named(scale, result.cell.name)
        assert find_result(cell, RESULTS) == result
        assert result.document["command"] == cell.command
        assert len(result.document["commit"]) == 40
