"""Trace words: traces of products of matrices with symbolic sizes, and their normal form.

A `Matrix` is a linear combination of words, a word being a product of letters; sizes are checked as products are
formed. `trace` gives a `Traces`, a polynomial in traces of words. tr is cyclic, and for real letters
tr(W) = tr(Wᵀ): the normal form of a word is the least among its rotations and those of its reversed transpose.
(SymPy's own `Trace` does not compare cyclically, and its derivatives are silently zero for sums of traces.)

Complex letters know only the conjugate transpose, which ``.T`` then means, and tr(W) is not tr(Wᴴ) but its
conjugate; their words are compared by rotation alone. Coefficients under a transpose must be real, since it would
have to conjugate them. Powers are natural numbers: there are no inverses.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sympy as sp

from duality.symbolic.combinations import Expression, Names, checked, collect, render
from duality.symbolic.facts import Derivative, Fact, NotProvedError, established

Kind = Literal["real", "complex", "symmetric"]


@dataclass(frozen=True)
class Letter:
    """A matrix symbol or its (conjugate) transpose, ``rows`` × ``columns``."""

    name: str
    rows: Expression
    columns: Expression
    kind: Kind = "real"
    starred: bool = False

    @property
    def star(self) -> "Letter":
        """The (conjugate) transpose; a symmetric letter is its own."""
        if self.kind == "symmetric":
            return self
        return Letter(self.name, self.columns, self.rows, self.kind, not self.starred)

    def __lt__(self, other: "Letter") -> bool:
        return self._alphabetical < other._alphabetical

    @property
    def _alphabetical(self) -> tuple:
        return self.name, self.starred, self.kind, str(self.rows), str(self.columns)

    def __str__(self) -> str:
        return self.name + (("ᴴ" if self.kind == "complex" else "ᵀ") if self.starred else "")


Word = tuple[Letter, ...]
"""A product of letters; the empty word is the identity."""


class Matrix:
    """A linear combination of words of one shape, ``rows`` × ``columns``."""

    def __init__(self, rows: Any, columns: Any, terms: Mapping[Word, Any]):
        self.rows = sp.sympify(rows)
        self.columns = sp.sympify(columns)
        self.terms = collect(terms.items())

    def __add__(self, other: "Matrix") -> "Matrix":
        if (self.rows, self.columns) != (other.rows, other.columns):
            raise ValueError(f"{_shape(self)} + {_shape(other)}: the sizes differ")
        return Matrix(self.rows, self.columns, collect([*self.terms.items(), *other.terms.items()]))

    def __neg__(self) -> "Matrix":
        return -1 * self

    def __sub__(self, other: "Matrix") -> "Matrix":
        return self + -other

    def __rmul__(self, scalar: Any) -> "Matrix":
        return Matrix(self.rows, self.columns, {word: scalar * value for word, value in self.terms.items()})

    def __matmul__(self, other: "Matrix") -> "Matrix":
        if self.columns != other.rows:
            raise ValueError(f"{_shape(self)} @ {_shape(other)}: the inner sizes differ")
        return Matrix(self.rows, other.columns, collect(_products(self.terms, other.terms)))

    def __pow__(self, exponent: int) -> "Matrix":
        if self.rows != self.columns:
            raise ValueError(f"{_shape(self)}: only a square matrix has powers")
        power = identity(self.rows)
        for _ in range(_natural(exponent)):
            power = power @ self
        return power

    @property
    def T(self) -> "Matrix":  # noqa: N802, as in NumPy and PyTorch
        """The transpose; of complex letters the conjugate transpose.

        Raises:
            ValueError: a coefficient is not known to be real.
        """
        for value in self.terms.values():
            if value.is_real is not True:
                raise ValueError(f"{value} is not known to be real: a transpose might have to conjugate it")
        return Matrix(self.columns, self.rows, {_starred(word): value for word, value in self.terms.items()})

    def __str__(self) -> str:
        return render(self.terms, lambda word: " ".join(map(str, word)) or "I")


def matrix(name: str, rows: Any, columns: Any, kind: Kind = "real") -> Matrix:
    """A matrix symbol. A symmetric one must be square; none is called I, or has a transpose's mark in its name."""
    if name in ("", "I") or set(name) & set("ᵀᴴ "):
        raise ValueError(f"no matrix can be called {name!r}: give it a name of letters, other than I")
    if kind == "symmetric" and rows != columns:
        raise ValueError(f"{name} is {rows} × {columns}: a symmetric matrix is square")
    return Matrix(rows, columns, {(Letter(name, sp.sympify(rows), sp.sympify(columns), kind),): 1})


def identity(size: Any) -> Matrix:
    """The identity of a symbolic size."""
    return Matrix(size, size, {(): 1})


def zero(rows: Any, columns: Any) -> Matrix:
    """The zero matrix."""
    return Matrix(rows, columns, {})


