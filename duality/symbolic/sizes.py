"""From one size to all: when an identity that holds for small matrices holds for every size.

Multiplied out, both sides of an identity of index sums are linear combinations of normal forms. At a fixed size
each of these is a polynomial in the entries. Where the polynomials are linearly independent, a combination of the
forms that vanishes at that size has no terms, and so vanishes at every size.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping

import sympy as sp

from duality.symbolic.combinations import Expression, Names
from duality.symbolic.facts import Equation, Fact, NotProvedError, established
from duality.symbolic.monomials import Factor, Index, Monomial, canonical, size
from duality.symbolic.sums import normal_form

Sizes = Mapping[Expression, int]
"""For each symbolic size, a small one."""


def transfer(left: Expression, right: Expression, sizes: Sizes) -> Fact:
    """If ``left = right`` at these sizes, then at all.

    Raises:
        NotProvedError: a size is among the coefficients, or the forms are not linearly independent at these sizes.
    """
    names = Names()
    sides = [normal_form(side, names=names) for side in (left, right)]
    if not all(coefficient.is_Rational for side in sides for coefficient in side.values()):
        raise NotProvedError("the coefficients are not numbers: at another size they would be others")
    forms = set(itertools.chain(*sides))
    _require_independent(forms, sizes)
    found = f"multiplied out, both sides consist of {len(forms)} sums that are linearly independent there"
    at = ", ".join(f"{symbol} = {number}" for symbol, number in sizes.items())
    return established(Equation(left, right, f"at {at}"), "⇒", Equation(left, right, "at all sizes"), found)


def transfer_all(degree: int, rows: tuple[Expression, int], columns: tuple[Expression, int]) -> Fact:
    """The same for every identity of sums of ``degree`` entries of K over so few rows and columns.

    Args:
        degree: of every term.
        rows: the size of a column, and the number of rows that a term may touch.
        columns: the same for rows.

    Raises:
        NotProvedError: the sums are not linearly independent at that size.
    """
    (height, down), (width, across) = rows, columns
    bound = [[Index(str(symbol), "", n) for n in range(count)] for symbol, count in (rows, columns)]
    entries = [Factor("K", place) for place in itertools.product(*bound)]
    forms = {canonical(_summed(factors)) for factors in itertools.combinations_with_replacement(entries, degree)}
    _require_independent(forms, {height: down, width: across})
    given = (
        f"m_1, …, m_{len(forms)} the different sums over products of {degree} entries of K in at most {down} rows "
        f"and {across} columns, and numbers c_k",
    )
    identity = "Σ_k c_k m_k = 0 for all K"
    found = "these sums are linearly independent there"
    at = f"{identity} at {height} = {down}, {width} = {across}"
    return established(at, "⇒", f"{identity} at all sizes", found, given)


def _summed(factors: tuple[Factor, ...]) -> Monomial:
    """The product of these entries, summed over all their indices."""
    used = itertools.chain.from_iterable(factor.indices for factor in factors)
    return Monomial(factors, tuple(dict.fromkeys(used)))


def _require_independent(forms: Iterable[Monomial], sizes: Sizes) -> None:
    polynomials = [_polynomial(form, sizes) for form in forms]
    terms = list(set(itertools.chain(*polynomials)))
    rank = sp.Matrix([[polynomial[term] for term in terms] for polynomial in polynomials]).rank() if terms else 0
    if rank != len(polynomials):
        raise NotProvedError(f"of {len(polynomials)} sums only {rank} are linearly independent at this size")


def _polynomial(form: Monomial, sizes: Sizes) -> Counter[tuple]:
    """How often each product of entries occurs in the sum."""
    if any(not index.bound for factor in form.factors for index in factor.indices):
        raise NotProvedError(f"{form} has a free index: state the identity for sums")
    numbers = [range(sizes[size(index.range)]) for index in form.bound]
    products: Counter[tuple] = Counter()
    for at in itertools.product(*numbers):
        places = dict(zip(form.bound, at, strict=True))
        entries = ((factor.name, *(places[index] for index in factor.indices)) for factor in form.factors)
        products[tuple(sorted(entries))] += 1
    return products
