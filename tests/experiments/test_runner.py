"""Grids: every cell once whoever runs it, taken over from the dead, and no failure stops the others."""

import os
import re
import signal
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from duality.experiments.plan.cell import Cell
from duality.experiments.run import cells as runner
from duality.experiments.run.cells import run_cells
from duality.experiments.run.record import find_result, load_results, missing
from duality.training.checkpoint import checkpoints
from duality.training.errors import DataError, InterruptedRunError, RunError
from duality.training.processes import join_processes
from duality.training.run_folder import locked
from tests.experiments.tiny import Listener, grid, run_grid, start_command, tiny_scale
from tests.training.runs import SERVER, start_ranks

LONG = "optimizer.epochs=12"
"""Enough for a process to be stopped in the middle of a cell."""


@pytest.fixture(scope="module")
def scale():
    return tiny_scale()


def words(place: Path) -> list[str]:
    folders = ["--runs", str(place / "runs"), "--results", str(place / "results")]
    return ["reproduce", "fig-1a", "--scale", "tiny", "--device", "cpu", *folders]


def wait_for_checkpoint(place: Path, scale_name: str = "tiny") -> Path:
    """The run folder in which a process has saved something first."""
    for _ in range(3000):
        for folder in (place / "runs" / scale_name).glob("*/*/seed-*"):
            if checkpoints(folder):
                return folder
        time.sleep(0.02)
    raise AssertionError("no checkpoint after a minute")


def same_accuracies(cell: Cell, one: Path, other: Path) -> bool:
    found = [find_result(cell, place / "results") for place in (one, other)]
    return None not in found and found[0].document["accuracy"] == found[1].document["accuracy"]


def test_a_grid_is_run_once(scale, tmp_path):
    cells = grid(scale)
    said = Listener()
    assert run_grid(cells, tmp_path, said) == []
    assert said.heard("cell 1/2: VICReg/8-8-16/seed-0")
    assert any(re.search(r"1 of 2 cells done, about \d+ min left", line) for line in said.lines)
    assert said.heard("2 of 2 cells done")
    assert missing(cells, tmp_path / "results") == []
    for cell in cells:
        document = load_results(tmp_path / "results", scale).of(cell.method, cell.projector)[0].document
        assert document["command"] == f"duality-verify reproduce --scale tiny --cell {cell.name}"
        assert document["recipe"] == cell.recipe().to_dict()
        assert document["preregistration"] == scale.preregistration.sha256
        assert 0 < document["representations"]["centered_gram_dominance"] <= 1
        assert document["environment"]["threads"] >= 1
        assert {"commit", "uncommitted_changes", "seconds", "finished"} <= document.keys()
        # The network as initialised is measured once for each seed.
        assert ("untrained" in document) == (cell.method == "VICReg")
    again = Listener()
    assert run_grid(cells, tmp_path, again) == []
    assert again.lines == []


@pytest.mark.slow
def test_two_processes_share_a_grid(tmp_path):
    barrier = SERVER.Barrier(2)
    logs = [tmp_path / "one.log", tmp_path / "two.log"]
    processes = [start_command(words(tmp_path), log, barrier=barrier) for log in logs]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0], [log.read_text() for log in logs]
    begun = [[line for line in log.read_text().splitlines() if line.startswith("cell ")] for log in logs]
    assert all(begun), "one process did everything"
    cells = grid(tiny_scale(), ("VICReg", "VICReg-exp", "VICReg-ctr"), seeds=2)
    expected = {f"cell {number}/6: {cell.name}" for number, cell in enumerate(cells, 1)}
    assert Counter(begun[0] + begun[1]) == Counter(expected)
    assert missing(cells, tmp_path / "results") == []


def _share_cells(place: Path) -> None:
    with join_processes("cpu") as process:
        failures = run_cells(two_and_a_broken_one(), place / "runs", place / "results", process, Listener())
        assert [failure.name for failure in failures] == ["broken/8-8-16/seed-0"]


def two_and_a_broken_one() -> list[Cell]:
    broken = {"loss": "VICReg", "set": ["loss.arguments.nonsense=1"]}
    return grid(tiny_scale(broken=broken), ("VICReg", "broken", "SimCLR"))


@pytest.mark.slow
def test_under_torchrun_all_processes_train_each_cell(tmp_path):
    start_ranks(2, _share_cells, tmp_path)
    first, broken, last = two_and_a_broken_one()
    assert missing([first, broken, last], tmp_path / "results") == [broken]
    for cell in (first, last):
        result = find_result(cell, tmp_path / "results")
        assert result is not None
        assert result.document["processes"] == 2


