"""Wrong command lines: exit code 2, one line on stderr that says what, and nothing written."""

import os
import shlex
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from duality.cli import main

pytestmark = pytest.mark.usefixtures("unchecked")

WRONG = """
nonsense
--nonsense
--trials none
--trials 0
--trials 1.5
--seed -1
--device nowhere
--dtype float8
claims thm-9
claims thm-3.3 thm-9
claims --nonsense
prove thm-9
prove dual-failure
formal thm-9
formal dual-failure
numeric thm-9
numeric --trials -3
numeric --seed x
numeric --dtype int8
numeric --device cuda:99
audit
audit missing.npy
audit folder
audit empty.npy
audit text.npy
audit words.npy
audit flat.npy
audit infinite.npy
audit archive.zip
audit sound.npy missing.npy
audit sound.npy --nonsense
audit https://example.org/z.npy
pack-images
pack-images missing out.safetensors
pack-images folder out.safetensors
pack-images folder
pack-images folder out.safetensors --size 0
train
train nonsense
train missing.toml
train broken.toml
train typo.toml
train digits --set
train digits --set loss.nme=SimCLR
train digits --set loss.name=SimCRL
train digits --set optimizer.epochs=0
train digits --set optimizer.base_lr=fast
train digits --set loss.arguments.temperature=-1
train digits --set loss.arguments.normalization=foo --set loss.name=SimCLR
train digits --seed x
train digits --out sound.npy
embed
embed missing
embed folder
probe
probe missing
probe folder
tune VICRag
tune --scale nowhere
tune --part 3/2
reproduce fig-9
reproduce --scale nowhere
reproduce --cell VICReg/512/last --scale fashion-mnist
reproduce --seeds none
reproduce --results missing --from-results
report --out missing/page.html
""".strip().splitlines()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound file and some that are not."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    np.save("sound.npy", np.eye(4))
    np.save("flat.npy", np.ones(4))
    np.save("infinite.npy", np.full((4, 4), np.inf))
    np.save("words.npy", np.array([["a", "b"]]))
    Path("empty.npy").write_bytes(b"")
    Path("text.npy").write_text("no numbers here")
    Path("archive.zip").write_bytes(b"PK\x03\x04 and no more")
    Path("broken.toml").write_text("[loss\nname = 3")
    Path("typo.toml").write_text('[los]\nname = "SimCLR"\n')
    return tmp_path


def contents(folder: Path) -> dict[Path, bytes | None]:
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_there_are_sixty():
    assert len(set(WRONG)) == len(WRONG) >= 60


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_command_line_is_told_in_one_line_and_writes_nothing(line, here, capsys):
    before = contents(here)
    code = main(shlex.split(line))
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("duality-verify: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err
    assert contents(here) == before


def test_a_right_one_is_not_told_anything(here, capsys):
    assert main(["audit", "sound.npy"]) == 0
    assert capsys.readouterr().err == ""


def test_a_recipe_may_begin_with_a_byte_order_mark(here, capsys):
    recipe = (files("duality.training") / "recipes" / "digits.toml").read_text("utf-8")
    Path("marked.toml").write_text("\ufeff" + recipe, encoding="utf-8")
    assert main(["train", "marked.toml", "--dry-run"]) == 0, capsys.readouterr().err


def test_a_rank_of_no_group_is_told(here, capsys, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    assert main(["train", "digits", "--out", "run"]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "RANK" in err
    assert not Path("run").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs a device of POSIX")
@pytest.mark.parametrize("line", ["report --out /dev/full", "claims thm-3.3 --json"])
def test_a_full_disk_is_no_bad_input(line, here):
    program = [sys.executable, "-c", "import sys; from duality.cli import main; sys.exit(main())"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*program, *line.split()], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["line\nbreak.npy", "escape\x1b[31m.npy", "bell\x07.npy"])
def test_control_characters_of_a_name_do_not_reach_the_terminal(name, here, capsys):
    assert main(["audit", name]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert not any(ord(character) < 32 for character in err.removesuffix("\n"))
    np.save(name, np.eye(4))
    assert main(["audit", name]) == 0
    assert not any(ord(character) < 32 and character not in "\n" for character in capsys.readouterr().out)
