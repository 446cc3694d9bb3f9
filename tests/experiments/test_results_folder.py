"""Which folder of results a command works with: the one named, the one here, or the package's own."""

from pathlib import Path

import pytest

from duality.experiments.plan.scale import load_scale, scale_names
from duality.experiments.run.committed import HERE, committed_results, readable_results, writable_results
from duality.experiments.run.record import load_results
from duality.report.record import FILE
from duality.training.errors import RunError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> Path:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_empty_folder_reads_the_packages_own_and_stays_empty(elsewhere):
    assert readable_results() == committed_results()
    assert (committed_results() / FILE).is_file()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("file", [FILE, "tiny/tuning/VICReg.json", "tiny/cells/VICReg/8-8-16/seed-0.json"])
def test_results_here_come_first(elsewhere, file):
    path = elsewhere / HERE / file
    path.parent.mkdir(parents=True)
    path.touch()
    assert readable_results() == writable_results() == HERE
    assert list((elsewhere / HERE).rglob("*.json")) == [path]


def test_a_folder_of_that_name_that_holds_something_else_is_none_of_ours(elsewhere):
    (elsewhere / HERE).mkdir()
    (elsewhere / HERE / "mine.csv").touch()
    assert readable_results() == committed_results()


@pytest.mark.parametrize("folder", [Path("named"), Path("results")])
def test_the_one_named_is_taken_as_it_is(folder):
    assert readable_results(folder) == writable_results(folder) == folder
    assert not folder.exists()


def test_a_folder_to_write_to_begins_as_a_copy(elsewhere):
    (elsewhere / HERE).mkdir()
    (elsewhere / HERE / "mine.csv").touch()
    (elsewhere / HERE / ".partial" / "cut-short").mkdir(parents=True)
    assert writable_results() == HERE
    scale = load_scale("fashion-mnist")
    assert len(load_results(HERE, scale).cells) == len(load_results(committed_results(), scale).cells) > 0
    copied = {name for name in scale_names() if (committed_results() / name).is_dir()}
    assert scale.name in copied
    assert {path.name for path in HERE.iterdir()} == {".copying", "mine.csv", FILE} | copied
    (HERE / FILE).unlink()
    assert writable_results() == HERE
    assert not (HERE / FILE).exists()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(elsewhere):
    (elsewhere / HERE).touch()
    with pytest.raises(RunError, match="cannot write results"):
        writable_results()
