"""Every claim: complete, and its checks pass on data that try hard; its counterexamples are ones."""

import re
from functools import cache
from pathlib import Path

import pytest
import torch

from duality.claims import Claim, UnknownClaimError, all_claims, find_claim
from duality.claims.evidence import names_check
from duality.formal.record import recorded_axioms
from duality.numeric.check import Check
from duality.numeric.ensembles import draw

CLAIMS = pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim.id)
PAPER = {
    *("def-3.1", "def-3.2", "prop-3.1", "thm-3.3", "remark-3.3", "lemma-3.4", "lemma-3.4-lower", "lemma-3.4-upper"),
    *("cor-3.4.1", "eq-8-10", "eq-11-12", "eq-13", "eq-14", "table-1"),
    *(f"prop-3.2-{method}" for method in ("spectral", "sq", "abs", "barlow-twins", "vicreg", "tcr")),
}


def test_every_statement_of_the_paper_is_a_claim_and_others_say_that_they_are_ours():
    beyond = {claim.id for claim in all_claims() if claim.source == "beyond the paper"}
    assert {claim.id for claim in all_claims()} - beyond == PAPER
    assert len(beyond) >= 10


def test_claims_come_in_the_order_of_the_paper():
    ids = [claim.id for claim in all_claims()]
    assert ids[:3] == ["def-3.1", "def-3.2", "prop-3.1"]
    assert ids.index("thm-3.3") < ids.index("lemma-3.4") < ids.index("cor-3.4.1") < ids.index("eq-8-10")
    assert ids.index("eq-8-10") < ids.index("eq-11-12") < ids.index("eq-14") < ids.index("table-1")
    assert all(claim.source == "beyond the paper" for claim in all_claims()[len(PAPER) :])


def test_one_file_for_each_claim():
    folder = Path(__file__).parents[2] / "duality" / "claims"
    files = [path for path in folder.glob("*.py") if re.search(r"^CLAIM = ", path.read_text(), re.MULTILINE)]
    assert len(files) == len(all_claims())


@CLAIMS
def test_claim_is_complete(claim: Claim):
    assert claim.title
    assert claim.wording.endswith((".", "?"))
    assert all(part.sentence.endswith(".") for part in claim.parts)
    assert claim.prove or claim.numeric or claim.constructed
    if claim.verdict == "corrected":
        assert claim.remark, "a corrected claim says what is imprecise"


@CLAIMS
def test_every_theorem_that_a_sentence_names_is_in_the_record_of_coq(claim: Claim):
    assert set(claim.formal) <= recorded_axioms().keys()


@CLAIMS
def test_every_conclusion_belongs_to_a_sentence(claim: Claim):
    concluded = set(claim.prove().conclusions) if claim.prove else set()
    assert concluded == set(claim.conclusions)


@CLAIMS
def test_a_sentence_of_the_paper_is_covered_twice_or_says_what_is_missing(claim: Claim):
    for part in claim.parts if claim.id in PAPER else ():
        full = sum(part.coverage(kind) == "full" for kind in part.kinds)
        assert full >= 2 or part.rests_on or part.limits or part.partial, part.sentence


def test_claims_import_no_claim():
    folder = Path(__file__).parents[2] / "duality" / "claims"
    texts = {path.stem: path.read_text() for path in folder.glob("*.py")}
    claims = {name for name, text in texts.items() if re.search(r"^CLAIM = ", text, re.MULTILINE)}
    assert not [
        name for name, text in texts.items() if re.search(r"duality\.claims import", text) and name in claims
    ]
    imported = {name: set(re.findall(r"duality\.claims\.(\w+)", texts[name])) & claims for name in claims}
    assert {name: others for name, others in imported.items() if others} == {}


@CLAIMS
def test_constructed_checks_pass(claim: Claim):
    checks = list(claim.constructed()) if claim.constructed else []
    assert [str(check) for check in checks if not check.ok] == []
    assert checks or not claim.constructed
    if not claim.numeric:
        _check_that_sentences_name(claim, {check.what for check in checks})


@CLAIMS
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_numeric_checks_pass_and_belong_to_a_sentence(claim: Claim, dtype: torch.dtype):
    if not claim.numeric:
        assert claim.constructed, f"{claim.id} has no numeric evidence at all"
        return
    failures, names = [], set(constructed_names(claim.id))
    for sample in draw(60, seed=1, dtype=dtype, device="cpu"):
        for check in claim.numeric(sample.z):
            names.add(check.what)
            if not check.ok:
                failures.append(f"{sample.name}: {check}")
    assert failures == []
    assert names > constructed_names(claim.id)
    _check_that_sentences_name(claim, names)


@cache
def constructed_names(id: str) -> set[str]:
    construct = find_claim(id).constructed
    return {check.what for check in construct()} if construct else set()


def _check_that_sentences_name(claim: Claim, checks: set[str]) -> None:
    assert [what for what in checks if not any(names_check(name, what) for name in claim.checks)] == []
    assert [name for name in claim.checks if not any(names_check(name, what) for what in checks)] == []


@CLAIMS
def test_numeric_checks_leave_the_embeddings_alone(claim: Claim):
    for sample in draw(20, seed=2, dtype=torch.float64, device="cpu"):
        before = sample.z.clone()
        for _ in claim.numeric(sample.z) if claim.numeric else ():
            pass
        assert torch.equal(sample.z, before)


def test_unknown_claim_names_the_nearest():
    with pytest.raises(UnknownClaimError, match=r"did you mean thm-3\.3\?"):
        find_claim("thm3.3")
    with pytest.raises(UnknownClaimError, match="lists them all"):
        find_claim("zzzzzz")


def test_check_of_nan_never_passes():
    for expect in ("within", "beyond"):
        assert not Check("x", float("nan"), 1.0, expect).ok
