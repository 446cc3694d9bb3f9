"""A coqc that answers what a test tells it, for what must hold with and without Coq."""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from duality.formal.kernel import INSTALL

FAKE = """#!{python}
import pathlib, re, sys
text = pathlib.Path(sys.argv[-1]).read_text()
if "BROKEN" in text:
    sys.exit("Error: this does not follow.")
if "MISSING" in text:
    sys.exit("Error: Cannot find a physical path bound to logical path\\n  exp with prefix mathcomp.")
if "GAPPA" in text:
    sys.exit("Error: execution of Gappa failed:\\nsh: 1: gappa: not found")
for file, question in re.findall(r'Redirect "(\\S+)" (.+)[.]', text):
    name = question.split()[-1].strip("@")
    if "Assumptions" in question:
        answer = {assumptions!r}
    elif "Check" in question:
        answer = name + "\\n     : forall n : nat, n = n"
    else:
        answer = name + " = 1\\n     : nat\\n\\nArguments"
    pathlib.Path(file + ".out").write_text(answer + "\\n")
print("Chars", text.encode().index(b"Theorem") if "Theorem" in text else 0, "- 30 [Theorem~x] 0.25 secs (0.2u,0.s)")
"""

Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Make a folder of proofs from the text of its files."""

    def make(**files: str) -> Path:
        folder = tmp_path / "proofs"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.v").write_text(text, encoding="utf-8")
        return folder

    return make


@pytest.fixture
def fake_coqc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a coqc on the path that proves everything, with these assumptions."""

    def install(assumptions: str = "Closed under the global context") -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        coqc = folder / "coqc"
        coqc.write_text(FAKE.format(python=sys.executable, assumptions=assumptions))
        coqc.chmod(coqc.stat().st_mode | stat.S_IXUSR)
        coqchk = folder / "coqchk"
        coqchk.write_text(f"#!{sys.executable}\n")
        coqchk.chmod(coqchk.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return install


@pytest.fixture
def no_coqc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Coq."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def coq() -> None:
    """The real Coq. In CI a missing one is a failure: there the proofs must be checked."""
    if shutil.which("coqc") is None:
        if os.environ.get("CI"):
            pytest.fail(f"Coq is not installed: {INSTALL}")
        pytest.skip(f"Coq is not installed: {INSTALL}")
