"""All proofs of the repository, compiled from clean. In CI a missing Coq fails these tests."""

import pytest

from duality.claims import all_claims
from duality.formal.kernel import Report, compile_proofs
from duality.formal.record import RECORD, record
from duality.formal.sources import proofs_folder, read_sources


@pytest.fixture(scope="module")
def report() -> Report:
    return compile_proofs()


def test_claims_name_theorems_that_are_there():
    theorems = {name for source in read_sources().values() for name in source.theorems}
    named = {name for claim in all_claims() for name in claim.formal}
    assert not named - theorems


def test_a_claim_without_a_theorem_says_why():
    without = [claim for claim in all_claims() if not claim.formal]
    assert all(claim.limits for claim in without)
    assert len(all_claims()) - len(without) >= 20


def test_every_theorem_has_one_name():
    theorems = [name for source in read_sources().values() for name in source.theorems]
    assert len(theorems) == len(set(theorems)) >= 30


def test_nothing_is_left_unproved():
    assert not [f"{source.name}: {source.unproved}" for source in read_sources().values() if source.unproved]


@pytest.mark.slow
@pytest.mark.usefixtures("coq")
def test_the_proofs_compile_and_state_what_was_recorded(report):
    assert record(report) == (proofs_folder() / RECORD).read_text(encoding="utf-8")
