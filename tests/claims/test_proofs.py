"""Symbolic proofs of the claims: all of them go through, and none does when a quantity in it is wrong."""

import pytest

from duality.claims import all_claims, find_claim
from duality.symbolic import NotProvedError, determinants, sums, traces
from duality.symbolic import quantities as q

WITHOUT_PROOF = {
    "table-1": "a counterexample, and the convergence of an iteration",
    "dual-failure": "about floating point",
    "rounding": "about floating point",
}

PROVED = [claim.id for claim in all_claims() if claim.prove]


def test_claims_without_a_symbolic_proof_are_known():
    assert {claim.id for claim in all_claims() if not claim.prove} == set(WITHOUT_PROOF)


@pytest.mark.parametrize("claim", PROVED)
def test_every_proof_goes_through_and_reads_as_numbered_steps(claim):
    proof = find_claim(claim).prove()
    assert proof.conclusions, "a list of lemmas proves nothing"
    lines = str(proof).splitlines()
    assert len(lines) == 1 + len(proof.steps)
    assert lines[-1].startswith(f"  {len(proof.steps)}. ")


def _twice(quantity):
    return lambda *arguments: 2 * quantity(*arguments)


MUTANTS = [
    ("def-3.2", "dimension_contrastive", q.covariance_norm, "diagonal not removed"),
    ("def-3.2", "sample_contrastive", _twice(q.sample_contrastive), "factor 2"),
    ("prop-3.1", "gram", _twice(q.gram), "factor 2"),
    ("prop-3.2-spectral", "sample_fourth_powers", q.energy, "fourth power not squared"),
    ("prop-3.2-sq", "sample_contrastive", q.gram_norm, "diagonal not removed"),
    ("prop-3.2-vicreg", "CENTRED", q.MATRIX, "not centred"),
    ("thm-3.3", "sample_fourth_powers", q.dimension_fourth_powers, "rows for columns"),
    ("thm-3.3", "dimension_contrastive", q.covariance_norm, "diagonal not removed"),
    ("thm-3.3", "covariance_norm", _twice(q.covariance_norm), "factor 2"),
    ("remark-3.3", "sample_contrastive", q.gram_norm, "diagonal not removed"),
    ("lemma-3.4", "energy", _twice(q.energy), "factor 2"),
    ("lemma-3.4", "sample_spread", lambda mean: q.dimension_spread(mean), "rows for columns"),
    ("lemma-3.4-lower", "dimension_fourth_powers", q.sample_fourth_powers, "columns for rows"),
    ("lemma-3.4-upper", "dimension_fourth_powers", q.covariance_norm, "off-diagonal kept"),
    ("cor-3.4.1", "UNIT_DIMENSIONS", q.UNIT_SAMPLES, "columns for rows"),
    (
        "cor-3.4.1",
        "dimension_spread",
        lambda mean: sums.total(lambda j: q.dimension_energy(j) ** 2, q.M),
        "no mean",
    ),
    ("eq-8-10", "dimension_fourth_powers", q.sample_fourth_powers, "columns for rows"),
    ("eq-13", "gram", lambda i, other: -q.K[sums.index("j", q.M), i], "wrong sign, not a product"),
    ("eq-14", "energy", _twice(q.energy), "factor 2"),
    ("gradient-duality", "dimension_contrastive", q.covariance_norm, "diagonal not removed"),
    ("gradient-duality", "sample_energy", _twice(q.sample_energy), "factor 2"),
    ("dual-conditioning", "gram_norm", q.sample_contrastive, "diagonal removed"),
    ("prop-3.2-barlow-twins", "dimension_contrastive", q.covariance_norm, "diagonal not removed"),
    ("prop-3.2-tcr", "energy", _twice(q.energy), "factor 2"),
    ("eq-11-12", "covariance", _twice(q.covariance), "factor 2"),
    ("small-size", "sample_contrastive", lambda: q.N * q.energy() ** 2, "a size among the coefficients"),
    ("streaming", "sample_energy", _twice(q.sample_energy), "factor 2"),
]


def _doubled_identity(size):
    return 2 * traces.identity(size)


ENGINE_MUTANTS = [
    ("def-3.1", sums, "total", _twice(sums.total), "factor 2"),
    ("prop-3.2-abs", sums, "off_diagonal", lambda f, size: sums.total(f, size, size), "diagonal not removed"),
    ("cross-view", traces, "squared_norm", _twice(traces.squared_norm), "factor 2"),
    ("spectral-duality", traces, "zero", lambda rows, columns: traces.matrix("Z", rows, columns), "no zero block"),
    ("sylvester", determinants, "identity", _doubled_identity, "2I for I"),
    ("rank-bound", traces, "squared_norm", lambda x: traces.trace((x.T @ x) ** 2), "fourth power for square"),
]


def test_every_proof_has_a_mutant():
    assert {claim for claim, *_ in [*MUTANTS, *ENGINE_MUTANTS]} == set(PROVED)


@pytest.mark.parametrize(("claim", "name", "mutant", "what"), MUTANTS)
def test_a_wrong_quantity_breaks_the_proof(claim, name, mutant, what, monkeypatch):
    _check_that_it_breaks(claim, q, name, mutant, monkeypatch)


@pytest.mark.parametrize(("claim", "module", "name", "mutant", "what"), ENGINE_MUTANTS)
def test_a_wrong_sum_trace_or_identity_breaks_the_proof(claim, module, name, mutant, what, monkeypatch):
    _check_that_it_breaks(claim, module, name, mutant, monkeypatch)


def _check_that_it_breaks(claim, module, name, mutant, monkeypatch):
    prove = find_claim(claim).prove
    original = getattr(module, name)
    monkeypatch.setattr(module, name, mutant)
    with pytest.raises(NotProvedError):
        prove()
    monkeypatch.setattr(module, name, original)
    assert prove().steps
