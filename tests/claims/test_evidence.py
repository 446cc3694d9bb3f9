"""Evidence counts what was checked, names what failed, and never lets one claim's failure out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from duality.claims import Claim, Item, Part
from duality.claims.citations import TIGHT_FRAMES
from duality.claims.evidence import Outcome, describe, kinds, run_numeric, run_symbolic
from duality.numeric.check import Check
from duality.numeric.ensembles import Sample
from duality.symbolic import NotProvedError, Proof, sums

PART = Part(sentence="s", formal=("a",))
CLAIM = Claim(id="x", title="x", source="x", wording="x", parts=(PART,), verdict="corrected")


def saying(claim: Claim, **names) -> Claim:
    """The claim with one sentence that names this evidence."""
    return replace(claim, parts=(Part(sentence="s", **names),))


SAMPLES = [Sample("small, 2 × 3", torch.zeros(2, 3)), Sample("large, 4 × 1", torch.ones(4, 1, dtype=torch.float64))]


def proved() -> Proof:
    proof = Proof()
    proof.concludes("both sides", sums.equality(1, 1))
    return proof


def prepared() -> Proof:
    proof = Proof()
    proof.lemma("both sides", sums.equality(1, 1))
    return proof


def rejected() -> Proof:
    raise NotProvedError("a − b is not zero")


def half_of_bound(z: torch.Tensor) -> list[Check]:
    return [Check("half", 1.0, 2.0), Check("a tenth", 0.1, 1.0), Check("more", 9.0, 1.0, "beyond")]


def positive(z: torch.Tensor) -> list[Check]:
    return [Check("z is zero", float(z.sum()), 0.5)]


def broken(z: torch.Tensor) -> list[Check]:
    raise RuntimeError("no\nluck")


def test_proof_keeps_its_steps():
    evidence = run_symbolic(saying(replace(CLAIM, prove=proved), symbolic=("1 = 1",)))
    assert (evidence.kind, evidence.ok) == ("symbolic", True)
    assert evidence.conclusions == ("1 = 1",)
    assert evidence.steps == ("both sides: 1 = 1: both sides are 1",)
    assert evidence.detail == "1 statement proved in 1 step"


def test_lemmas_without_a_conclusion_are_called_so():
    evidence = run_symbolic(replace(CLAIM, prove=prepared))
    assert (evidence.ok, evidence.conclusions) == (True, ())
    assert evidence.detail == "1 lemma, no conclusion"


@pytest.mark.parametrize(
    ("prove", "detail"),
    [
        (rejected, "a − b is not zero"),
        (Proof, "no step"),
    ],
)
def test_what_is_not_proved_fails(prove, detail):
    evidence = run_symbolic(replace(CLAIM, prove=prove))
    assert evidence.ok is False
    assert evidence.detail == detail


def test_checks_are_counted_with_the_worst_ratio():
    evidence = run_numeric(replace(CLAIM, numeric=half_of_bound), SAMPLES)
    assert evidence.ok is True
    assert evidence.checks == 6
    assert evidence.detail == "6 checks on 2 matrices, the worst at 0.5 of its bound"


def test_first_failure_is_named():
    evidence = run_numeric(replace(CLAIM, numeric=positive), SAMPLES)
    assert evidence.ok is False
    assert evidence.detail == "1 of 2 checks failed, the first on large, 4 × 1, float64: z is zero: 4 > 0.5"


def test_exception_is_an_error_of_the_program_and_refutes_nothing():
    symbolic = run_symbolic(replace(CLAIM, prove=lambda: 1 / 0))
    assert (symbolic.ok, symbolic.error, symbolic.detail) == (None, True, "ZeroDivisionError: division by zero")
    numeric = run_numeric(replace(CLAIM, numeric=broken), SAMPLES)
    assert (numeric.ok, numeric.error, numeric.checks) == (None, True, 0)
    assert numeric.detail == "2 errors after 0 checks, on small, 2 × 3, float32: RuntimeError: no luck"
    constructed = run_numeric(replace(CLAIM, numeric=half_of_bound, constructed=lambda: [1 / 0]), SAMPLES)
    assert (constructed.ok, constructed.error, constructed.checks) == (None, True, 6)
    for piece in (symbolic, numeric, constructed):
        assert Outcome(CLAIM, (piece,)).verdict == "error"


def test_a_check_that_fails_refutes_beside_an_exception():
    def failing_then_broken(z: torch.Tensor) -> Iterator[Check]:
        yield from positive(z)
        raise RuntimeError("no luck")

    evidence = run_numeric(replace(CLAIM, numeric=failing_then_broken), SAMPLES)
    assert (evidence.ok, evidence.error) == (False, False)
    assert "1 of 2 checks failed" in evidence.detail
    error = run_symbolic(replace(CLAIM, prove=lambda: 1 / 0))
    assert Outcome(CLAIM, (evidence, error)).verdict == "refuted"
    claim = saying(replace(CLAIM, numeric=half_of_bound), numeric=("half",))
    good = run_numeric(claim, SAMPLES)
    assert (Outcome(claim, (good, error)).ok, Outcome(claim, (good, error)).verdict) == (None, "error")


def test_constructed_matrices_are_checked_once():
    evidence = run_numeric(replace(CLAIM, constructed=lambda: [Check.exact("1 ≠ 2", 1, 2, "beyond")]), SAMPLES)
    assert (evidence.ok, evidence.checks) == (True, 1)
    failing = run_numeric(replace(CLAIM, constructed=lambda: [Check.exact("1 = 2", 1, 2)]), SAMPLES)
    assert failing.ok is False
    assert "matrices of its own" in failing.detail


def test_nan_is_a_failure():
    assert run_numeric(replace(CLAIM, numeric=lambda z: [Check("NaN", float("nan"), 1.0)]), SAMPLES).ok is False


def test_what_checks_nothing_did_not_run():
    evidence = run_numeric(replace(CLAIM, numeric=lambda z: []), SAMPLES)
    assert evidence.ok is None
    assert "no check applies" in evidence.detail
    assert run_numeric(CLAIM, SAMPLES).ok is None
    assert run_symbolic(CLAIM).ok is None


def test_interruption_is_no_failure_of_a_claim():
    def interrupted(z: torch.Tensor) -> list[Check]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_numeric(replace(CLAIM, numeric=interrupted), SAMPLES)


def test_verdict_is_the_claims_own_only_if_all_evidence_agrees():
    claim = saying(replace(CLAIM, numeric=half_of_bound), numeric=("half",))
    good, bad = (run_numeric(replace(claim, numeric=check), SAMPLES) for check in (half_of_bound, positive))
    absent = run_symbolic(claim)
    assert (Outcome(claim, (good, absent)).ok, Outcome(claim, (good, absent)).verdict) == (True, "corrected")
    assert (Outcome(claim, (good, bad)).ok, Outcome(claim, (good, bad)).verdict) == (False, "refuted")
    assert (Outcome(claim, (absent,)).ok, Outcome(claim, (absent,)).verdict) == (None, "not run")
    assert Outcome(claim, ()).verdict == "not run"


# Parts


def test_a_sentence_without_evidence_cannot_be_written_down():
    with pytest.raises(ValueError, match="no evidence for 's'"):
        Part(sentence="s")
    with pytest.raises(ValueError, match="has no numeric evidence"):
        Part(sentence="s", formal=("a",), partial={"numeric": "some of it"})
    with pytest.raises(ValueError, match="says nothing"):
        replace(CLAIM, parts=())
    with pytest.raises(ValueError, match="names conclusions"):
        saying(CLAIM, symbolic=("1 = 1",))
    with pytest.raises(ValueError, match="names checks"):
        saying(CLAIM, numeric=("half",))


def test_a_part_has_the_verdict_of_what_it_names_and_the_claim_that_of_the_weakest():
    parts = (
        Part(sentence="good", numeric=("half",)),
        Part(sentence="bad", numeric=("z is zero",)),
        Part(sentence="never checked", numeric=("nothing of this name",)),
        Part(sentence="in Coq", formal=("a",)),
    )
    claim = replace(CLAIM, parts=parts, numeric=lambda z: half_of_bound(z) + positive(z))
    outcome = Outcome(claim, (run_numeric(claim, SAMPLES),))
    assert [part.verdict for part in outcome.parts] == ["holds", "refuted", "not run", "not run"]
    assert outcome.verdict == "refuted"
    assert outcome.parts[0].evidence[0].detail == "2 checks"
    weaker = replace(claim, parts=parts[:1] + parts[2:])
    assert Outcome(weaker, (run_numeric(replace(weaker, numeric=half_of_bound), SAMPLES),)).verdict == "corrected"


def test_checks_that_no_sentence_names_say_nothing_for_it():
    claim = saying(replace(CLAIM, numeric=half_of_bound), numeric=("another",))
    piece = run_numeric(claim, SAMPLES)
    assert piece.items == (Item("another", None, 0),)
    assert Outcome(claim, (piece,)).verdict == "not run"


def test_a_proof_must_conclude_what_its_sentences_name():
    claim = saying(replace(CLAIM, prove=proved), symbolic=("1 = 2",))
    piece = run_symbolic(claim)
    assert (piece.ok, piece.detail) == (False, "the proof does not conclude that 1 = 2")
    assert Outcome(claim, (piece,)).parts[0].verdict == "refuted"
    lemmas = run_symbolic(saying(replace(CLAIM, prove=prepared), symbolic=("1 = 1",)))
    assert lemmas.ok is False, "a lemma is no conclusion"


def test_an_exception_is_an_error_of_every_sentence_that_it_hides():
    claim = saying(replace(CLAIM, numeric=broken), numeric=("half",))
    (part,) = Outcome(claim, (run_numeric(claim, SAMPLES),)).parts
    assert (part.verdict, part.ok) == ("error", None)
    assert "no luck" in part.evidence[0].detail


def test_what_rests_on_a_theorem_of_others_is_shown_so():
    claim = saying(replace(CLAIM, numeric=half_of_bound), numeric=("half",), rests_on=(TIGHT_FRAMES,))
    outcome = Outcome(claim, (run_numeric(claim, SAMPLES),))
    assert outcome.parts[0].shown == f"holds, given {TIGHT_FRAMES}"
    assert outcome.shown == f"corrected, given {TIGHT_FRAMES}"
    refuted = Outcome(claim, (run_numeric(replace(claim, numeric=positive), SAMPLES),))
    assert refuted.shown == "refuted"


def test_outcome_finds_evidence_by_kind():
    good = run_numeric(replace(CLAIM, numeric=half_of_bound), SAMPLES)
    outcome = Outcome(CLAIM, (good,))
    assert outcome.of_kind("numeric") is good
    assert outcome.of_kind("symbolic") is None
    assert outcome.seconds == good.seconds


def test_kinds_name_what_a_claim_has():
    assert kinds(CLAIM) == ("formal",)
    assert kinds(replace(CLAIM, prove=proved, constructed=list)) == ("symbolic", "formal", "numeric")


def test_exception_without_message_is_still_described():
    assert describe(ValueError()) == "ValueError: no message"
