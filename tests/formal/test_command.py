"""``duality-verify formal``, and what the bare command says of the proofs that it does not compile."""

import json

import pytest
import typer

from duality.claims import Claim, Part
from duality.claims.evidence import Outcome, run_formal
from duality.cli.formal import formal, how_to_run
from duality.cli.options import BadInputError
from duality.formal import kernel
from duality.formal.kernel import INSTALL, File, Report, Theorem

CLAIM = Claim(
    id="x",
    title="x",
    source="x",
    wording="x",
    parts=(Part(sentence="x", formal=("first",)), Part(sentence="y", formal=("second",))),
    verdict="holds",
)
FIRST = Theorem("first", "a.v", "1 = 1", (), 0.5)


def evidence(second: Theorem):
    return run_formal(CLAIM, Report((File("a.v", 1.0, (FIRST, second)),), 1.0))


def run(capsys, *ids: str, as_json: bool = False) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as left:
        formal(list(ids), json=as_json)
    return left.value.exit_code, capsys.readouterr().out


def test_evidence_holds_when_every_theorem_does():
    piece = evidence(Theorem("second", "a.v", "2 =\n  2", ("funext",), 0.25))
    assert (piece.kind, piece.ok, piece.seconds) == ("formal", True, 0.75)
    assert piece.detail == "2 theorems, on 1 axiom of mathcomp-analysis"
    assert piece.steps == ("first: 1 = 1", "second: 2 = 2")


def test_evidence_fails_with_one_theorem_and_the_verdict_with_it():
    piece = evidence(Theorem("second", "a.v", problem="Admitted in line 2"))
    assert (piece.ok, piece.detail) == (False, "second: Admitted in line 2")
    outcome = Outcome(CLAIM, (piece,))
    assert outcome.verdict == "refuted"
    assert [part.verdict for part in outcome.parts] == ["holds", "refuted"]


def test_evidence_fails_when_a_theorem_was_renamed():
    piece = run_formal(CLAIM, Report((File("a.v", 1.0, (FIRST,)),), 1.0))
    assert (piece.ok, piece.detail) == (False, "second: second is not a Theorem of any file")


def test_evidence_is_not_run_without_coq():
    piece = evidence(Theorem("second", "a.v", problem=f"Coq is not installed: {INSTALL}", missing=True))
    assert (piece.ok, piece.detail) == (None, f"Coq is not installed: {INSTALL}")
    assert Outcome(CLAIM, (piece,)).verdict == "not run"


@pytest.mark.usefixtures("no_coqc")
def test_says_how_to_install_coq(capsys):
    code, printed = run(capsys, "def-3.1")
    assert code == 3
    assert "not run" in printed
    assert INSTALL in " ".join(printed.split())
    assert INSTALL in how_to_run()


@pytest.mark.usefixtures("coq")
def test_shows_the_statement_next_to_the_wording(capsys, monkeypatch):
    # coqchk loads all of mathcomp first, most of a minute: the test of the record has it check every file.
    monkeypatch.setattr(kernel, "_check", lambda files, clean: ("", True))
    code, printed = run(capsys, "thm-3.3", as_json=True)
    assert code == 0
    (claim,) = json.loads(printed)
    assert claim["id"] == "thm-3.3"
    assert claim["evidence"][0]["ok"] is True
    assert claim["theorems"][0]["name"] == "thm_3_3"
    assert claim["theorems"][0]["statement"].endswith("L_nc K + row4 K = L_c K + col4 K")
    assert not any(theorem["assumptions"] for theorem in claim["theorems"])


def test_refuses_a_claim_without_theorems():
    with pytest.raises(BadInputError, match="has no formal evidence"):
        formal(["dual-failure"])
