"""A proof cannot state what no engine has checked, and writes down what one has."""

import ast
import dataclasses
from pathlib import Path

import pytest
import sympy as sp

import duality
from duality.symbolic import Fact, Proof, facts, inequalities, lemmas, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.writing import definitions, statement, written

ONE = sums.equality(1, 1)
THEOREM = sums.equality(
    q.dimension_contrastive() + q.dimension_fourth_powers(), q.sample_contrastive() + q.sample_fourth_powers()
)


def test_the_statement_is_that_of_the_facts():
    proof = Proof()
    proof.lemma("a step", ONE)
    assert proof.conclusions == ()
    assert proof.statement == "lemmas only, no conclusion"
    proof.concludes("the end", THEOREM)
    assert proof.statement == "L_nc + Σ_j ‖K_j·‖⁴ = L_c + Σ_i ‖K_·i‖⁴, for real K (M × N)"
    assert str(proof).splitlines() == [
        proof.statement,
        *(f"  {n}. {step}" for n, step in enumerate(proof.steps, 1)),
    ]


def test_a_proof_takes_no_text():
    with pytest.raises(TypeError):
        Proof("L_c = 2 L_nc")
    for step in (Proof().lemma, Proof().concludes):
        with pytest.raises(Exception, match=r"no fact|fact"):
            step("L_c is twice L_nc", "1 = 1")


@pytest.mark.parametrize("remark", ["L_c = 2 L_nc", "so L_c ≥ 0", "x < y", "a ≠ b", "A ⇒ B"])
def test_a_remark_states_nothing(remark):
    with pytest.raises(ValueError, match="states a formula"):
        Proof().concludes(remark, ONE)


def test_a_conclusion_that_was_refused_is_none():
    proof = Proof()
    with pytest.raises(ValueError, match="states a formula"):
        proof.concludes("1 = 2", ONE)
    assert proof.conclusions == proof.steps == ()


def test_facts_are_made_by_engines_alone():
    with pytest.raises(TypeError, match="only the engines make facts"):
        Fact(q.sample_contrastive(), "=", 2 * q.dimension_contrastive(), (), "trust me", seal=object())
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(ONE, right=sp.Integer(2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        ONE.right = sp.Integer(2)


def test_nothing_outside_the_engines_can_seal_a_fact():
    root = Path(duality.__file__).parent
    for path in set(root.rglob("*.py")) - set((root / "symbolic").glob("*.py")):
        names = {getattr(node, "id", getattr(node, "attr", None)) for node in ast.walk(ast.parse(path.read_text()))}
        imported = {
            alias.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        assert not {"established", "_SEAL"} & (names | imported), path
    assert facts.established.__name__ == "established"


def test_names_are_written_for_what_is_the_quantity_and_for_nothing_else():
    assert written(q.sample_contrastive()) == "L_c"
    assert written(2 * q.sample_contrastive(q.CENTRED)) == "2 L_c(K_c)"
    assert written(q.gram_norm()) == "Σ_{i,i'} G_ii'²"
    assert written(q.dimension_fourth_powers()) == "Σ_j ‖K_j·‖⁴"
    assert written(q.energy() ** 2 / q.M) == "‖K‖⁴/M"
    other = q.entries(sums.array("A", q.M, q.N))
    assert written(q.sample_contrastive(other)) == "Σ_{i≠i'} (Σ_j A_ji A_ji')²"
    assert "L_c" not in written(sums.off_diagonal(lambda i, k: q.gram(i, i) ** 2, q.N))
    doubled = sums.off_diagonal(lambda i, k: 2 * q.gram(i, k) ** 2, q.N)
    assert written(doubled) == "Σ_{i≠i'} 2 G_ii'²"


def test_every_name_is_defined_down_to_the_entries():
    assert set(definitions([THEOREM])) == {
        "L_nc = Σ_{j≠j'} C_jj'²",
        "L_c = Σ_{i≠i'} G_ii'²",
        "‖K_j·‖² = Σ_i K_ji²",
        "‖K_·i‖² = Σ_j K_ji²",
        "G_ii' = Σ_j K_ji K_ji'",
        "C_jj' = Σ_i K_ji K_j'i",
    }


def test_statements_say_what_they_hold_for():
    a, tau = sums.scalar("a"), sums.scalar("tau", nonnegative=True)
    x = sums.array("x", q.N, sign="nonnegative")
    weighted = sums.total(lambda i: a * x[i] / (q.N - 1), q.N)
    fact = inequalities.at_least(weighted + tau, tau, weighted)
    assert statement(fact) == "Σ_i a x_i/(N − 1) + τ ≥ τ, for nonnegative x (N), a > 0, τ ≥ 0, N − 1 ≠ 0"
    given = sums.equality(q.energy(), q.N, [q.UNIT_SAMPLES])
    assert statement(given) == "‖K‖² = N, given ‖K_·i‖² = 1, for real K (M × N)"
    z = traces.matrix("Z", q.M, q.N, "complex")
    hermitian = traces.equality(traces.squared_norm(z.T @ z), traces.squared_norm(z @ z.T))
    assert statement(hermitian) == "tr(Zᴴ Z Zᴴ Z) = tr(Z Zᴴ Z Zᴴ), for complex Z (M × N)"


def test_derivatives_are_written_as_such():
    entry = q.K[sums.index("p", q.M), sums.index("q", q.N)]
    assert statement(sums.gradient(q.energy(), entry, 2 * entry)) == "∂(‖K‖²)/∂K_pq = 2 K_pq, for real K (M × N)"
    k, h = traces.matrix("K", q.M, q.N), traces.matrix("H", q.M, q.N)
    fact = traces.gradient(traces.squared_norm(k), k, h, 2 * traces.inner(k, h))
    assert statement(fact) == "∂(tr(Kᵀ K))/∂K along H = 2 tr(Kᵀ H), for real H (M × N), real K (M × N)"


def test_jensen_needs_real_exponents_and_the_simplex_equal_ones():
    z = sp.IndexedBase("z", shape=(q.N, q.N))
    with pytest.raises(facts.NotProvedError, match="not visibly real"):
        lemmas.jensen(lambda i, k: z[i, k], q.N)
    with pytest.raises(facts.NotProvedError, match="the sides differ by"):
        lemmas.equal_exponents(lambda i, k: q.gram(i, k), sp.S.One, q.N)
    with pytest.raises(facts.NotProvedError, match="at least 1"):
        lemmas.mean_of_logarithms(lambda i: q.K[sums.index("j", q.M), i], sp.S.One, q.N, [])
    with pytest.raises(facts.NotProvedError, match="the sides differ by"):
        lemmas.mean_of_logarithms(lambda i: 1 + q.sample_energy(i), sp.S.One, q.N, [])


@pytest.mark.parametrize(("n", "tau"), [(2, 0.3), (5, 1.7)])
def test_jensen_and_the_simplex_by_numbers(n, tau):
    """The facts at numbers: what is written on both sides, evaluated."""
    bound = lemmas.simplex(sp.S.One, q.N, sums.scalar("tau"))[0]
    value = n * sp.log(n - 1) - n / ((n - 1) * tau) if n > 1 else None
    right = float(bound.right.subs({q.N: n, sums.scalar("tau"): tau}))
    assert right == pytest.approx(float(value))
    pairs = -1 / ((n - 1) * tau)
    assert right == pytest.approx(n * float(sp.log((n - 1) * sp.exp(pairs))))
