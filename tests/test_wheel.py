"""What the wheel holds: in an empty folder, without a checkout, every command says what it says in one.

The wheel is built once, unpacked, and put on the path of a few processes; each hides the modules of the extras that
it does without, and tries many commands.
"""

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

from duality.cli.program import app

ROOT = Path(__file__).parents[1]
LARGEST = 4e6
"""Bytes of the wheel; what grows with every scale that is run must stay small."""
MODULES = {"scikit-learn": "sklearn", "jupyterlab": "jupyterlab"}
"""Names of modules that differ from their packages'."""

TRY = r"""
import contextlib, io, json, sys

given = json.load(sys.stdin)
sys.path[:] = [given["path"], *(place for place in sys.path if place not in given["without"])]
sys.modules.update(dict.fromkeys(given["hidden"]))  # None: as if it were not installed
import duality
from duality.cli import main

tried = {}
for command in given["commands"]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command.split())
    tried[command] = [code, out.getvalue(), err.getvalue()]
if given["notebook"]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for source in given["notebook"]:
            exec(source, globals())
    tried["notebook"] = [0, out.getvalue(), ""]
from duality.report.record import fingerprint

print(json.dumps([duality.__file__, fingerprint(), tried]))
"""

SHARED = (
    "claims",
    "claims --json",
    "claims fig-1a",
    "claims thm-3.3 supp-e --json",
    "prove thm-3.3",
    "numeric thm-3.3 --trials 1 --dtype float64",
    "reproduce --from-results",
    "reproduce fig-1a --from-results --json",
    "reproduce --dry-run",
    "reproduce --scale imagenet --dry-run",
    "report --out page.html",
)
"""What needs no extra, and must be the same everywhere."""
TRAINING = (
    "train digits --dry-run",
    "embed nothing --out z.safetensors",
    "probe nothing",
    "pack-images nothing packed.safetensors",
    "tune VICRag",
    "reproduce fig-1a --set data.root=nowhere --quiet",
    "reproduce --cell VICReg/512-512-512/seed-9",
)
"""What reads images or networks: without the extra, one line that names it."""
COMPLETE = ("train digits --dry-run", "reproduce fig-1a --set data.root=nowhere --quiet")
"""Of these what there is nothing left to do for."""
HELP = tuple(
    f"{command.name or command.callback.__name__.replace('_', '-')} --help" for command in app.registered_commands
)


@dataclass(frozen=True)
class Tried:
    """What commands gave, by command: exit code, stdout and stderr; the page that ``report`` wrote; and by whom."""

    source: str
    fingerprint: str
    commands: dict[str, list[Any]]
    page: str


def modules_of(extra: str) -> list[str]:
    """The modules that an extra brings."""
    wanted = [
        Requirement(each)
        for each in requires("duality-ssl") or ()
        if f"extra == '{extra}'" in each.replace('"', "'")
    ]
    return [MODULES.get(each.name, each.name) for each in wanted]


