"""``duality-verify report``: what it writes and prints, and its exit codes."""

import importlib
import json

import pytest

from duality.claims import Claim, Part
from duality.cli import main
from duality.experiments.run.committed import committed_results
from duality.report import page as pages
from duality.report.record import FILE, read_record
from duality.symbolic import Proof, sums

COMMAND = importlib.import_module("duality.cli.report")  # the package has the function under this name


@pytest.fixture
def report(capsys, unchecked, tmp_path, monkeypatch):
    """Run the command in an empty folder, the page being a few words: exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pages, "render", lambda results: f"a page of {results}")

    def command(*arguments: str) -> tuple[int, str, str]:
        return main(["report", *arguments]), *capsys.readouterr()

    return command


@pytest.fixture
def theory(monkeypatch):
    """Replace the claims that --run checks by one, which holds or not."""

    def use(provable: bool) -> None:
        def prove() -> Proof:
            proof = Proof()
            if provable:
                proof.concludes("one", sums.equality(1, 1))
            return proof

        texts = dict.fromkeys(("title", "source", "wording"), "words")
        parts = (Part(sentence="words", symbolic=("1 = 1",)),)
        claim = Claim(id="thm-3.3", verdict="holds", prove=prove, parts=parts, **texts)
        monkeypatch.setattr(COMMAND, "all_claims", lambda: (claim,))
        monkeypatch.setattr(COMMAND, "compile_theorems", lambda claims: None)

    return use


def test_it_writes_the_page_and_nothing_else(report, tmp_path):
    code, out, _ = report()
    assert code == 0
    assert out == "report.html: 0.0 MB\n"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text("utf-8") == f"a page of {committed_results()}"


def test_json_names_the_page(report):
    code, out, _ = report("--out", "x.html", "--results", "there", "--json")
    assert code == 0
    assert json.loads(out) == {"page": "x.html", "bytes": len("a page of there")}


@pytest.mark.parametrize("out", ["missing/report.html", "."])
def test_a_page_that_cannot_be_written_is_bad_input(report, out):
    code, printed, complaint = report("--out", out)
    assert code == 2
    assert printed == ""
    assert complaint.count("\n") == 1
    assert "choose another --out" in complaint


@pytest.mark.parametrize(("provable", "exit_code"), [(True, 0), (False, 1)])
def test_run_gathers_the_evidence_first(report, theory, tmp_path, provable, exit_code):
    theory(provable)
    code, _, _ = report("--run")
    assert code == exit_code
    assert (tmp_path / "report.html").exists()
    record = read_record(tmp_path / "results" / FILE)
    assert [piece.ok for piece in record.evidence["thm-3.3"]] == [provable]
    assert record.provenance["commit"]


def test_a_record_that_cannot_be_written_is_bad_input(report, theory, tmp_path):
    theory(True)
    (tmp_path / "results").touch()
    code, _, complaint = report("--run")
    assert code == 2
    assert "choose another --results" in complaint
