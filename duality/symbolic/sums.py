"""Nested sums with symbolic ranges: a normal form, hence a decision procedure for polynomial identities.

Statements are plain SymPy expressions: `sympy.Sum` over `sympy.Idx` indices, `sympy.Indexed` entries, Kronecker
deltas, positive integer powers, and coefficients that are rational functions of M, N and other scalars
(`combinations.checked`). SymPy itself does not rename or swap the indices of its sums, and so leaves true
identities unsimplified; it also returns a silent zero for some derivatives of traces and sums. Hence the normal
form and the derivative here are our own.

`equality` decides whether two expressions agree for all sizes M, N ≥ 1 and all entries, wherever no denominator is
zero. Under hypotheses (`Given`) a yes is still a proof; a no may then mean that the hypotheses would have to be
used in another way. What is outside this language is refused with a ValueError.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sympy as sp

from duality.symbolic.combinations import Expression, Names, checked, collect, difference, render
from duality.symbolic.facts import Derivative, Fact, NotProvedError, established
from duality.symbolic.monomials import DELTA, Factor, Index, Monomial, canonical, contract, occurrences, size

CONJUGATE = "conj"
DEEPEST = 40
"""Times that hypotheses may be used on one monomial, one after the other."""

NormalForm = dict[Monomial, Expression]


@dataclass(frozen=True)
class Given:
    """A hypothesis ``left = right``, for all values of its free indices, used from left to right.

    ``left`` is one monomial that mentions at least one entry: ``Σ_j K[j,i]² = 1`` says unit columns. Its
    coefficient must not be able to vanish, since the hypothesis is divided by it. ``right`` must not contain
    ``left``, or rewriting does not end.
    """

    left: Expression
    right: Expression | int

    def __str__(self) -> str:
        return f"{describe(self.left)} = {describe(self.right)}"


def scalar(name: str, **assumptions: bool) -> Expression:
    """A number that coefficients may contain; a positive one by default."""
    return sp.Symbol(name, **(assumptions or {"positive": True}))


def array(name: str, *ranges: Expression, sign: str = "real") -> Expression:
    """A vector or matrix of symbols, real or of a ``sign``, to be indexed: ``array("K", M, N)[j, i]``."""
    return sp.IndexedBase(sp.Symbol(name, **{sign: True}), shape=ranges)


def index(name: str, range: Expression) -> Expression:
    """A free index over 1 … range, for statements about single entries."""
    return sp.Idx(name, (1, range))


def total(summand: Callable[..., Expression], *ranges: Expression) -> Expression:
    """Σ of ``summand(i, j, ...)`` over fresh indices of the given ranges: no index can capture another."""
    indices = [sp.Idx(sp.Dummy("n", integer=True), (1, range)) for range in ranges]
    return sp.Sum(summand(*indices), *indices)


def off_diagonal(summand: Callable[[Expression, Expression], Expression], range: Expression) -> Expression:
    """Σ_{i≠k} of ``summand(i, k)``: both indices over the same range, equal pairs left out."""
    return total(lambda i, k: (1 - sp.KroneckerDelta(i, k)) * summand(i, k), range, range)


def equality(left: Expression, right: Expression, given: Sequence[Given] = ()) -> Fact:
    """Decide ``left = right`` for all sizes, under the hypotheses ``given``.

    Returns:
        the fact, with the normal form that both sides have.

    Raises:
        NotProvedError: the normal forms differ; the message shows left − right.
    """
    left, right = sp.sympify(left, strict=True), sp.sympify(right, strict=True)
    found = f"both sides are {common_form(left, right, given)}"
    return established(left, "=", right, found, tuple(given))


def common_form(left: Expression, right: Expression, given: Sequence[Given] = ()) -> str:
    """The normal form that both sides have, as text; raises as `equality` does."""
    names = Names()
    left_form, right_form = normal_form(left, given, names), normal_form(right, given, names)
    gap = difference(left_form, right_form)
    if gap:
        raise NotProvedError(f"the sides differ by {render(gap, str)}")
    conditions = f", given {' and '.join(map(str, given))}" if given else ""
    return render(left_form, str) + conditions


def describe(expression: Expression) -> str:
    """The normal form as text."""
    return render(normal_form(expression), str)


def normal_form(expression: Expression, given: Sequence[Given] = (), names: Names | None = None) -> NormalForm:
    """The expression as a linear combination of canonical monomials.

    Args:
        expression: index sums.
        given: hypotheses.
        names: those of the statement that the expression is part of.

    Raises:
        ValueError: it is not built from the pieces this module knows, or an index has the wrong range.
        NotProvedError: a name stands for two things.
    """
    names = Names() if names is None else names
    rules = [_Rule.of(hypothesis, names) for hypothesis in given]
    expanded = _Expansion(names).of(sp.sympify(expression, strict=True), {})
    return collect(
        (canonical(term.monomial), term.coefficient) for raw in expanded for term in _reduced(raw, rules)
    )


def derivative(expression: Expression, entry: Expression) -> Expression:
    """∂ expression / ∂ entry, for an entry with free indices such as ``K[p, q]``.

    Raises:
        ValueError: it is not an entry, the expression sums over an index of it, or is not polynomial.
        NotProvedError: another matrix has the same name.
    """
    expression = sp.sympify(expression, strict=True)
    if not isinstance(entry, sp.Indexed):
        raise ValueError(f"{entry} is not an entry: differentiate by one, such as K[p, q]")
    if isinstance(expression, sp.Add):
        return sp.Add(*(derivative(part, entry) for part in expression.args))
    if isinstance(expression, sp.Mul):
        rests = (expression.args[:n] + expression.args[n + 1 :] for n in range(len(expression.args)))
        pairs = zip(expression.args, rests, strict=True)
        return sp.Add(*(sp.Mul(derivative(part, entry), *rest) for part, rest in pairs))
    if isinstance(expression, sp.Pow) and expression.exp.is_Integer:
        return expression.exp * expression.base ** (expression.exp - 1) * derivative(expression.base, entry)
    if isinstance(expression, sp.Sum):
        if {limits[0] for limits in expression.limits} & set(entry.indices):
            raise ValueError(f"{entry} uses an index that the expression sums over: rename the entry's index")
        return sp.Sum(derivative(expression.function, entry), *expression.limits)
    if isinstance(expression, sp.Indexed) and expression.base == entry.base:
        return sp.Mul(*itertools.starmap(sp.KroneckerDelta, zip(expression.indices, entry.indices, strict=True)))
    if isinstance(expression, sp.Indexed):
        if str(expression.base) == str(entry.base):  # the derivative would be a silent zero
            raise NotProvedError(f"{entry.base} stands for two matrices: declare it once")
        return sp.S.Zero
    if isinstance(expression, sp.KroneckerDelta):
        return sp.S.Zero
    if mentions_entries(expression):
        raise ValueError(f"{expression} is not polynomial in the entries: this module cannot differentiate it")
    checked(expression)
    return sp.S.Zero


def gradient(function: Expression, entry: Expression, value: Expression, given: Sequence[Given] = ()) -> Fact:
    """Decide ``∂ function / ∂ entry = value``, as `equality` does.

    Raises:
        NotProvedError: the derivative is another.
        ValueError: as for `derivative`.
    """
    found = equality(derivative(function, entry), value, given)
    return established(Derivative(function, entry), "=", found.right, found.how, found.given)


def is_pair_selector(expression: Expression) -> bool:
    """Whether this is 1 − δ, which leaves the equal pairs out of a sum."""
    return isinstance(1 - expression, sp.KroneckerDelta)


def mentions_entries(expression: Expression) -> bool:
    """Whether the expression is more than a coefficient."""
    return expression.has(sp.Sum, sp.Indexed, sp.KroneckerDelta, sp.Idx)


def free_indices(expression: Expression) -> set[Expression]:
    """Those that no sum around them binds; the same index may be bound elsewhere."""
    if isinstance(expression, sp.Idx):
        return {expression}
    free: set[Expression] = set().union(*map(free_indices, expression.args))
    return free - {limits[0] for limits in expression.limits} if isinstance(expression, sp.Sum) else free


@dataclass(frozen=True)
class _Term:
    coefficient: Expression
    monomial: Monomial

    def __mul__(self, other: "_Term") -> "_Term":
        product = Monomial(
            self.monomial.factors + other.monomial.factors, self.monomial.bound + other.monomial.bound
        )
        return _Term(self.coefficient * other.coefficient, product)


@dataclass
class _Expansion:
    """Multiplies a SymPy expression out; every sum gets fresh bound indices each time it is met."""

    names: Names
    numbers: itertools.count = field(default_factory=itertools.count)

    def of(self, expression: Expression, scope: dict[Expression, Index]) -> list[_Term]:
        if isinstance(expression, sp.Add):
            return [term for part in expression.args for term in self.of(part, scope)]
        if isinstance(expression, sp.Mul):
            return self._product(expression.args, scope)
        if not mentions_entries(expression):
            self.names.record_scalars(checked(expression))
            return [_Term(expression, Monomial((), ()))]
        if isinstance(expression, sp.Pow) and expression.exp.is_Integer and expression.exp > 0:
            return self._product([expression.base] * int(expression.exp), scope)
        if isinstance(expression, sp.Sum):
            return self._sum(expression, scope)
        if isinstance(expression, sp.Indexed):
            return [_Term(sp.S.One, Monomial((self._entry(expression, scope),), ()))]
        if isinstance(expression, sp.conjugate) and isinstance(expression.args[0], sp.Indexed):
            entry = self._entry(expression.args[0], scope)
            return [_Term(sp.S.One, Monomial((Factor(f"{CONJUGATE} {entry.name}", entry.indices),), ()))]
        if isinstance(expression, sp.KroneckerDelta):
            return [_Term(sp.S.One, Monomial((self._delta(expression, scope),), ()))]
        raise ValueError(f"{expression} is neither a sum, an entry, a delta nor a coefficient: rewrite it")

    def _product(self, parts: Sequence[Expression], scope: dict[Expression, Index]) -> list[_Term]:
        product = [_Term(sp.S.One, Monomial((), ()))]
        for part in parts:
            factor = self.of(part, scope)
            product = [left * right for left in product for right in factor]
        return product

    def _sum(self, expression: Expression, scope: dict[Expression, Index]) -> list[_Term]:
        inner, fresh = dict(scope), []
        for symbol, lower, upper in expression.limits:
            if not isinstance(symbol, sp.Idx) or lower != 1 or upper != size(str(upper)):
                raise ValueError(f"{expression} does not run from 1 to a size: make the sum with `total`")
            self._record_index(symbol)
            self.names.record_scalars(upper)
            inner[symbol] = Index(str(upper), "", next(self.numbers))
            fresh.append(inner[symbol])
        terms = self.of(expression.function, inner)
        return [
            _Term(term.coefficient, Monomial(term.monomial.factors, term.monomial.bound + tuple(fresh)))
            for term in terms
        ]

    def _entry(self, entry: Expression, scope: dict[Expression, Index]) -> Factor:
        indices, name = tuple(self._index(symbol, scope) for symbol in entry.indices), str(entry.base.label)
        if tuple(size(index.range) for index in indices) != tuple(entry.base.shape or ()):
            raise ValueError(f"{entry} has an index of the wrong range for {entry.base.shape}: is it transposed?")
        if not entry.is_commutative:
            raise ValueError(f"{entry} does not commute: this module treats entries as numbers")
        if not name.isidentifier() or name == DELTA:
            raise ValueError(f"no matrix can be called {name!r}: give it a name of letters, other than {DELTA}")
        self.names.record(name, entry.base)
        return Factor(name, indices)

    def _delta(self, delta: Expression, scope: dict[Expression, Index]) -> Factor:
        first, second = (self._index(symbol, scope) for symbol in delta.args)
        if first.range != second.range:
            raise ValueError(f"{delta} compares indices of different ranges")
        return Factor(DELTA, (first, second))

    def _index(self, symbol: Expression, scope: dict[Expression, Index]) -> Index:
        if symbol in scope:
            return scope[symbol]
        free = _free(symbol)
        self._record_index(symbol)
        self.names.record_scalars(symbol.upper)
        return free

    def _record_index(self, symbol: Expression) -> None:
        """So that neither the index's label nor a scalar of its name can be a coefficient."""
        label = symbol.label
        self.names.record(label if isinstance(label, sp.Dummy) else label.name, "an index")


