import errno
import os

import pytest
import torch

from duality.training.checkpoint import checkpoints, load_checkpoint, load_newest, save_checkpoint
from duality.training.errors import RunError


def state(value: float) -> dict:
    return {"weights": torch.full((4, 3), value), "step": 7, "recipe": {"name": "x", "pair": [0.1, 1.0]}}


def test_what_is_saved_is_loaded(tmp_path):
    path = save_checkpoint(tmp_path, 7, state(2.0))
    loaded = load_checkpoint(path)
    assert torch.equal(loaded["weights"], torch.full((4, 3), 2.0))
    assert (loaded["step"], loaded["recipe"]) == (7, {"name": "x", "pair": [0.1, 1.0]})


def test_the_two_newest_are_kept(tmp_path):
    for step in (1, 2, 30, 100):
        save_checkpoint(tmp_path, step, state(step))
    assert [step for step, _ in checkpoints(tmp_path)] == [30, 100]
    assert checkpoints(tmp_path / "nowhere") == []


@pytest.mark.parametrize("damage", ["truncated", "altered", "emptied"])
def test_a_damaged_checkpoint_is_refused_and_the_one_before_it_used(tmp_path, damage):
    save_checkpoint(tmp_path, 1, state(1.0))
    newest = save_checkpoint(tmp_path, 2, state(2.0))
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes({"truncated": content[: len(content) // 2], "altered": content, "emptied": b""}[damage])
    with pytest.raises(RunError, match="cut short or changed"):
        load_checkpoint(newest)
    heard: list[str] = []
    loaded = load_newest(tmp_path, heard.append)
    assert loaded is not None
    assert loaded["weights"][0, 0] == 1.0
    assert len(heard) == 1
    assert newest.name in heard[0]


def test_every_single_altered_byte_is_noticed(tmp_path):
    path = save_checkpoint(tmp_path, 1, {"step": 1})
    content = path.read_bytes()
    for position in range(0, len(content), 97):
        changed = bytearray(content)
        changed[position] ^= 0x10
        path.write_bytes(changed)
        with pytest.raises(RunError, match="changed"):
            load_checkpoint(path)


def test_all_damaged_is_an_error_and_none_is_none(tmp_path):
    assert load_newest(tmp_path, pytest.fail) is None
    save_checkpoint(tmp_path, 1, state(1.0)).write_bytes(b"")
    with pytest.raises(RunError, match="every checkpoint"):
        load_newest(tmp_path, lambda problem: None)


class Malicious:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


def test_nothing_in_a_checkpoint_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = save_checkpoint(tmp_path, 1, {"weights": Malicious()})
    with pytest.raises(RunError, match="not a checkpoint of tensors"):
        load_checkpoint(path)
    assert not (tmp_path / "unpickled").exists()


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, call):
    save_checkpoint(tmp_path, 1, state(1.0))
    before = sorted(tmp_path.iterdir())

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = "os.fsync" if call == "fsync" else "pathlib.Path.replace"
    with monkeypatch.context() as patched:
        patched.setattr(target, full)
        with pytest.raises(RunError, match=r"No space left on device.*free some space"):
            save_checkpoint(tmp_path, 2, state(2.0))
    assert sorted(tmp_path.iterdir()) == before
    assert load_newest(tmp_path, pytest.fail) is not None


def test_other_names_and_missing_files_are_refused(tmp_path):
    with pytest.raises(RunError, match=r"is no checkpoint-STEP-SHA256.pt"):
        load_checkpoint(tmp_path / "model.pt")
    with pytest.raises(RunError, match="cannot read"):
        load_checkpoint(tmp_path / f"checkpoint-000000001-{'0' * 64}.pt")
