"""The receipt of a compilation, and the second checker whose word it carries."""

import hashlib
import json
import os
import sys

import pytest
import typer

from duality.cli.formal import formal
from duality.formal.kernel import compile_proofs
from duality.formal.receipt import receipt

ONE = "Theorem one : forall n : nat, n = n.\nProof. reflexivity. Qed.\n"
REFUSING = "#!{python}\nimport sys\nsys.exit('Fatal Error: Type error')\n"


def first_in_path(name: str) -> str:
    return os.path.join(os.environ["PATH"].split(os.pathsep)[0], name)


def test_a_receipt_binds_sources_statements_and_axioms(project, fake_coqc):
    fake_coqc("Axioms:\ncheat : 1 = 2")
    folder = project(one=ONE)
    made = receipt(compile_proofs(folder=folder), "abc", folder)
    assert json.loads(json.dumps(made)) == made
    assert made["commit"] == "abc"
    assert made["sources"] == {"one.v": hashlib.sha256(ONE.encode()).hexdigest()}
    (theorem,) = made["theorems"]
    assert (theorem["statement"], theorem["axioms"]) == ("forall n : nat, n = n", ["cheat"])
    assert "which nobody proved" in theorem["problem"]


def test_a_changed_source_gives_another_receipt(project, fake_coqc):
    fake_coqc()
    folder = project(one=ONE)
    before = receipt(compile_proofs(folder=folder), "abc", folder)
    (folder / "one.v").write_text(ONE + "(* more *)\n")
    after = receipt(compile_proofs(folder=folder), "abc", folder)
    assert before["sources"] != after["sources"]
    assert before["theorems"] == after["theorems"]


def test_coqchk_has_a_say(project, fake_coqc):
    fake_coqc()
    folder = project(one=ONE)
    report = compile_proofs(folder=folder)
    assert (report.checked, report.check) == (True, "")
    with open(first_in_path("coqchk"), "w") as coqchk:
        coqchk.write(REFUSING.format(python=sys.executable))
    report = compile_proofs(folder=folder)
    assert (report.checked, report.check) == (True, "coqchk refuses: Fatal Error: Type error")


@pytest.mark.parametrize(("installed", "code"), [(True, 0), (False, 3)])
def test_without_coqchk_the_check_was_not_run(project, fake_coqc, monkeypatch, capsys, installed, code):
    fake_coqc()
    folder = project(one=ONE.replace("one", "cross_view"))
    monkeypatch.setattr("duality.formal.sources.proofs_folder", lambda: folder)
    if not installed:
        os.remove(first_in_path("coqchk"))
        monkeypatch.setenv("PATH", os.environ["PATH"].split(os.pathsep)[0])
    with pytest.raises(typer.Exit) as left:
        formal(["cross-view"])
    assert left.value.exit_code == code
    assert ("coqchk is not installed" in capsys.readouterr().out) != installed
