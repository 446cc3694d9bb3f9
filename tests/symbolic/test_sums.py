"""Index sums: true identities are proved, false ones are not, and normal forms evaluate to what they stand for."""

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from duality.symbolic import NotProvedError, sums
from duality.symbolic.monomials import size
from duality.symbolic.quantities import (
    CENTRED,
    UNIT_SAMPLES,
    K,
    M,
    N,
    covariance,
    covariance_norm,
    dimension_contrastive,
    dimension_energy,
    dimension_fourth_powers,
    dimension_spread,
    energy,
    entries,
    equal_dimension_energies,
    equal_sample_energies,
    gram,
    gram_norm,
    sample_contrastive,
    sample_energy,
    sample_fourth_powers,
)
from duality.symbolic.sums import Given, derivative, equality, index, normal_form, off_diagonal, total

P = size("P")
kc = CENTRED
A, B = sp.IndexedBase("A", shape=(M, N)), sp.IndexedBase("B", shape=(M, P))
Z = sp.IndexedBase("Z", shape=(M, N), complex=True)
w = sp.IndexedBase("w", shape=(N,))
x = sp.IndexedBase("x", shape=(N,))
p, q = index("p", M), index("q", N)
a = sp.Symbol("a", positive=True)


def mean_of(entry, j):
    return total(lambda i: entry(j, i), N) / N


def weighted_gram_norm():
    return total(lambda i, o: w[i] * w[o] * gram(i, o) ** 2, N, N)


def hermitian_norm(range_of_product, range_of_sum, entry):
    """Σ |(ZᴴZ)_{ab}|² over a, b, written as the product of the entry and its conjugate."""

    def product(first, second):
        return total(lambda s: sp.conjugate(entry(s, first)) * entry(s, second), range_of_sum)

    return total(lambda u, v: product(u, v) * product(v, u), range_of_product, range_of_product)


def transposed(entry):
    return lambda i, j: entry(j, i)


def cross_gram_norm():
    return total(lambda i, o: total(lambda j: A[j, i] * B[j, o], M) ** 2, N, P)


def cross_covariances():
    return total(lambda j, o: total(lambda i: A[j, i] * A[o, i], N) * total(lambda i: B[j, i] * B[o, i], P), M, M)


def sample_gradient():
    return 4 * (total(lambda i: gram(i, q) * K[p, i], N) - K[p, q] * sample_energy(q))


def dimension_gradient():
    return 4 * (total(lambda i: gram(i, q) * K[p, i], N) - dimension_energy(p) * K[p, q])


TRUE = {
    "definition 3.2 is the off-diagonal": (
        sample_contrastive(),
        total(lambda i, o: (gram(i, o) - sp.KroneckerDelta(i, o) * gram(i, o)) ** 2, N, N),
    ),
    "gram norm = covariance norm": (gram_norm(), covariance_norm()),
    "theorem 3.3": (
        dimension_contrastive() + dimension_fourth_powers(),
        sample_contrastive() + sample_fourth_powers(),
    ),
    "theorem 3.3, centred": (
        dimension_contrastive(kc) + dimension_fourth_powers(kc),
        sample_contrastive(kc) + sample_fourth_powers(kc),
    ),
    "theorem 3.3, weighted samples": (
        weighted_gram_norm(),
        total(lambda j, o: total(lambda i: w[i] * K[j, i] * K[o, i], N) ** 2, M, M),
    ),
    "theorem 3.3, Hermitian": (
        hermitian_norm(N, M, entries(Z)),
        hermitian_norm(M, N, lambda i, j: sp.conjugate(Z[j, i])),
    ),
    "cross view": (cross_gram_norm(), cross_covariances()),
    "gradient of L_c": (derivative(sample_contrastive(), K[p, q]), sample_gradient()),
    "gradient of L_nc": (derivative(dimension_contrastive(), K[p, q]), dimension_gradient()),
    "both norms have the same gradient": (
        derivative(gram_norm(), K[p, q]),
        derivative(covariance_norm(), K[p, q]),
    ),
    "difference of the gradients": (
        derivative(dimension_contrastive() - sample_contrastive(), K[p, q]),
        4 * (sample_energy(q) - dimension_energy(p)) * K[p, q],
    ),
    "centred dimensions sum to zero": (total(lambda i: kc(p, i), N), 0),
    "centring is idempotent": (kc(p, q) - mean_of(kc, p), kc(p, q)),
    "energies add up either way": (
        total(lambda j: dimension_energy(j), M),
        total(lambda i: sample_energy(i), N),
    ),
    "variance of the dimension energies": (
        dimension_spread(energy() / M),
        dimension_fourth_powers() - energy() ** 2 / M,
    ),
    "Lagrange": (
        N * total(lambda i: x[i] ** 2, N) - total(lambda i: x[i], N) ** 2,
        total(lambda i, o: (x[i] - x[o]) ** 2, N, N) / 2,
    ),
    "pairs": (off_diagonal(lambda i, o: 1, N), N * (N - 1)),
}

