"""Trace words: cyclicity and transposition decide what is equal, sizes are checked, derivatives are right."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from duality.symbolic import NotProvedError
from duality.symbolic.monomials import size
from duality.symbolic.traces import (
    Rule,
    Traces,
    differential,
    equality,
    identity,
    inner,
    matrix,
    squared_norm,
    trace,
    zero,
)

M, N = size("M"), size("N")
A, B, K, H = matrix("A", M, N), matrix("B", N, M), matrix("K", M, N), matrix("H", M, N)
Z = matrix("Z", M, N, "complex")
P = matrix("P", M, M, "symmetric")
S = matrix("S", M, M)
r, T = sp.symbols("r T", positive=True)
PROJECTOR = [Rule(P @ P, P), Rule(P @ K, K)]

TRUE = {
    "gram norm = covariance norm": (squared_norm(K.T @ K), squared_norm(K @ K.T)),
    "sixth power": (trace((K.T @ K) ** 3), trace((K @ K.T) ** 3)),
    "Hermitian": (trace((Z.T @ Z) ** 2), trace((Z @ Z.T) ** 2)),
    "cross view": (squared_norm(A.T @ K), inner(A @ A.T, K @ K.T)),
    "tr of a product is cyclic": (trace(A @ B @ A @ B), trace(B @ A @ B @ A)),
    "tr of a transpose": (trace(S @ S @ S.T), trace((S @ S @ S.T).T)),
    "tr of an identity": (trace(identity(M)), M),
    "square of a sum": (
        squared_norm(A + K),
        squared_norm(A) + 2 * inner(A, K) + squared_norm(K),
    ),
    "products of traces": ((trace(P) + 1) ** 2 - trace(P) ** 2, 2 * trace(P) + 1),
    "shift by the identity": (
        trace((K @ K.T - r * identity(M)) ** 2),
        squared_norm(K @ K.T) - 2 * r * squared_norm(K) + r**2 * M,
    ),
    "differential of the norm": (differential(squared_norm(K @ K.T), K, H), 4 * inner(K @ K.T @ K, H)),
    "differential of a square": (
        differential(squared_norm(K) ** 2, K, H),
        4 * squared_norm(K) * inner(K, H),
    ),
    "differential along an identity": (differential(trace(S @ S), S, identity(M)), 2 * trace(S)),
}

FALSE = {
    "factor 2": (squared_norm(K.T @ K), 2 * squared_norm(K @ K.T)),
    "wrong sign": (squared_norm(K.T @ K), -squared_norm(K @ K.T)),
    "tr of a product is not the product": (trace(A @ B), trace(A @ A.T) * trace(B @ B.T)),
    "square inside": (trace((K.T @ K) ** 2), trace(K.T @ K) ** 2),
    "transposing one letter": (trace(A @ B @ A @ B), trace(A @ B @ B.T @ A.T)),
    "swapping letters that do not commute": (trace(S @ S.T @ S @ S @ S.T), trace(S @ S.T @ S.T @ S @ S)),
    "transposing a complex word": (
        trace(Z @ Z.T @ matrix("C", M, M, "complex")),
        trace(Z @ Z.T @ matrix("C", M, M, "complex").T),
    ),
    "the other identity": (trace(identity(M)), trace(identity(N))),
    "differential with 2 for 4": (differential(squared_norm(K @ K.T), K, H), 2 * inner(K @ K.T @ K, H)),
    "differential of a constant part": (differential(squared_norm(K) + 1, K, H), 2 * inner(K, H) + 1),
    # SymPy 1.14 gives 0 for this derivative (its issue 26561).
    "differential of a difference is not zero": (
        differential(squared_norm(K) - 2 * squared_norm(K @ K.T), K, H),
        0,
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_proved(name):
    assert equality(*TRUE[name]).how.startswith("both sides are ")


@pytest.mark.parametrize("name", FALSE)
def test_false_identities_are_rejected(name):
    with pytest.raises(NotProvedError, match="the sides differ by"):
        equality(*FALSE[name])


def test_hypotheses_on_matrices_and_traces():
    distance = squared_norm(K @ K.T - (T / r) * P)
    known = [(trace(P), r), (squared_norm(K), T)]
    found = equality(distance, squared_norm(K @ K.T) - T**2 / r, PROJECTOR, known).how
    assert found.endswith("given P P = P and P K = K and tr(P) = r and tr(K Kᵀ) = T")
    with pytest.raises(NotProvedError):
        equality(distance, squared_norm(K @ K.T) - T**2 / r, PROJECTOR[:1], known)
    with pytest.raises(NotProvedError):
        equality(distance, squared_norm(K @ K.T) - T**2, PROJECTOR, known)


def test_hypotheses_apply_to_matrices_and_their_transposes():
    equality(K.T @ P @ P, K.T, PROJECTOR)
    with pytest.raises(NotProvedError):
        equality(K.T @ P @ P, K.T, [])
    orthonormal = Rule(K.T @ K, identity(N))
    equality(trace(K @ K.T @ K @ K.T), N, [orthonormal])
    equality(K @ K.T @ K, K, [orthonormal])


def test_rules_must_make_words_simpler():
    with pytest.raises(ValueError, match="might not end"):
        Rule(P @ S, S @ P)
    with pytest.raises(ValueError, match="might not end"):
        Rule(P, P @ P)
    with pytest.raises(ValueError, match="not one word"):
        Rule(A @ B + identity(M), identity(M))
    with pytest.raises(ValueError, match="sizes differ"):
        Rule(K.T @ K, identity(M))


@pytest.mark.parametrize(
    "ill_typed",
    [
        lambda: A @ K,
        lambda: K.T @ A.T,
        lambda: A + B,
        lambda: trace(K),
        lambda: K**2,
        lambda: matrix("P", M, N, "symmetric"),
        lambda: equality(A, B),
        lambda: differential(trace(S), S, K),
        lambda: differential(trace(S), S @ S, S),
        lambda: equality(1, 1, values=[(trace(S) + 1, 2)]),
    ],
)
def test_ill_typed_words_are_rejected(ill_typed):
    with pytest.raises(ValueError, match=r"\w"):
        ill_typed()


def test_same_name_other_size_is_another_letter():
    with pytest.raises(NotProvedError):
        equality(trace(matrix("S", N, N)), trace(S))


def test_words_read_like_formulas():
    assert str(K @ K.T - identity(M)) == "K Kᵀ − I"
    assert str(zero(M, N)) == "0"
    assert str(5 - 2 * trace(Z @ Z.T)) == "−2 tr(Z Zᴴ) + 5"


SIZES = {M: 2, N: 3}
LETTERS = {"A": A, "B": B, "K": K, "S": S, "P": P}


def numbers(random):
    values = {
        n: np.array(random.integers(-3, 4, [SIZES[s] for s in (x.rows, x.columns)]), object)
        for n, x in LETTERS.items()
    }
    values["P"] = values["P"] + values["P"].T
    return values


def value(f, values):
    """A polynomial in traces, from its words, with matrix products of exact integers."""
    result = 0
    for key, coefficient in f.terms.items():
        product = int(sp.sympify(coefficient).subs(SIZES))
        for word in key:
            square = np.eye(SIZES[word[0].rows], dtype=int).astype(object)
            for letter in word:
                entries = values[letter.name]
                square = square @ (entries.T if letter.starred else entries)
            product *= int(np.trace(square))
        result += product
    return result


WITH_TRANSPOSES = {(name, star): (x.T if star else x) for name, x in LETTERS.items() for star in (False, True)}


def product_of(word):
    product = WITH_TRANSPOSES[word[0]]
    for name in word[1:]:
        product = product @ WITH_TRANSPOSES[name]
    return product


@st.composite
def words(draw):
    """A closed word of at most five letters, as a list of (name, starred)."""

    def letter(**sizes):
        return draw(st.sampled_from([n for n, x in WITH_TRANSPOSES.items() if vars(x).items() >= sizes.items()]))

    word = [letter()]
    for _ in range(draw(st.integers(0, 3))):
        word.append(letter(rows=WITH_TRANSPOSES[word[-1]].columns))
    first, last = WITH_TRANSPOSES[word[0]], WITH_TRANSPOSES[word[-1]]
    return word if first.rows == last.columns else [*word, letter(rows=last.columns, columns=first.rows)]


def plain_trace(word, values):
    factors = [values[name].T if starred else values[name] for name, starred in word]
    product = factors[0]
    for factor in factors[1:]:
        product = product @ factor
    return int(np.trace(product))


@settings(max_examples=60)
@given(words(), words(), st.integers(0, 2**32))
def test_normal_forms_evaluate_to_the_trace_and_never_merge_different_ones(first, second, seed):
    values = numbers(np.random.default_rng(seed))
    sides = [plain_trace(word, values) for word in (first, second)]
    forms = [trace(product_of(word)) for word in (first, second)]
    assert [value(form, values) for form in forms] == sides
    assume(sides[0] != sides[1])
    with pytest.raises(NotProvedError):
        equality(*forms)


@settings(max_examples=40)
@given(words(), st.integers(0, 4))
def test_rotations_and_transposes_have_the_same_normal_form(word, turn):
    turn %= len(word)
    rotated = trace(product_of(word[turn:] + word[:turn]))
    equality(trace(product_of(word)), rotated)
    equality(trace(product_of(word).T), rotated)


@settings(max_examples=20)
@given(words(), st.integers(0, 2**32))
def test_differentials_are_the_linear_part(word, seed):
    """Against the slope of a polynomial of degree seven in t, read off nine points."""
    random = np.random.default_rng(seed)
    values = numbers(random)
    f = trace(product_of(word)) * trace(K @ K.T) + 1
    direction = np.array(random.integers(-2, 3, (2, 3)), object)
    steps = range(-4, 5)
    moved = [value(f, {**values, "K": values["K"] + step * direction}) for step in steps]
    rate = sp.Symbol("rate")
    slope = sp.interpolate(list(zip(steps, moved, strict=True)), rate).diff(rate).subs(rate, 0)
    assert value(differential(f, K, H), {**values, "H": direction}) == slope


def test_traces_of_nothing():
    assert str(trace(zero(M, M))) == str(Traces(())) == "0"
