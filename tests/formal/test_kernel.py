import pytest

from duality.formal.kernel import INSTALL, compile_proofs, coq_version
from duality.formal.record import record
from duality.formal.sources import ProofsError

ONE = "Theorem one : forall n : nat, n = n.\nProof. reflexivity. Qed.\n"
TWO = "From Duality Require Import one.\nTheorem two : forall n : nat, n = n.\nProof. exact one. Qed.\n"
BY_ITSELF = "Definition half := 1.\nTheorem alone : forall n : nat, n = n.\nProof. reflexivity. Qed.\n"
AXIOMS = """Axioms:
boolp.propositional_extensionality : forall P Q : Prop, P <-> Q -> P = Q
functional_extensionality_dep
  : forall (A : Type) (B : A -> Type) (f g : forall x : A, B x),
    (forall x : A, f x = g x) -> f = g"""


def test_says_what_coq_says(project, fake_coqc):
    fake_coqc()
    watched = []
    report = compile_proofs(folder=project(one=ONE, two=TWO, single=BY_ITSELF), watch=watched.append)
    assert {file.name for file in watched} == {"one.v", "two.v", "single.v"}
    theorem = report.theorem("two")
    assert (theorem.file, theorem.statement, theorem.problem) == ("two.v", "forall n : nat, n = n", "")
    assert theorem.assumptions == ()
    assert theorem.seconds == pytest.approx(0.25)
    assert record(report) == (
        "==== one.v\n\none:\n  forall n : nat, n = n\nClosed under the global context\n\n"
        "==== single.v\n\nhalf = 1\n     : nat\n\nalone:\n  forall n : nat, n = n\n"
        "Closed under the global context\n\n"
        "==== two.v\n\ntwo:\n  forall n : nat, n = n\nClosed under the global context\n"
    )


def test_compiles_only_what_the_theorems_need(project, fake_coqc):
    fake_coqc()
    report = compile_proofs(["two"], folder=project(one=ONE, two=TWO, single=BY_ITSELF))
    assert [file.name for file in report.files] == ["one.v", "two.v"]


def test_an_interruption_leaves_out_the_files_in_line(project, fake_coqc):
    fake_coqc()
    names = [f"file{number}" for number in range(20)]
    done = []

    def interrupt(file):
        done.append(file)
        raise KeyboardInterrupt

    files = {name: ONE.replace("one", f"theorem_of_{name}") for name in names}
    with pytest.raises(KeyboardInterrupt):
        compile_proofs(folder=project(**files), watch=interrupt)
    assert len(done) < len(names)


def test_an_unknown_theorem_is_a_problem(project, fake_coqc):
    fake_coqc()
    assert "not a Theorem" in compile_proofs(["nope"], folder=project(one=ONE)).theorem("nope").problem


def test_a_broken_file_breaks_those_that_require_it_and_no_others(project, fake_coqc):
    fake_coqc()
    report = compile_proofs(folder=project(one=ONE + "(* BROKEN *)", two=TWO, single=BY_ITSELF))
    assert report.theorem("one").problem == "Error: this does not follow."
    assert report.theorem("two").problem == "requires one.v: Error: this does not follow."
    assert not report.theorem("alone").problem
    assert not any(report.theorem(name).missing for name in ("one", "two"))
    with pytest.raises(ProofsError, match="does not follow"):
        record(report)


def test_an_admission_is_a_problem(project, fake_coqc):
    fake_coqc()
    theorem = compile_proofs(folder=project(one=ONE.replace("Qed", "Admitted"))).theorem("one")
    assert theorem.problem == "Admitted in line 2: finish the proof"
    assert not theorem.missing


@pytest.mark.parametrize(
    ("assumptions", "missing_promise"),
    [
        ("Axioms:\ncheat : 1 = 2", "cheat"),
        (AXIOMS, "propositional_extensionality, functional_extensionality_dep"),
        ("Section Variables:\nh\n: 1 = 2", "h"),
        ("something new", "something new"),
        ("", "an answer that Coq did not give"),
    ],
)
def test_an_assumption_is_a_problem(project, fake_coqc, assumptions, missing_promise):
    fake_coqc(assumptions)
    report = compile_proofs(folder=project(one=ONE))
    assert report.theorem("one").problem == f"rests on {missing_promise}, which nobody proved"
    with pytest.raises(ProofsError, match="which nobody proved"):
        record(report)


def test_files_on_top_of_analysis_may_use_its_axioms_and_no_other(project, fake_coqc):
    fake_coqc(AXIOMS)
    report = compile_proofs(folder=project(one="From mathcomp Require Import reals exp.\n" + ONE))
    theorem = report.theorem("one")
    assert theorem.assumptions == ("propositional_extensionality", "functional_extensionality_dep")
    assert not theorem.problem
    assert "Axioms: propositional_extensionality, functional_extensionality_dep\n" in record(report)


@pytest.mark.parametrize("what", ["MISSING", "GAPPA"])
def test_a_missing_library_or_tool_is_no_failure(project, fake_coqc, what):
    fake_coqc()
    theorem = compile_proofs(folder=project(one=ONE + f"(* {what} *)")).theorem("one")
    assert theorem.missing
    assert INSTALL in theorem.problem


@pytest.mark.usefixtures("no_coqc")
def test_missing_coq_is_no_failure(project):
    report = compile_proofs(folder=project(one=ONE, two=TWO))
    assert coq_version() is None
    for name in ("one", "two"):
        assert report.theorem(name).missing
        assert report.theorem(name).problem == f"Coq is not installed: {INSTALL}"


@pytest.mark.usefixtures("coq")
class TestCoqItself:
    def test_proves_states_and_times(self, project):
        theorem = compile_proofs(folder=project(one="(* ‖K‖² *)\n" + ONE, two=TWO)).theorem("two")
        assert (theorem.statement, theorem.assumptions, theorem.problem) == ("forall n : nat, n = n", (), "")

    def test_a_section_variable_becomes_part_of_the_statement(self, project):
        code = "Section S.\nVariable h : 1 = 2.\nTheorem t : 1 = 2.\nProof. exact h. Qed.\nEnd S.\n"
        assert compile_proofs(folder=project(one=code)).theorem("t").statement == "1 = 2 -> 1 = 2"

    @pytest.mark.parametrize(
        ("code", "problem"),
        [
            ("Theorem t : 1 = 2.\nProof. reflexivity. Qed.\n", "Unable to unify"),
            ("From Nowhere Require Import logic.\nTheorem t : 1 = 1. Proof. reflexivity. Qed.\n", INSTALL),
            ("Variable h : 1 = 2.\nTheorem t : 1 = 2.\nProof. exact h. Qed.\n", "rests on h"),
            ("Section S.\nTheorem t : 1 = 1.\nProof. reflexivity. Qed.\n", "needs to be closed"),
        ],
    )
    def test_problems(self, project, code, problem):
        theorem = compile_proofs(folder=project(one=code)).theorem("t")
        assert problem in theorem.problem
        assert theorem.missing == (problem == INSTALL)

    def test_knows_its_version(self):
        assert coq_version().partition(".")[0].isdigit()