@pytest.mark.slow
def test_a_killed_process_s_cell_is_taken_over_and_resumed(tmp_path):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    killed.mkdir()
    process = start_command(words(killed), tmp_path / "log", LONG)
    folder = wait_for_checkpoint(killed)
    process.kill()
    process.join()
    cell = grid(tiny_scale(LONG))[0]
    assert folder == cell.run_folder(killed / "runs")
    assert find_result(cell, killed / "results") is None
    said = Listener()
    assert run_grid([cell], killed, said) == []
    assert said.heard("resuming after step")
    run_grid([cell], whole)
    assert same_accuracies(cell, killed, whole)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interruption_is_130_and_loses_nothing(tmp_path, number):
    log = tmp_path / "log"
    process = start_command(words(tmp_path), log, LONG)
    wait_for_checkpoint(tmp_path)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join()
    assert process.exitcode == 130
    assert "interrupted, nothing lost" in log.read_text()
    said = Listener()
    assert run_grid(grid(tiny_scale(LONG))[:1], tmp_path, said) == []
    assert said.heard("resuming after step")


def test_a_cell_that_another_left_behind_is_come_back_for(scale, tmp_path):
    first, second = grid(scale)
    elsewhere = ExitStack()
    elsewhere.enter_context(locked(first.run_folder(tmp_path / "runs"), "cell.lock"))

    class Dying(Listener):
        """The process that holds the first cell dies once this one has passed it."""

        def say(self, line: str) -> None:
            super().say(line)
            elsewhere.close()

    said = Dying()
    assert run_grid([first, second], tmp_path, said) == []
    begun = [line for line in said.lines if line.startswith("cell ")]
    assert begun == [f"cell 2/2: {second.name}", f"cell 1/2: {first.name}"]


def test_a_cell_that_another_holds_is_left_to_it(scale, tmp_path):
    cells = grid(scale)
    with locked(cells[0].run_folder(tmp_path / "runs"), "cell.lock"):
        assert run_grid(cells, tmp_path) == []
    assert missing(cells, tmp_path / "results") == [cells[0]]


def test_a_failure_stops_nothing_else(tmp_path, monkeypatch):
    unusable = {"loss": "VICReg", "set": ["loss.arguments.temperature=1"]}
    wild = {"loss": "VICReg", "set": ["optimizer.base_lr=1e30"]}
    scale = tiny_scale(unusable=unusable, wild=wild)
    cells = grid(scale, ("unusable", "wild", "VICReg", "SimCLR"))
    measure = runner.measure

    def broken(cell: Cell, *others) -> dict:
        if cell.method == "VICReg":
            raise ZeroDivisionError("a fault of ours\nin two lines")
        return measure(cell, *others)

    with monkeypatch.context() as patch:
        patch.setattr(runner, "measure", broken)
        said = Listener()
        failures = run_grid(cells, tmp_path, said)
    reasons = {failure.name.partition("/")[0]: failure.reason for failure in failures}
    assert list(reasons) == ["unusable", "wild", "VICReg"]
    assert [failure.bad_input for failure in failures] == [True, False, False]
    assert "unknown key loss.arguments.temperature" in reasons["unusable"]
    assert "diverged" in reasons["wild"]
    assert reasons["VICReg"] == "ZeroDivisionError: a fault of ours"
    assert all("\n" not in reason for reason in reasons.values())
    assert said.heard("SimCLR/8-8-16/seed-0: linear probe")
    assert said.heard("1 of 4 cells done")
    assert missing(cells, tmp_path / "results") == cells[:3]
    # What is not its own fault works the next time.
    assert [failure.name for failure in run_grid(cells, tmp_path)] == [cells[0].name, cells[1].name]


def test_images_that_are_not_there_are_not_looked_for_again(scale, tmp_path, monkeypatch):
    """They are the same for every cell: one line, not one for each."""
    asked = []

    def unreadable(*_):
        asked.append(1)
        raise DataError("no images")

    monkeypatch.setattr(runner, "train", unreadable)
    with pytest.raises(DataError):
        run_grid(grid(scale), tmp_path)
    assert len(asked) == 1


def test_an_interruption_is_no_failure(scale, tmp_path, monkeypatch):
    def interrupted(*_):
        raise InterruptedRunError("interrupted after step 3")

    monkeypatch.setattr(runner, "train", interrupted)
    with pytest.raises(InterruptedRunError):
        run_grid(grid(scale), tmp_path)


def test_a_damaged_result_is_neither_taken_nor_overwritten(scale, tmp_path):
    cell, other = grid(scale)
    path = cell.result_path(tmp_path / "results")
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"accuracy": ')
    with pytest.raises(RunError, match="is not the result of a cell: remove it"):
        run_grid([other, cell], tmp_path)
    assert path.read_bytes() == b'{"accuracy": '
    assert not other.run_folder(tmp_path / "runs").exists(), "found only after work was done"
