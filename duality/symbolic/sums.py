"""Nested sums with symbolic ranges: a normal form, hence a decision procedure for polynomial identities.

Statements are plain SymPy expressions: `sympy.Sum` over `sympy.Idx` indices, `sympy.Indexed` entries, Kronecker
deltas, integer powers, and coefficients that may be any function of M, N and other scalars. SymPy itself does not
rename or swap the indices of its sums, and so leaves true identities unsimplified; it also returns a silent zero
for some derivatives of traces and sums. Hence the normal form and the derivative here are our own.

`equality` decides whether two expressions agree for all sizes. Under hypotheses (`Given`) a yes is still a proof;
a no may then mean that the hypotheses would have to be used in another way.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import sympy as sp

from duality.symbolic.combinations import Expression, collect, difference, render
from duality.symbolic.monomials import DELTA, Factor, Index, Monomial, canonical, contract, occurrences, size
from duality.symbolic.proof import NotProvedError

NormalForm = dict[Monomial, Expression]


@dataclass(frozen=True)
class Given:
    """A hypothesis ``left = right``, for all values of its free indices, used from left to right.

    ``left`` is one monomial that mentions at least one entry: ``Σ_j K[j,i]² = 1`` says unit columns. ``right``
    must not contain ``left``, or rewriting does not end.
    """

    left: Expression
    right: Expression | int

    def __str__(self) -> str:
        return f"{describe(self.left)} = {describe(self.right)}"


def scalar(name: str, **assumptions: bool) -> Expression:
    """A number that coefficients may contain; a positive one by default."""
    return sp.Symbol(name, **(assumptions or {"positive": True}))


def array(name: str, *ranges: Expression) -> Expression:
    """A real vector or matrix of symbols, to be indexed: ``array("K", M, N)[j, i]``."""
    return sp.IndexedBase(name, shape=ranges, real=True)


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


def equality(left: Expression, right: Expression, given: Sequence[Given] = ()) -> str:
    """Decide ``left = right`` for all sizes, under the hypotheses ``given``.

    Returns:
        the normal form that both sides have, as text.

    Raises:
        NotProvedError: the normal forms differ; the message shows left − right.
    """
    return f"both sides are {common_form(left, right, given)}"


def common_form(left: Expression, right: Expression, given: Sequence[Given] = ()) -> str:
    """What `equality` finds, without its first words."""
    left_form, right_form = normal_form(left, given), normal_form(right, given)
    gap = difference(left_form, right_form)
    if gap:
        raise NotProvedError(f"the sides differ by {render(gap, str)}")
    conditions = f", given {' and '.join(map(str, given))}" if given else ""
    return render(left_form, str) + conditions


def describe(expression: Expression) -> str:
    """The normal form as text."""
    return render(normal_form(expression), str)


def normal_form(expression: Expression, given: Sequence[Given] = ()) -> NormalForm:
    """The expression as a linear combination of canonical monomials.

    Raises:
        ValueError: it is not built from the pieces this module knows, or an index has the wrong range.
    """
    rules = [_Rule.of(hypothesis) for hypothesis in given]
    expanded = _Expansion().of(sp.sympify(expression), {})
    return collect(
        (canonical(term.monomial), term.coefficient) for raw in expanded for term in _reduced(raw, rules)
    )


def derivative(expression: Expression, entry: Expression) -> Expression:
    """∂ expression / ∂ entry, for an entry with free indices such as ``K[p, q]``.

    Raises:
        ValueError: the expression sums over an index of the entry, or is not polynomial.
    """
    expression = sp.sympify(expression)
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
    # By name: SymPy tells apart bases of one name with different assumptions, and the derivative would be zero.
    if isinstance(expression, sp.Indexed) and str(expression.base) == str(entry.base):
        return sp.Mul(*itertools.starmap(sp.KroneckerDelta, zip(expression.indices, entry.indices, strict=True)))
    if isinstance(expression, sp.Indexed | sp.KroneckerDelta) or not mentions_entries(expression):
        return sp.S.Zero
    raise ValueError(f"{expression} is not polynomial in the entries: this module cannot differentiate it")


def _coefficient(expression: Expression) -> Expression:
    if not expression.is_commutative or expression.has(sp.MatrixExpr, sp.nan, sp.zoo, sp.oo, -sp.oo):
        raise ValueError(f"{expression} is not a finite number: it cannot be a coefficient")
    return expression


def mentions_entries(expression: Expression) -> bool:
    """Whether the expression is more than a coefficient."""
    return expression.has(sp.Sum, sp.Indexed, sp.KroneckerDelta, sp.Idx)


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

    numbers: itertools.count = field(default_factory=itertools.count)

    def of(self, expression: Expression, scope: dict[Expression, Index]) -> list[_Term]:
        if isinstance(expression, sp.Add):
            return [term for part in expression.args for term in self.of(part, scope)]
        if isinstance(expression, sp.Mul):
            return self._product(expression.args, scope)
        if not mentions_entries(expression):
            return [_Term(_coefficient(expression), Monomial((), ()))]
        if isinstance(expression, sp.Pow) and expression.exp.is_Integer and expression.exp > 0:
            return self._product([expression.base] * int(expression.exp), scope)
        if isinstance(expression, sp.Sum):
            return self._sum(expression, scope)
        if isinstance(expression, sp.Indexed):
            return [_Term(sp.S.One, Monomial((self._entry(expression, scope),), ()))]
        if isinstance(expression, sp.conjugate) and isinstance(expression.args[0], sp.Indexed):
            entry = self._entry(expression.args[0], scope)
            return [_Term(sp.S.One, Monomial((Factor(f"conj {entry.name}", entry.indices),), ()))]
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
            if lower != 1 or upper != size(str(upper)):
                raise ValueError(f"{expression} does not run from 1 to a size: make the sum with `total`")
            inner[symbol] = Index(str(upper), "", next(self.numbers))
            fresh.append(inner[symbol])
        terms = self.of(expression.function, inner)
        return [
            _Term(term.coefficient, Monomial(term.monomial.factors, term.monomial.bound + tuple(fresh)))
            for term in terms
        ]

    def _entry(self, entry: Expression, scope: dict[Expression, Index]) -> Factor:
        indices = tuple(self._index(symbol, scope) for symbol in entry.indices)
        if tuple(index.range for index in indices) != tuple(map(str, entry.base.shape or ())):
            raise ValueError(f"{entry} has an index of the wrong range for {entry.base.shape}: is it transposed?")
        if not entry.is_commutative:
            raise ValueError(f"{entry} does not commute: this module treats entries as numbers")
        return Factor(str(entry.base.label), indices)

    def _delta(self, delta: Expression, scope: dict[Expression, Index]) -> Factor:
        first, second = (self._index(symbol, scope) for symbol in delta.args)
        if first.range != second.range:
            raise ValueError(f"{delta} compares indices of different ranges")
        return Factor(DELTA, (first, second))

    def _index(self, symbol: Expression, scope: dict[Expression, Index]) -> Index:
        return scope[symbol] if symbol in scope else _free(symbol)


@dataclass(frozen=True)
class _Rule:
    """A hypothesis ready to rewrite: ``coefficient · pattern = right``."""

    pattern: Monomial
    coefficient: Expression
    right: Expression

    @staticmethod
    def of(hypothesis: Given) -> "_Rule":
        form = normal_form(hypothesis.left)
        if len(form) != 1 or not next(iter(form)).factors:
            raise ValueError(f"{hypothesis.left} is not one monomial with an entry: state the hypothesis otherwise")
        ((pattern, coefficient),) = form.items()
        unknown = _free_indices(hypothesis.right) - _free_indices(hypothesis.left)
        if unknown:
            raise ValueError(f"{hypothesis.right} has an index that {hypothesis.left} has not: state it otherwise")
        return _Rule(pattern, coefficient, sp.sympify(hypothesis.right))

    def apply(self, term: _Term) -> list[_Term] | None:
        found = next(occurrences(self.pattern, term.monomial), None)
        if found is None:
            return None
        rest, places = found
        scope = {symbol: places[_free(symbol)] for symbol in _free_indices(self.right)}
        next_number = 1 + max((index.number for index in term.monomial.bound), default=-1)
        replacement = _Expansion(itertools.count(next_number)).of(self.right, scope)
        return [_Term(term.coefficient / self.coefficient, rest) * new for new in replacement]


def _free_indices(expression: Expression) -> set[Expression]:
    expression = sp.sympify(expression)
    bound = {limits[0] for inner in expression.atoms(sp.Sum) for limits in inner.limits}
    return expression.atoms(sp.Idx) - bound


def _free(symbol: Expression) -> Index:
    named = isinstance(symbol, sp.Idx) and not isinstance(symbol.label, sp.Dummy)
    if not named or symbol.lower != 1 or symbol.upper != size(str(symbol.upper)):
        raise ValueError(f"{symbol} is not a free index over 1 … size: make it with `index`")
    return Index(str(symbol.upper), str(symbol.label))


def _reduced(term: _Term, rules: Sequence[_Rule]) -> list[_Term]:
    """Contract deltas and apply the rules, in turn, until nothing changes."""
    monomial, summed_out = contract(term.monomial)
    term = _Term(sp.Mul(term.coefficient, *map(size, summed_out)), monomial)
    for rule in rules:
        replaced = rule.apply(term)
        if replaced is not None:
            return [reduced for new in replaced for reduced in _reduced(new, rules)]
    return [term]