@dataclass(frozen=True)
class _Rule:
    """A hypothesis ready to rewrite: ``coefficient · pattern = right``."""

    pattern: Monomial
    coefficient: Expression
    right: Expression
    names: Names

    @staticmethod
    def of(hypothesis: Given, names: Names) -> "_Rule":
        form = normal_form(hypothesis.left, names=names)
        if len(form) != 1 or not next(iter(form)).factors:
            raise ValueError(f"{hypothesis.left} is not one monomial with an entry: state the hypothesis otherwise")
        ((pattern, coefficient),) = form.items()
        if coefficient.is_nonzero is not True:
            raise ValueError(f"{coefficient} may be zero: a hypothesis cannot be divided by it")
        right = sp.sympify(hypothesis.right, strict=True)
        known = {index for factor in pattern.factors for index in factor.indices}
        if not {_free(symbol) for symbol in free_indices(right)} <= known:
            raise ValueError(f"{hypothesis.right} has an index that {hypothesis.left} has not: state it otherwise")
        return _Rule(pattern, coefficient, right, names)

    def apply(self, term: _Term) -> list[_Term] | None:
        found = next(occurrences(self.pattern, term.monomial), None)
        if found is None:
            return None
        rest, places = found
        scope = {symbol: places[_free(symbol)] for symbol in free_indices(self.right)}
        next_number = 1 + max((index.number for index in term.monomial.bound), default=-1)
        replacement = _Expansion(self.names, itertools.count(next_number)).of(self.right, scope)
        return [_Term(term.coefficient / self.coefficient, rest) * new for new in replacement]


def _free(symbol: Expression) -> Index:
    named = isinstance(symbol, sp.Idx) and not isinstance(symbol.label, sp.Dummy)
    if not named or symbol.lower != 1 or symbol.upper != size(str(symbol.upper)):
        raise ValueError(f"{symbol} is not a free index over 1 … size: make it with `index`")
    return Index(str(symbol.upper), str(symbol.label))


def _reduced(term: _Term, rules: Sequence[_Rule], depth: int = 0) -> list[_Term]:
    """Contract deltas and apply the rules, in turn, until nothing changes."""
    if depth > DEEPEST:
        raise ValueError("the hypotheses rewrite in a circle: a right side contains a left one")
    monomial, summed_out = contract(term.monomial)
    term = _Term(sp.Mul(term.coefficient, *map(size, summed_out)), monomial)
    for rule in rules:
        replaced = rule.apply(term)
        if replaced is not None:
            return [reduced for new in replaced for reduced in _reduced(new, rules, depth + 1)]
    return [term]
