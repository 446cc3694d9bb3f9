import pytest

from duality.formal.sources import (
    ANALYSIS,
    INTERVAL,
    REALS,
    ProofsError,
    closure,
    proofs_folder,
    read_sources,
    uses,
)

BASE = """(* ‖K‖² (* nested *) Theorem in_a_comment : Admitted. *)
From mathcomp Require Import all_ssreflect.
Definition energy := 1.
Lemma step : energy = 1. Proof. by []. Qed.
Theorem first : energy = 1.
Proof. by []. Qed.
"""
TOP = "From Duality Require Import base\n  other.\nTheorem second : 1 = 1. Proof. by []. Qed.\n"
OTHER = "From mathcomp Require Import reals exp.\nTheorem third : 1 = 1. Proof. by []. Qed.\n"


def test_reads_what_a_file_declares_and_requires(project):
    sources = read_sources(project(top=TOP, base=BASE, other=OTHER))
    assert list(sources)[-1] == "top"
    assert sources["top"].needs == {"base", "other"}
    assert sources["base"].theorems == ("first",)
    assert sources["base"].definitions == ("energy",)
    assert set(sources["base"].declarations) == {"energy", "step", "first"}


def test_places_are_counted_in_bytes(project):
    source = read_sources(project(base=BASE))["base"]
    assert source.declarations["first"][1] == BASE.encode().index(b"Theorem first")


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("Theorem t : 1 = 2.\nAdmitted.\n", "Admitted in line 2"),
        ("Axiom t : 1 = 2.\n", "Axiom in line 1"),
        ("\n\nParameter x : nat.\n", "Parameter in line 3"),
        ("Unset Guard Checking.\n", "Unset Guard Checking in line 1"),
        ("Theorem t : 1 = 2. Proof. admit. Qed.\n", "admit in line 1"),
        ("(* Admitted, (* an Axiom *) a Parameter *)\nTheorem admitted' : 1 = 1. Proof. by []. Qed.\n", ""),
    ],
)
def test_finds_what_is_left_unproved(project, code, found):
    assert read_sources(project(base=code))["base"].unproved == found


def test_closure_holds_the_files_of_a_theorem_and_what_they_require(project):
    sources = read_sources(project(top=TOP, base=BASE, other=OTHER))
    assert closure(sources, frozenset({"second"})) == {"top", "base", "other"}
    assert closure(sources, frozenset({"first"})) == {"base"}
    assert closure(sources, frozenset({"nothing"})) == set()


def test_a_file_uses_analysis_itself_or_through_another(project):
    sources = read_sources(project(top=TOP, base=BASE, other=OTHER))
    assert uses(ANALYSIS, sources, sources["other"])
    assert uses(ANALYSIS, sources, sources["top"])
    assert not uses(ANALYSIS, sources, sources["base"])


def test_a_file_uses_the_reals_of_coq_by_the_libraries_on_them(project):
    interval, flocq = "From Interval Require Import Tactic.\n", "From Flocq Require Import Core.\n"
    theorem = "Theorem t : 1 = 1. Proof. by []. Qed.\n"
    sources = read_sources(
        project(base=BASE, interval=interval + theorem, flocq=flocq + theorem.replace("t :", "u :"))
    )
    assert [uses(INTERVAL, sources, sources[name]) for name in ("base", "interval", "flocq")] == [
        False,
        True,
        False,
    ]
    assert [uses(REALS, sources, sources[name]) for name in ("base", "interval", "flocq")] == [False, True, True]


def test_refuses_what_is_no_project(project, tmp_path):
    with pytest.raises(ProofsError, match=r"no \.v file"):
        read_sources(tmp_path)
    with pytest.raises(ProofsError, match="requires base, which is not there"):
        read_sources(project(top="From Duality Require Import base.\n"))


def test_refuses_files_that_require_each_other(project):
    with pytest.raises(ProofsError, match="circle"):
        read_sources(project(a="From Duality Require Import b.\n", b="From Duality Require Import a.\n"))


def test_finds_the_proofs_of_this_repository():
    sources = read_sources(proofs_folder())
    assert "thm_3_3" in sources["duality"].theorems
    assert "L_c" in sources["criteria"].definitions