def attempt(
    path: Path, folder: Path, hidden: list[str], commands: tuple[str, ...], notebook: list[str] | None = None
) -> Tried:
    """Run commands with the package of a path, in a folder."""
    given = {
        "path": str(path),
        "without": [str(ROOT), ""],
        "hidden": hidden,
        "commands": commands,
        "notebook": notebook,
    }
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("COVERAGE", "PYTHONPATH"))
    }
    result = subprocess.run(
        [sys.executable, "-c", TRY],
        input=json.dumps(given),
        cwd=folder,
        env=environment | {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", "DUALITY_DEBUG": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    page = folder / "page.html"
    return Tried(*json.loads(result.stdout.splitlines()[-1]), page.read_text("utf-8") if page.exists() else "")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built by the environment's own hatchling, without an index."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def notebook() -> list[str]:
    cells = nbformat.read(ROOT / "notebooks" / "05_reproduction.ipynb", as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, notebook) -> Tried:
    """What the commands say in a checkout; it lies elsewhere, so that they write nothing into this one."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "results").symlink_to(ROOT / "results")
    return attempt(ROOT, folder, [], SHARED, notebook)


@pytest.fixture(scope="module")
def bare(installed, tmp_path_factory) -> Tried:
    """The wheel without any extra."""
    hidden = [module for extra in ("train", "notebooks") for module in modules_of(extra)]
    return attempt(installed, tmp_path_factory.mktemp("bare"), hidden, (*SHARED, *TRAINING, *HELP))


@pytest.fixture(scope="module")
def training(installed, tmp_path_factory) -> Tried:
    """The wheel with the extra ``train``."""
    return attempt(installed, tmp_path_factory.mktemp("training"), modules_of("notebooks"), TRAINING)


@pytest.fixture(scope="module")
def notebooks(installed, tmp_path_factory, notebook) -> Tried:
    """The wheel with the extra ``notebooks``."""
    return attempt(installed, tmp_path_factory.mktemp("notebooks"), modules_of("train"), (), notebook)


def test_the_wheel_is_small_and_holds_all_results_that_commands_read(wheel):
    assert wheel.stat().st_size < LARGEST
    committed = {
        path: ROOT / path for path in tracked("results") if re.search("verdicts.json|/cells/|/tuning/", path)
    }
    assert len(committed) > 100
    with zipfile.ZipFile(wheel) as archive:
        held = {name.removeprefix("duality/"): name for name in archive.namelist() if "/results/" in name}
        assert committed.keys() <= held.keys()
        assert all(archive.read(held[name]) == path.read_bytes() for name, path in committed.items())


def tracked(folder: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, check=True, capture_output=True, text=True)
    return listed.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("command", SHARED)
def test_without_extras_a_command_says_what_it_says_in_a_checkout(command, bare, checkout, installed):
    assert bare.source.startswith(str(installed))
    assert checkout.source.startswith(str(ROOT))
    (code, said, _), (expected_code, expected, _) = (tried.commands[command] for tried in (bare, checkout))
    assert code == expected_code == 0
    assert timeless(said) == timeless(expected)
    assert said.strip()


@pytest.mark.slow
def test_the_page_is_that_of_a_checkout(bare, checkout):
    assert timeless(bare.page) == timeless(checkout.page)
    assert "has been checked for this page" not in bare.page
    assert bare.fingerprint == checkout.fingerprint  # by which the page says whether its record is of these sources


def timeless(text: str) -> str:
    """Without durations, and without the commit of the code, which a wheel does not know."""
    text = re.sub(r'\d+(\.\d+)? s\b|"seconds": [\d.e-]+', "", text)
    return re.sub(r"commit <code>\w+</code>", "", text)


@pytest.mark.slow
@pytest.mark.parametrize("command", TRAINING)
def test_without_its_extra_training_names_it_in_one_line(command, bare):
    code, said, complaint = bare.commands[command]
    assert (code, said) == (2, "")
    assert complaint == 'duality-verify: training needs torchvision: install "duality-ssl[train]"\n'


@pytest.mark.slow
@pytest.mark.parametrize("command", TRAINING)
def test_with_its_extra_training_gets_as_far_as_the_input(command, training, installed):
    assert training.source.startswith(str(installed))
    code, said, complaint = training.commands[command]
    assert "torchvision" not in complaint
    assert "not tuned" not in complaint  # what the searches chose is in the wheel
    assert code == (0 if command in COMPLETE else 2), complaint
    assert said if command in COMPLETE else complaint.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("command", HELP)
def test_help_needs_nothing(command, bare):
    code, said, complaint = bare.commands[command]
    assert (code, complaint) == (0, "")
    assert "Usage" in said


@pytest.mark.slow
def test_the_notebook_of_results_shows_what_it_shows_in_a_checkout(notebooks, checkout):
    said = notebooks.commands["notebook"][1]
    assert said == checkout.commands["notebook"][1]
    assert "runs have a result" in said
