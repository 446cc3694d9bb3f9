"""Inequalities: a certificate must be the difference, and visibly not negative; equality cases are read off."""

import pytest
import sympy as sp

from duality.symbolic import NotProvedError
from duality.symbolic.inequalities import at_least, chain, is_nonnegative, tangent_line, vanishing
from duality.symbolic.quantities import (
    UNIT_SAMPLES,
    M,
    N,
    dimension_energy,
    dimension_fourth_powers,
    dimension_spread,
    gram_norm,
    sample_contrastive,
    sample_fourth_powers,
)
from duality.symbolic.sums import equality, index, off_diagonal, total

x = sp.IndexedBase("x", shape=(N,), real=True)
c = sp.IndexedBase("c", shape=(N,))
q = index("q", N)
squares, plain = total(lambda i: x[i] ** 2, N), total(lambda i: x[i], N)
spread = total(lambda i, o: (x[i] - x[o]) ** 2, N, N)
energies_about_mean = dimension_spread(N / M)
products_of_energies = off_diagonal(lambda j, o: dimension_energy(j) * dimension_energy(o), M)


def test_cauchy_schwarz_and_its_equality_case():
    found = at_least(N * squares, plain**2, spread / 2).how
    assert found.endswith("; a sum of non-negative terms, zero iff ∀ i, i': −x[i'] + x[i] = 0")


def test_lemma_3_4_and_its_equality_cases():
    lower = at_least(dimension_fourth_powers(), N**2 / M, energies_about_mean, [UNIT_SAMPLES])
    assert lower.how.endswith("zero iff ∀ j: −N/M + Σ_{i} K[j,i]^2 = 0")
    upper = at_least(N**2, dimension_fourth_powers(), products_of_energies, [UNIT_SAMPLES])
    assert upper.how.endswith("zero iff ∀ j ≠ j': (∀ i: K[j,i] = 0) or (∀ i: K[j',i] = 0)")


@pytest.mark.parametrize(
    ("left", "right", "certificate", "given"),
    [
        pytest.param(N * squares, plain**2, spread, [], id="missing half"),
        pytest.param(plain**2, N * squares, spread / 2, [], id="wrong direction"),
        pytest.param(plain**2, N * squares, -spread / 2, [], id="negative certificate"),
        pytest.param(squares, plain**2, spread / 2, [], id="N forgotten"),
        pytest.param(N * squares, plain**2, N * squares - plain**2, [], id="not visibly non-negative"),
        pytest.param(dimension_fourth_powers(), N**2 / M, energies_about_mean, [], id="without the hypothesis"),
        pytest.param(dimension_fourth_powers(), N**2, energies_about_mean, [UNIT_SAMPLES], id="N² for N²/M"),
        pytest.param(N, dimension_fourth_powers(), products_of_energies, [UNIT_SAMPLES], id="N for N²"),
        pytest.param(gram_norm(), 0, sample_contrastive(), [], id="dropped diagonal"),
        pytest.param(total(lambda i: c[i] ** 2, N), 0, total(lambda i: c[i] ** 2, N), [], id="complex squares"),
        pytest.param(plain**3, 0, plain**3, [], id="a cube"),
        pytest.param(plain, 0, plain, [], id="a linear form"),
    ],
)
def test_wrong_inequalities_are_rejected(left, right, certificate, given):
    with pytest.raises(NotProvedError):
        at_least(left, right, certificate, given)


@pytest.mark.parametrize(
    ("expression", "visible"),
    [
        (x[q] ** 2, True),
        (x[q] ** 3, False),
        ((x[q] ** 2) ** 3 + 1, True),
        (x[q] ** 2 - 1, False),
        ((N - 1) * x[q] ** 2, True),
        ((N - 2) * x[q] ** 2, False),
        (sp.exp(x[q]), False),
        (sample_contrastive() * sample_fourth_powers(), True),
        ((sp.KroneckerDelta(q, index("o", N)) - x[q]) ** 2, True),
        (sp.KroneckerDelta(q, index("o", N)), True),
        (sp.KroneckerDelta(q, index("o", N)) - 1, False),
        ((x[q] + sp.I) ** 2, False),
    ],
)
def test_what_is_visibly_nonnegative(expression, visible):
    assert is_nonnegative(expression) is visible


def test_equality_cases_of_sums_and_products():
    assert vanishing(spread + x[q] ** 2) == "iff (x[q] = 0) and (∀ i, i': −x[i'] + x[i] = 0)"
    assert vanishing(2 * (x[q] ** 2) ** 2) == "iff x[q] = 0"
    assert vanishing(squares * plain**2) == "iff (∀ i: x[i] = 0) or (Σ_{i} x[i] = 0)"
    assert vanishing(off_diagonal(lambda i, o: 1, N)) == "iff ∀ i ≠ i': false"
    assert vanishing(squares + 1) == vanishing(N * (M + 1)) == "nowhere"


y, v = sp.Symbol("y", positive=True), sp.Symbol("v", real=True)


@pytest.mark.parametrize(
    ("f", "variable", "at", "line"),
    [
        (sp.exp(v), v, 0, "exp(v) ≥ v + 1"),
        (-sp.log(y), y, 1, "-log(y) ≥ 1 - y"),
        (sp.cosh(v), v, 0, "cosh(v) ≥ 1"),
    ],
)
def test_tangent_lines(f, variable, at, line):
    fact = tangent_line(f, variable, at)
    assert f"{fact.left} {fact.relation} {fact.right}" == line
    assert fact.how.startswith("since its second derivative")


@pytest.mark.parametrize(("f", "variable"), [(sp.log(y), y), (-sp.exp(v), v), (v**3, v), (sp.sin(v), v), (v, v)])
def test_functions_that_are_not_convex_have_no_tangent_line_below(f, variable):
    with pytest.raises(NotProvedError, match="not visibly positive"):
        tangent_line(f, variable, 1)


def test_chains():
    step = at_least(squares, plain**2 / N, spread / (2 * N))
    nothing = at_least(plain**2 / N, 0, plain**2 / N)
    chained = chain(step, nothing)
    assert (chained.left, chained.relation, chained.right) == (squares, "≥", 0)
    assert chain(at_least(squares + 1, squares, sp.S.One), step).relation == ">"
    with pytest.raises(NotProvedError, match="the sides differ by"):
        chain(nothing, step)
    with pytest.raises(ValueError, match="do not make a chain"):
        chain(equality(squares, squares), step)


def test_a_chain_keeps_every_hypothesis():
    lower = at_least(dimension_fourth_powers(), N**2 / M, energies_about_mean, [UNIT_SAMPLES])
    assert chain(lower, equality(N**2 / M, N**2 / M)).given == (UNIT_SAMPLES,)