FALSE = {
    "wrong sign of a fourth power": (
        dimension_contrastive() - dimension_fourth_powers(),
        sample_contrastive() + sample_fourth_powers(),
    ),
    "fourth powers on the wrong sides": (
        dimension_contrastive() + sample_fourth_powers(),
        sample_contrastive() + dimension_fourth_powers(),
    ),
    "missing fourth power": (dimension_contrastive() + dimension_fourth_powers(), sample_contrastive()),
    "no fourth powers at all": (dimension_contrastive(), sample_contrastive()),
    "fourth power squared once": (
        dimension_contrastive() + energy(),
        sample_contrastive() + energy(),
    ),
    "factor 2": (gram_norm(), 2 * covariance_norm()),
    "pairs counted once": (2 * sample_contrastive(), gram_norm() - sample_fourth_powers()),
    "dropped diagonal": (sample_contrastive(), gram_norm()),
    "square outside the sum": (gram_norm(), total(lambda i, o: gram(i, o), N, N) ** 2),
    "square of the energies' sum": (sample_fourth_powers(), energy() ** 2),
    "transposed index": (
        covariance_norm(),
        total(lambda j, o: covariance(j, o) * covariance(j, j), M, M),
    ),
    "rows for columns in the fourth powers": (sample_fourth_powers(), dimension_fourth_powers()),
    "centred on one side only": (gram_norm(kc), covariance_norm()),
    "missing 1/N in the centring": (total(lambda i: K[p, i] - total(lambda o: K[p, o], N), N), 0),
    "1/M in the centring": (total(lambda i: K[p, i] - total(lambda o: K[p, o], N) / M, N), 0),
    "centred on the wrong axis": (total(lambda i: K[p, i] - total(lambda j: K[j, i], M) / M, N), 0),
    "weights once": (
        total(lambda i, o: w[i] * gram(i, o) ** 2, N, N),
        total(lambda j, o: total(lambda i: w[i] * K[j, i] * K[o, i], N) ** 2, M, M),
    ),
    "plain transpose for complex entries": (
        hermitian_norm(N, M, entries(Z)),
        total(lambda j, o: total(lambda i: Z[j, i] * Z[o, i], N) ** 2, M, M),
    ),
    "cross view with the views' own norms": (
        cross_gram_norm(),
        total(lambda i, o: gram(i, o, entries(A)) ** 2, N, N),
    ),
    "gradient with 2 for 4": (derivative(sample_contrastive(), K[p, q]), sample_gradient() / 2),
    "gradient with the other diagonal": (derivative(sample_contrastive(), K[p, q]), dimension_gradient()),
    "equal gradients of the criteria": (
        derivative(sample_contrastive(), K[p, q]),
        derivative(dimension_contrastive(), K[p, q]),
    ),
    "Lagrange without the half": (
        N * total(lambda i: x[i] ** 2, N) - total(lambda i: x[i], N) ** 2,
        total(lambda i, o: (x[i] - x[o]) ** 2, N, N),
    ),
    "pairs with the diagonal": (off_diagonal(lambda i, o: 1, N), N**2),
}

