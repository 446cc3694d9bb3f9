"""Every code block of the README, of ``docs`` and of ``proofs`` runs, in the order of its page.

The language says how:

- ``python``: executed; the blocks of a page share one namespace.
- ``console``: the commands behind ``$`` are run by bash. The lines below a command are what it prints, in this
  order; ``…`` stands for anything, and durations are not compared.
- With ``title="FILE"`` a block of any language is written to that file, which a later command uses.
- ``text``: a picture, nothing to run.

All of a page happens in one new folder, which looks like a checkout. A command that asks for more than this machine
or a few seconds ends in ``# needs …``: `checked_instead` says how it is checked without being run.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from torch.distributed.run import parse_args as parse_torchrun
from typer import TyperException
from typer.core import TyperGroup
from typer.main import get_command

from duality.cli.program import app
from duality.experiments import find_experiment
from duality.experiments.plan.cell import cell_named
from duality.experiments.plan.scale import load_scale

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "proofs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NEEDS = re.compile(r"\s# needs .+$")
DURATION = re.compile(r"\d+(\.\d+)? s\b")
COPIED = {"results"}
"""Folders of the repository that commands write to."""
NOT_NEEDED = {"docs", "runs", "site", "tests"}


@dataclass(frozen=True)
class Block:
    """A fenced block: where it starts in its page, its language, its file if it is one, its text."""

    line: int
    language: str
    title: str | None
    text: str


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the lines that the page shows below it."""

    text: str
    shown: tuple[str, ...]


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(text[: fence.start()].count("\n") + 1, fence[1], fence[2], fence[3]) for fence in FENCE.finditer(text)
    ]


def commands(block: Block) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *shown = part.replace("\\\n", " ").splitlines()
        yield Command(command, tuple(line for line in shown if line.strip(" …")))


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


WITH_BLOCKS = {page: found for page in PAGES if (found := blocks(page))}