class Traces:
    """A polynomial in traces of words: keys are sorted tuples of words, as written; `normal` turns them."""

    def __init__(self, terms: Iterable[tuple[tuple[Word, ...], Any]]):
        self.terms = collect(terms)

    def __add__(self, other: Any) -> "Traces":
        return Traces([*self.terms.items(), *_as_traces(other).terms.items()])

    def __mul__(self, other: Any) -> "Traces":
        products = _products(self.terms, _as_traces(other).terms)
        return Traces((tuple(sorted(key)), value) for key, value in products)

    def __neg__(self) -> "Traces":
        return self * -1

    def __sub__(self, other: Any) -> "Traces":
        return self + -_as_traces(other)

    def __rsub__(self, other: Any) -> "Traces":
        return -self + other

    __radd__ = __add__
    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> "Traces":
        power = _as_traces(1)
        for _ in range(_natural(exponent)):
            power = power * self
        return power

    @property
    def normal(self) -> "Traces":
        """The same with every word in normal form."""
        return Traces((tuple(sorted(map(_cyclic, key))), value) for key, value in self.terms.items())

    def __str__(self) -> str:
        return render(self.terms, lambda key: " ".join(f"tr({' '.join(map(str, word))})" for word in key))


def trace(square: Matrix) -> Traces:
    """tr; that of an identity is its size.

    Raises:
        ValueError: the matrix is not square.
    """
    if square.rows != square.columns:
        raise ValueError(f"tr {_shape(square)}: the matrix is not square")
    return Traces(((word,), v) if word else ((), v * square.rows) for word, v in square.terms.items())


def inner(left: Matrix, right: Matrix) -> Traces:
    """⟨A, B⟩ = tr(AᵀB)."""
    return trace(left.T @ right)


def squared_norm(x: Matrix) -> Traces:
    """‖X‖²_F = tr(XᵀX)."""
    return inner(x, x)


def differential(f: Traces, at: Matrix, direction: Matrix) -> Traces:
    """d/dt f(X + tH) at t = 0, where X is one letter and H has its shape, and is symmetric where X is.

    Raises:
        ValueError: X is not a single letter, or H has another shape.
    """
    letters = [letter for word in at.terms for letter in word]
    single = len(letters) == 1 and list(at.terms.values()) == [1]
    if not single or (at.rows, at.columns) != (direction.rows, direction.columns):
        raise ValueError(f"d{at} along {direction}: differentiate by one letter, in a direction of its shape")
    if letters[0].kind == "symmetric" and (direction - direction.T).terms:
        raise ValueError(f"d{at} along {direction}: a symmetric matrix moves in symmetric directions only")
    changes = {letters[0].star: direction.T, letters[0]: direction}
    total = Traces(())
    for key, coefficient in f.terms.items():
        for position, word in enumerate(key):
            others = Traces([(key[:position] + key[position + 1 :], coefficient)])
            for place, letter in enumerate(word):
                if letter in changes:
                    rest = Matrix(letter.columns, letter.rows, {_rotated(word, place)[1:]: 1})
                    total = total + others * trace(changes[letter] @ rest)
    return total


def gradient(f: Traces, at: Matrix, direction: Matrix, value: Traces) -> Fact:
    """Decide ``d/dt f(X + tH) = value`` at t = 0, as `equality` does; errors as for `differential` as well."""
    found = equality(differential(f, at, direction), value)
    return established(Derivative(f, at, direction), "=", found.right, found.how)


@dataclass(frozen=True)
class Rule:
    """A hypothesis ``left = right`` on matrices, used from left to right, and so is its transpose.

    ``left`` is one word. Every word of ``right`` must be shorter, or as long with letters that come earlier in
    the alphabet: then rewriting ends.
    """

    left: Matrix
    right: Matrix

    def __post_init__(self):
        if (self.left.rows, self.left.columns) != (self.right.rows, self.right.columns):
            raise ValueError(f"{self}: the sizes differ")
        if list(self.left.terms.values()) != [1] or () in self.left.terms:
            raise ValueError(f"{self}: the left side is not one word")
        if not all(_weight(word) < _weight(left) for left, right in self.oriented() for word in right.terms):
            raise ValueError(f"{self}: the right side is not simpler, so rewriting might not end")

    def oriented(self) -> list[tuple[Word, Matrix]]:
        """The hypothesis and its transpose, each as a word and what replaces it."""
        (word,) = self.left.terms
        return [(word, self.right), (_starred(word), self.right.T)]

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


def equality(left: Any, right: Any, given: Sequence[Rule] = (), values: Sequence[tuple[Traces, Any]] = ()) -> Fact:
    """Decide ``left = right`` for matrices or for polynomials in traces, for all sizes.

    Args:
        left: a `Matrix`, a `Traces` or a number.
        right: the same.
        given: hypotheses on matrices.
        values: hypotheses on traces of single words, such as ``(trace(P), r)``.

    Returns:
        the fact, with the normal form that both sides have.

    Raises:
        NotProvedError: the normal forms differ; the message shows left − right. Or one name stands for two things.
    """
    hypotheses = [*((rule.left, rule.right) for rule in given), *values]
    _check_names(left, right, *itertools.chain(*hypotheses))
    if isinstance(left, Matrix):
        gap = left - right
        normal, gap = _rewritten(left, given), _rewritten(gap, given)
    else:
        normal, gap = (_valued(_rewritten_traces(_as_traces(side), given), values) for side in (left, left - right))
    if gap.terms:
        raise NotProvedError(f"the sides differ by {gap}")
    conditions = [*map(str, given), *(f"{held.normal} = {value}" for held, value in values)]
    found = f"both sides are {normal}" + (f", given {' and '.join(conditions)}" if conditions else "")
    left, right = (side if isinstance(side, Matrix) else _as_traces(side) for side in (left, right))
    return established(left, "=", right, found, (*given, *values))