TRUE_GIVEN = {
    "corollary 3.4.1, exact": (
        sample_contrastive(),
        dimension_contrastive() - N + N**2 / M + dimension_spread(N / M),
        [UNIT_SAMPLES],
    ),
    "remark 3.3, unit samples and equal dimensions": (
        dimension_contrastive(),
        sample_contrastive() + N - N**2 / M,
        [UNIT_SAMPLES, equal_dimension_energies(N / M)],
    ),
    "remark 3.3, general": (
        dimension_contrastive() + M * (a * N / M) ** 2,
        sample_contrastive() + N * a**2,
        [equal_sample_energies(a), equal_dimension_energies(a * N / M)],
    ),
    "orthonormal samples": (
        sample_contrastive(),
        0,
        [Given(gram(q, index("o", N)), sp.KroneckerDelta(q, index("o", N)))],
    ),
    "centred entries": (
        total(lambda j: total(lambda i: K[j, i] * a, N) ** 2, M),
        0,
        [Given(total(lambda i: K[p, i], N), 0)],
    ),
}

FALSE_GIVEN = {
    "N − M for N − N²/M": (
        dimension_contrastive(),
        sample_contrastive() + N - M,
        [UNIT_SAMPLES, equal_dimension_energies(N / M)],
    ),
    "opposite sign of the gap": (
        dimension_contrastive(),
        sample_contrastive() - N + N**2 / M,
        [UNIT_SAMPLES, equal_dimension_energies(N / M)],
    ),
    "corollary without the variance of the energies": (
        sample_contrastive(),
        dimension_contrastive() - N + N**2 / M,
        [UNIT_SAMPLES],
    ),
    "corollary with the energies about 1": (
        sample_contrastive(),
        dimension_contrastive() - N + N**2 / M + dimension_spread(1),
        [UNIT_SAMPLES],
    ),
    "corollary for unit dimensions": (
        sample_contrastive(),
        dimension_contrastive() - N + N**2 / M + dimension_spread(N / M),
        [equal_dimension_energies(1)],
    ),
    "columns for rows in eq. 14": (energy(), N, [equal_sample_energies(N / M)]),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_proved(name):
    assert equality(*TRUE[name]).how.startswith("both sides are ")


@pytest.mark.parametrize("name", TRUE_GIVEN)
def test_identities_under_hypotheses_are_proved(name):
    assert ", given " in equality(*TRUE_GIVEN[name]).how


@pytest.mark.parametrize("name", FALSE)
def test_false_identities_are_rejected(name):
    with pytest.raises(NotProvedError, match="the sides differ by"):
        equality(*FALSE[name])


@pytest.mark.parametrize("name", FALSE_GIVEN)
def test_identities_that_do_not_follow_from_the_hypotheses_are_rejected(name):
    with pytest.raises(NotProvedError, match="the sides differ by"):
        equality(*FALSE_GIVEN[name])


@pytest.mark.parametrize("name", TRUE)
@settings(max_examples=5)
@given(data=st.data())
def test_proved_identities_hold_on_integer_matrices(name, data, evaluate, matrices):
    table = data.draw(matrices)
    left, right = (evaluate(sp.sympify(side), table, {p: 1, q: 2}) for side in TRUE[name])
    assert left == right


@pytest.mark.parametrize("name", FALSE)
def test_the_false_identities_are_false(name, evaluate, table):
    left, right = (evaluate(sp.sympify(side), table, {p: 1, q: 2}) for side in FALSE[name])
    assert left != right


@pytest.mark.parametrize("name", [*TRUE, *FALSE])
def test_normal_forms_evaluate_to_their_expressions(name, evaluate, evaluate_form, table):
    scope = {p: 0, q: 1}
    for side in map(sp.sympify, (TRUE | FALSE)[name]):
        assert evaluate_form(normal_form(side), table, scope) == evaluate(side, table, scope)


def test_a_mutual_capture_of_indices_is_not_possible():
    squared = total(lambda i: x[i], N) ** 2
    with pytest.raises(NotProvedError):
        equality(squared, total(lambda i: x[i] ** 2, N))


def test_hypotheses_do_not_reach_indices_that_others_use():
    with pytest.raises(NotProvedError):
        equality(total(lambda j: K[j, q] ** 2 * dimension_energy(j), M), dimension_energy(p), [UNIT_SAMPLES])
    given = Given(total(lambda i: w[i] * x[q], N), 1)
    with pytest.raises(NotProvedError):
        equality(total(lambda i: w[i] * x[i], N), 1, [given])


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (total(lambda i: K[i, p], N), "wrong range"),
        (total(lambda i: sp.exp(x[i]), N), "neither a sum"),
        (sp.Sum(x[index("i", N)], (index("i", N), 2, N)), "from 1 to a size"),
        (sp.KroneckerDelta(p, q), "different ranges"),
        (x[sp.Symbol("i", integer=True)], "not a free index"),
        (sp.Symbol("X", commutative=False), "cannot be a coefficient"),
        (sp.Trace(sp.MatrixSymbol("X", 2, 2)), "cannot be a coefficient"),
        (sp.nan, "cannot be a coefficient"),
        (sp.IndexedBase(sp.Symbol("X", commutative=False), shape=(N,))[q], "does not commute"),
    ],
)
def test_what_the_module_does_not_know_is_an_error(expression, message):
    with pytest.raises(ValueError, match=message):
        normal_form(expression)