class Checkout:
    """A folder that looks like a checkout of this repository, where a page may write what it likes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for entry in ROOT.iterdir():
            if not entry.name.startswith(".") and entry.name not in NOT_NEEDED:
                (folder / entry.name).symlink_to(entry)
        (folder / ".venv").symlink_to(sys.prefix)
        for name in COPIED:
            self._copy(name)

    def write(self, file: str, text: str) -> None:
        """Write a file; a folder of the repository becomes a copy first."""
        top = Path(file).parts[0]
        if (self.folder / top).is_symlink():
            self._copy(top)
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def _copy(self, name: str) -> None:
        (self.folder / name).unlink()
        shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def run(self, command: str) -> str:
        """What a command prints, stderr included; it must succeed."""
        # The environment is made already: `make` must not ask the network whether it is up to date.
        script = f'make() {{ command make -o .venv/ready "$@"; }}\n{command}'
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
        settings = {
            "PATH": f"{sys.prefix}/bin{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "GLOO_SOCKET_IFNAME": "lo",
            "MPLBACKEND": "Agg",
        }
        result = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=inherited | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}"
        return result.stdout


def checked_instead(command: str) -> str:
    """What is run in place of a command that this machine cannot run."""
    words = shlex.split(command, comments=True)
    match words:
        case ["make", *targets]:
            return shlex.join(["make", "--dry-run", *targets])
        case ["duality-verify", "train", *_]:
            return shlex.join([*words, "--dry-run"])
        case ["duality-verify", "formal", *claims]:
            return shlex.join(["duality-verify", "claims", *claims])
        case ["duality-verify", "reproduce" | "tune" | "report" as name, *options]:
            assert_known(**parsed(name, options))
            return "true"
        case ["duality-verify", "pack-images", *options]:
            parsed("pack-images", options)
            return "true"
        case ["torchrun", *options]:
            given = parse_torchrun(options)
            assert given.module, "start a module, not a script: what it is given can then be checked"
            assert given.training_script == "duality.cli"
            return checked_instead(shlex.join(["duality-verify", *given.training_script_args]))
        case ["for", *_]:
            return shlex.join(["bash", "-n", "-c", command])
        case ["pip", "install", target]:
            extras = Requirement(f"duality-ssl{target.removeprefix('.')}").extras
            assert extras <= set(metadata("duality-ssl").get_all("Provides-Extra") or ())
            return "true"
    raise AssertionError(f"no way is known to check `{command}` without running it: add one here")


def parsed(name: str, options: list[str]) -> dict[str, Any]:
    """The parameters of a command of ``duality-verify``, read as it would read them."""
    program = get_command(app)
    assert isinstance(program, TyperGroup)
    return program.commands[name].make_context(name, list(options)).params


def assert_known(
    scale: str = "fashion-mnist",
    ids: list[str] | None = None,
    cell: str | None = None,
    methods: list[str] | None = None,
    **_: Any,
) -> None:
    """That the scale, experiments, cell and method that a command is given exist."""
    loaded = load_scale(scale)
    for id in ids or ():
        find_experiment(id)
    if cell is not None:
        cell_named(loaded, cell)
    for method in methods or ():
        loaded.method(method)


def shown_pattern(line: str) -> str:
    return ".*?".join(re.escape(part) for part in plain(line).split("…"))


def plain(output: str) -> str:
    """Output on one line, with single spaces and without durations."""
    return DURATION.sub("… s", " ".join(output.split()))


def assert_shown(shown: tuple[str, ...], output: str) -> None:
    rest = plain(output)
    for line in shown:
        found = re.search(shown_pattern(line), rest)
        assert found, f"the page shows\n{line}\nbut the command printed\n{output}"
        rest = rest[found.end() :]


def run_console(block: Block, checkout: Checkout) -> None:
    for command in commands(block):
        if NEEDS.search(command.text):
            checkout.run(checked_instead(command.text))
        else:
            assert_shown(command.shown, checkout.run(command.text))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.slow if any(block.language == "console" for block in found) else ())
        for page, found in WITH_BLOCKS.items()
    ],
    ids=name,
)
def test_code_blocks_run(page: Path, tmp_path, monkeypatch):
    checkout = Checkout(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in WITH_BLOCKS[page]:
        if block.title is not None:
            checkout.write(block.title, block.text)
        elif block.language == "python":
            # Blank lines above it give errors the page's own line numbers.
            exec(compile("\n" * block.line + block.text, name(page), "exec"), namespace)
        elif block.language == "console":
            run_console(block, checkout)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_says_how_it_runs(page: Path):
    text = page.read_text(encoding="utf-8")
    found = WITH_BLOCKS.get(page, [])
    assert len(re.findall(r"^\s*```", text, re.MULTILINE)) == 2 * len(found), "a fence that is not seen"
    for block in found:
        where = f"{name(page)}, line {block.line}"
        if block.title is not None:
            later = [text for other in found if other.line > block.line for text in other.text.split()]
            assert any(Path(block.title).stem in word for word in later), f"{where}: the file is never used"
        else:
            assert block.language in {"python", "console", "text"}, f"{where}: no way to run {block.language!r}"
        assert block.language != "console" or block.text.startswith("$ "), f"{where}: a command starts with $"


def test_the_readme_has_code():
    assert {block.language for block in WITH_BLOCKS[ROOT / "README.md"]} >= {"python", "console"}


@pytest.mark.parametrize("shown", ["1 claim: 1 holds", "3 steps … 0.2 s"])
def test_shown_output_must_be_printed(shown):
    output = "thm-3.3  3 steps   12 checks 1.7 s\n1 claim:\n1 holds\n"
    assert_shown((shown,), output)
    for wrong in (shown.replace("1", "2").replace("3", "4"), f"{shown} more"):
        with pytest.raises(AssertionError):
            assert_shown((wrong,), output)


@pytest.mark.parametrize(
    "wrong",
    [
        "duality-verify reproduce fig-9",
        "duality-verify reproduce --seeds none",
        "duality-verify reproduce --cell VICReg/512/last",
        "duality-verify tune VICRag --scale fashion-mnist",
        "duality-verify tune VICReg --scale small",
        "duality-verify pack-images images --sise 32 images.safetensors",
        "torchrun -m duality.cli reproduce fig-9",
        "torchrun --processes 8 -m duality.cli train digits",
        "torchrun train.py",
        'pip install ".[tarin]"',
        "duality-verify prove",
        "curl example.org",
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_command_that_needs_more_is_checked_without_running_it(wrong):
    with pytest.raises((AssertionError, ValueError, TyperException, SystemExit)):
        checked_instead(f"{wrong}  # needs more")


@pytest.mark.parametrize(
    "wrong", ["make no-such-target", "for file in", "duality-verify formal thm-9", "duality-verify train digitz"]
)
@pytest.mark.slow
def test_a_command_that_needs_more_is_checked_by_running_another(tmp_path, wrong):
    with pytest.raises(AssertionError):
        Checkout(tmp_path).run(checked_instead(f"{wrong}  # needs more"))
