"""Each claim's numeric checks see what is broken in the code that they speak of: `tests.claims.mutants`."""

from functools import partial

import pytest
import torch

from duality.claims import Claim, all_claims, find_claim
from duality.claims.evidence import run_numeric
from duality.numeric.ensembles import Sample, draw
from tests.claims.broken import Mutant, broken
from tests.claims.mutants import MUTANTS

SAMPLES: list[Sample] = list(draw(20, seed=0, dtype=torch.float64))


@pytest.mark.parametrize("claim", all_claims(), ids=lambda claim: claim.id)
def test_every_claim_has_mutants_and_is_right_without_them(claim: Claim):
    assert MUTANTS[claim.id]
    assert run_numeric(claim, SAMPLES).ok


def test_there_are_enough():
    assert sum(map(len, MUTANTS.values())) >= 120


@pytest.mark.parametrize(
    ("claim", "mutant"),
    [pytest.param(claim, mutant, id=f"{claim}-{mutant}") for claim, every in MUTANTS.items() for mutant in every],
)
def test_a_mutant_turns_its_claim_red(claim: str, mutant: Mutant):
    with broken(mutant):
        assert is_red(find_claim(claim))


def is_red(claim: Claim) -> bool:
    """Whether a check fails or ends in an error; the rest is then not waited for."""
    checks = [claim.constructed] if claim.constructed else []
    checks += [partial(claim.numeric, sample.z) for sample in SAMPLES] if claim.numeric else []
    try:
        return not all(check.ok for each in checks for check in each())
    except Exception:
        return True


def test_nothing_is_broken_afterwards():
    mutant = MUTANTS["thm-3.3"][0]
    with pytest.raises(RuntimeError), broken(mutant):
        raise RuntimeError
    assert run_numeric(find_claim("thm-3.3"), SAMPLES).ok


def test_a_mutant_must_change_one_place():
    with pytest.raises(AssertionError, match="stands 0 times"), broken(Mutant("criteria:gram_norm", "nowhere", "")):
        pass