def test_a_hypothesis_must_be_one_monomial():
    with pytest.raises(ValueError, match="not one monomial"):
        equality(x[q], 0, [Given(x[q] + w[q], 0)])
    with pytest.raises(ValueError, match="not one monomial"):
        equality(x[q], 0, [Given(M, 0)])


def test_the_right_side_of_a_hypothesis_has_no_index_of_its_own():
    with pytest.raises(ValueError, match="has an index that"):
        equality(x[q], 0, [Given(x[q], w[index("i", N)])])
    inner = Given(x[q], total(lambda i: w[i] * w[q], N))
    equality(total(lambda i: x[i], N), total(lambda i: w[i], N) ** 2, [inner])


def test_a_derivative_by_another_matrix_of_the_same_name_is_an_error_not_zero():
    other = sp.IndexedBase("K", shape=(M, N))
    with pytest.raises(NotProvedError, match="K stands for two matrices"):
        derivative(other[p, q] ** 2, K[p, q])


def test_deltas_between_free_indices_are_normalised():
    i, k, o = (index(name, N) for name in "iko")
    delta = sp.KroneckerDelta
    equality(delta(i, k) * x[i], delta(i, k) * x[k])
    equality(delta(i, k) * delta(k, o) * x[o], delta(o, i) * delta(i, k) * x[k])
    with pytest.raises(NotProvedError):
        equality(delta(i, k) * delta(k, o), delta(i, k))


def test_derivatives_that_are_not_polynomial_are_an_error_not_zero():
    with pytest.raises(ValueError, match="not polynomial"):
        derivative(sp.exp(K[p, q]), K[p, q])
    i = index("i", N)
    with pytest.raises(ValueError, match="sums over"):
        derivative(sp.Sum(K[p, i], i), K[p, i])


def test_the_message_shows_the_difference():
    with pytest.raises(NotProvedError, match=r"differ by Σ_\{i\} x\[i\]\^2$"):
        equality(2 * total(lambda i: x[i] ** 2, N), total(lambda i: x[i] ** 2, N))
    assert sums.describe(sp.S.Zero) == "0"
