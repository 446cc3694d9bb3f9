"""The normal form of index sums, on random expressions: sound, complete under renaming, and differentiable."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from duality.symbolic import NotProvedError
from duality.symbolic.quantities import UNIT_SAMPLES, K, M, N
from duality.symbolic.sums import derivative, equality, index, normal_form, total

p, q = index("p", M), index("q", N)


@st.composite
def expressions(draw):
    """A sum over up to five indices of entries and deltas, some of it squared, plus another one."""

    def monomial():
        rows = [sp.Idx(sp.Dummy(integer=True), (1, M)) for _ in range(draw(st.integers(1, 2)))]
        columns = [sp.Idx(sp.Dummy(integer=True), (1, N)) for _ in range(draw(st.integers(1, 2)))]
        product = sp.Integer(draw(st.integers(-2, 2))) * M ** draw(st.integers(-1, 1))
        for _ in range(draw(st.integers(1, 4))):
            product *= K[draw(st.sampled_from([*rows, p])), draw(st.sampled_from([*columns, q]))]
        if draw(st.booleans()):
            product *= sp.KroneckerDelta(draw(st.sampled_from([*columns, q])), draw(st.sampled_from(columns)))
        return sp.Sum(product, *rows, *columns)

    return monomial() ** draw(st.integers(1, 2)) + monomial()


@settings(max_examples=50)
@given(expression=expressions(), data=st.data())
def test_normal_forms_of_random_expressions_evaluate_to_them(expression, data, evaluate, evaluate_form, matrices):
    table, scope = data.draw(matrices), {p: 1, q: 0}
    assert evaluate_form(normal_form(expression), table, scope) == evaluate(expression, table, scope)


@st.composite
def unit_columns(draw):
    """Rational columns of norm 1 with M = 2 rows: points on the circle, by stereographic projection."""
    slopes = [Fraction(draw(st.integers(-3, 3)), draw(st.integers(1, 3))) for _ in range(3)]
    points = [((1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)) for t in slopes]
    return {"K": {(j, i): points[i][j] for j in range(2) for i in range(3)}}


@settings(max_examples=50)
@given(expression=expressions(), table=unit_columns())
def test_normal_forms_under_a_hypothesis_evaluate_where_it_holds(expression, table, evaluate, evaluate_form):
    scope = {p: 1, q: 0}
    form = normal_form(expression, [UNIT_SAMPLES])
    assert evaluate_form(form, table, scope) == evaluate(expression, table, scope)


def inflated(expression):
    """The same value, written otherwise: every sum has an index more, held to its first one by a delta."""
    if isinstance(expression, sp.Sum):
        first, lower, upper = expression.limits[0]
        copy = sp.Idx(sp.Dummy(integer=True), (lower, upper))
        summand = sp.KroneckerDelta(first, copy) * inflated(expression.function)
        return sp.Sum(summand, (copy, lower, upper), *reversed(expression.limits))
    if isinstance(expression, sp.Add | sp.Mul | sp.Pow):
        return expression.func(*map(inflated, expression.args))
    return expression


@settings(max_examples=50, deadline=None)
@given(expression=expressions())
def test_random_identities_are_decided(expression):
    equality(expression, inflated(expression))


@settings(max_examples=50, deadline=None)
@given(expression=expressions(), change=expressions(), data=st.data())
def test_random_identities_are_refused_when_perturbed(expression, change, data, evaluate, matrices):
    assume(evaluate(change, data.draw(matrices), {p: 1, q: 0}) != 0)
    with pytest.raises(NotProvedError, match="the sides differ by"):
        equality(expression + change, inflated(expression))


@settings(max_examples=50)
@given(first=expressions(), second=expressions(), data=st.data())
def test_what_differs_numerically_is_never_proved_equal(first, second, data, evaluate, matrices):
    table, scope = data.draw(matrices), {p: 1, q: 0}
    assume(evaluate(first, table, scope) != evaluate(second, table, scope))
    with pytest.raises(NotProvedError):
        equality(first, second)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=6),
    st.permutations(range(4)),
    st.permutations(range(4)),
    st.randoms(),
)
def test_renamed_and_reordered_sums_have_the_same_normal_form(edges, row_names, column_names, random):
    """A product of entries is a bipartite graph; any drawing of the same graph must be recognised."""

    def drawn(edges, row_names, column_names):
        return total(
            lambda *at: sp.Mul(*(K[at[row_names[j]], at[4 + column_names[i]]] for j, i in edges)),
            *[M] * 4,
            *[N] * 4,
        )

    shuffled = list(edges)
    random.shuffle(shuffled)
    equality(drawn(edges, range(4), range(4)), drawn(shuffled, row_names, column_names))


@settings(max_examples=20)
@given(expression=expressions(), data=st.data())
def test_derivatives_are_the_linear_part(expression, data, evaluate, matrices):
    """Against the coefficient of t in f(K + tE), read off four points: f has degree at most eight."""
    table, scope = data.draw(matrices), {p: 1, q: 0}
    rate = sp.Symbol("rate")
    points = range(-4, 5)
    values = []
    for step in points:
        moved = {**table, "K": {at: entry + step * (at == (1, 0)) for at, entry in table["K"].items()}}
        values.append((sp.Integer(step), sp.Rational(*evaluate(expression, moved, scope).as_integer_ratio())))
    slope = sp.interpolate(values, rate).diff(rate).subs(rate, 0)
    at_entry = derivative(expression, K[p, q])
    found = evaluate(sp.sympify(at_entry), table, scope)
    assert slope == sp.Rational(*found.as_integer_ratio())