def at_least(
    left: Any, right: Any, root: Matrix, given: Sequence[Rule] = (), values: Sequence[tuple[Traces, Any]] = ()
) -> Fact:
    """Prove ``left ≥ right`` as ``left − right = ‖root‖²``; arguments and errors as for `equality`."""
    left, right = _as_traces(left), _as_traces(right)
    gap = equality(left - right, squared_norm(root), given, values)
    return established(left, "≥", right, f"left − right = ‖{root}‖², {gap.how}", gap.given)


def _check_names(*sides: Any) -> None:
    """Each name of a statement stands for one matrix or one scalar."""
    names = Names()
    for side in sides:
        if not isinstance(side, Matrix | Traces):
            names.record_scalars(checked(side))
            continue
        for coefficient in side.terms.values():
            names.record_scalars(coefficient)
        words = side.terms if isinstance(side, Matrix) else itertools.chain(*side.terms)
        for letter in itertools.chain(*words):
            names.record(letter.name, letter.star if letter.starred else letter)
            names.record_scalars(letter.rows + letter.columns)


def _natural(exponent: int) -> int:
    if not isinstance(exponent, int) or exponent < 0:
        raise ValueError(f"{exponent} is not a natural number: there are no inverses or roots here")
    return exponent


def _products(left: Mapping[tuple, Any], right: Mapping[tuple, Any]) -> list[tuple[tuple, Any]]:
    return [(a + b, x * y) for a, x in left.items() for b, y in right.items()]


def _as_traces(value: Any) -> Traces:
    return value if isinstance(value, Traces) else Traces([((), sp.sympify(value))])


def _shape(x: Matrix) -> str:
    return f"({x}: {x.rows} × {x.columns})"


def _starred(word: Word) -> Word:
    return tuple(letter.star for letter in reversed(word))


def _rotated(word: Word, n: int) -> Word:
    return word[n:] + word[:n]


def _cyclic(word: Word) -> Word:
    """The least rotation of the word, and of its transpose where that has the same trace."""
    real = all(letter.kind != "complex" for letter in word)
    versions = (word, _starred(word)) if real else (word,)
    return min(_rotated(version, n) for version in versions for n in range(len(word)))


def _weight(word: Word) -> tuple[int, list[Letter]]:
    """Decreases under every rule, wherever in a word it applies: what makes rewriting end."""
    return len(word), sorted(word)


def _rewritten(x: Matrix, given: Sequence[Rule]) -> Matrix:
    result = zero(x.rows, x.columns)
    for word, coefficient in x.terms.items():
        result = result + coefficient * _rewritten_word(word, Matrix(x.rows, x.columns, {word: 1}), given)
    return result


def _rewritten_word(word: Word, alone: Matrix, given: Sequence[Rule]) -> Matrix:
    for old, new in (oriented for rule in given for oriented in rule.oriented()):
        for start in range(len(word) - len(old) + 1):
            if word[start : start + len(old)] == old:
                before = Matrix(alone.rows, new.rows, {word[:start]: 1})
                after = Matrix(new.columns, alone.columns, {word[start + len(old) :]: 1})
                return _rewritten(before @ new @ after, given)
    return alone


def _rewritten_traces(f: Traces, given: Sequence[Rule]) -> Traces:
    result = Traces(())
    for key, coefficient in f.terms.items():
        product = _as_traces(coefficient)
        for word in key:
            product = product * _rewritten_trace(word, given)
        result = result + product
    return result


def _rewritten_trace(word: Word, given: Sequence[Rule]) -> Traces:
    for old, new in (oriented for rule in given for oriented in rule.oriented()):
        for start in range(len(word)):
            turned = _rotated(word, start)
            if turned[: len(old)] == old:
                rest = Matrix(new.columns, new.rows, {turned[len(old) :]: 1})
                return _rewritten_traces(trace(new @ rest), given)
    return Traces([((word,), 1)]).normal


def _valued(f: Traces, values: Sequence[tuple[Traces, Any]]) -> Traces:
    """Replace traces of single words by their values."""
    known = {}
    for held, value in values:
        if list(held.terms.values()) != [1] or any(len(key) != 1 for key in held.terms):
            raise ValueError(f"{held} = {value}: give a value to the trace of one word")
        ((key, _),) = held.normal.terms.items()
        known[key[0]] = value
    terms = []
    for key, coefficient in f.terms.items():
        value = sp.prod([known[word] for word in key if word in known])
        terms.append((tuple(word for word in key if word not in known), coefficient * value))
    return Traces(terms)
