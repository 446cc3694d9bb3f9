"""Monomials of a nested sum: ``Σ_{i,i',j} K[j,i] K[j,i'] ...`` and their normal form.

A monomial is a product of entries and Kronecker deltas, summed over its bound indices. Each index has a range
(a SymPy expression such as M or N), which acts as its type. The normal form contracts the deltas, sums out what
no factor mentions, applies hypotheses, and renames the bound indices canonically, by colour refinement and
individualisation as graph canonisation does. A delta between two free indices stays, and the first of them is
written for the second in all other factors. Two monomials that differ only in the names of their bound indices, in
the order of their factors, or by the deltas' meaning, have the same normal form, and no others do.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import sympy as sp

from duality.symbolic.combinations import Expression

DELTA = "δ"


@dataclass(frozen=True, order=True)
class Index:
    """An index over ``1 … range``. ``number`` is the canonical or provisional number of a bound one, else −1."""

    range: str
    name: str
    number: int = -1

    @property
    def bound(self) -> bool:
        """Whether the index is summed over, hence renamable."""
        return self.number >= 0


@dataclass(frozen=True, order=True)
class Factor:
    """An entry ``K[j, i]``, or a Kronecker delta."""

    name: str
    indices: tuple[Index, ...]

    def replace(self, old: Index, new: Index) -> "Factor":
        """The factor with one index in another's place."""
        return Factor(self.name, tuple(new if index == old else index for index in self.indices))


@dataclass(frozen=True)
class Monomial:
    """A product of factors, to be summed over every index in ``bound``."""

    factors: tuple[Factor, ...]
    bound: tuple[Index, ...]

    def __str__(self) -> str:
        names = _display_names(self)
        powers = Counter(self.factors)
        body = " ".join(_display_factor(factor, power, names) for factor, power in powers.items())
        summed = ",".join(names[index] for index in self.bound)
        return f"Σ_{{{summed}}} {body}" if summed else body


def contract(monomial: Monomial) -> tuple[Monomial, list[str]]:
    """Use up every delta with a bound index, then sum out the bound indices that no factor mentions.

    Returns:
        the monomial, and the ranges of the indices summed out: each multiplies the coefficient.
    """
    deltas = [factor for factor in monomial.factors if factor.name == DELTA]
    factors, bound = [factor for factor in monomial.factors if factor.name != DELTA], list(monomial.bound)
    kept: set[Factor] = set()
    while deltas:
        second, first = sorted(deltas.pop().indices, key=lambda index: (index.bound, index), reverse=True)
        if first == second:
            continue
        deltas = [delta.replace(second, first) for delta in deltas]
        factors = [factor.replace(second, first) for factor in factors]
        kept = {delta.replace(second, first) for delta in kept}
        if second.bound:
            bound.remove(second)
        else:
            kept.add(Factor(DELTA, (first, second)))
    factors += kept
    used = {index for factor in factors for index in factor.indices}
    free_sums = [index.range for index in bound if index not in used]
    return Monomial(tuple(factors), tuple(index for index in bound if index in used)), free_sums


def canonical(monomial: Monomial) -> Monomial:
    """The same monomial with canonical bound indices and sorted factors. Deltas must have been contracted."""
    order = {index: number for number, index in enumerate(monomial.bound)}
    provisional = {index: Index(index.range, "", number) for index, number in order.items()}
    return _canonical(_renamed(monomial, provisional))


@cache
def _canonical(monomial: Monomial) -> Monomial:
    return min(_labellings(monomial, dict.fromkeys(monomial.bound, 0)), key=lambda found: found.factors)


def _labellings(monomial: Monomial, colours: dict[Index, int]) -> Iterator[Monomial]:
    """Every labelling that colour refinement leaves: refine; where a tie remains, break it in every way."""
    colours = _refined(monomial, colours)
    sizes = Counter(colours.values())
    tied = min((colour for colour, size in sizes.items() if size > 1), default=None)
    if tied is None:
        order = sorted(monomial.bound, key=colours.__getitem__)
        yield _renamed(monomial, {index: Index(index.range, "", number) for number, index in enumerate(order)})
        return
    for chosen in (index for index in monomial.bound if colours[index] == tied):
        split = {index: 2 * colour + (colour == tied and index != chosen) for index, colour in colours.items()}
        yield from _labellings(monomial, split)


def _refined(monomial: Monomial, colours: dict[Index, int]) -> dict[Index, int]:
    """Split colours by how the indices occur in the factors, until nothing splits."""
    while True:
        seen: dict[Index, list[tuple]] = {index: [] for index in monomial.bound}
        for factor in monomial.factors:
            view = tuple((colours.get(index, -1), index.name) for index in factor.indices)
            for place, index in enumerate(factor.indices):
                if index.bound:
                    same = tuple(other == index for other in factor.indices)
                    seen[index].append((factor.name, place, view, same))
        signatures = {index: (index.range, colours[index], sorted(seen[index])) for index in monomial.bound}
        ranked: list[tuple] = []
        for signature in sorted(signatures.values()):
            if not ranked or ranked[-1] != signature:
                ranked.append(signature)
        refined = {index: ranked.index(signature) for index, signature in signatures.items()}
        if len(ranked) == len(set(colours.values())):
            return refined
        colours = refined


def _renamed(monomial: Monomial, names: dict[Index, Index]) -> Monomial:
    factors = sorted(
        Factor(factor.name, tuple(names.get(index, index) for index in factor.indices))
        for factor in monomial.factors
    )
    return Monomial(tuple(factors), tuple(sorted(names.values(), key=lambda index: index.number)))


def occurrences(pattern: Monomial, target: Monomial) -> Iterator[tuple[Monomial, dict[Index, Index]]]:
    """Where a hypothesis applies: the factors of ``pattern`` found among those of ``target``.

    The pattern's bound indices must fall on bound indices of the target that no other factor uses; its free
    indices may fall on anything else, since a hypothesis holds for all of them.

    Yields:
        what remains of the target, and the places of the pattern's free indices.
    """
    for rest, places in _matches(pattern.factors, target.factors, {}):
        summed = [places[index] for index in pattern.bound]
        others = [place for index, place in places.items() if not index.bound]
        elsewhere = {index for factor in rest for index in factor.indices}.union(others)
        if all(index.bound for index in summed) and len(set(summed)) == len(summed) and not elsewhere & set(summed):
            bound = tuple(index for index in target.bound if index not in summed)
            yield Monomial(rest, bound), {index: place for index, place in places.items() if not index.bound}


def _matches(
    pattern: Sequence[Factor], factors: tuple[Factor, ...], places: dict[Index, Index]
) -> Iterator[tuple[tuple[Factor, ...], dict[Index, Index]]]:
    if not pattern:
        yield factors, places
        return
    for position, factor in enumerate(factors):
        extended = _placed(pattern[0], factor, places)
        if extended is not None:
            yield from _matches(pattern[1:], factors[:position] + factors[position + 1 :], extended)


def _placed(pattern: Factor, factor: Factor, places: dict[Index, Index]) -> dict[Index, Index] | None:
    if pattern.name != factor.name:
        return None
    extended = dict(places)
    for wanted, found in zip(pattern.indices, factor.indices, strict=True):
        if wanted.range != found.range or extended.setdefault(wanted, found) != found:
            return None
    return extended


def display_name(range: str, used: Collection[str]) -> str:
    """The paper's letters, j for dimensions and i for samples, with as many primes as it takes to be new."""
    name = {"M": "j", "N": "i"}.get(range, range.lower())
    while name in used:
        name += "'"
    return name


def _display_names(monomial: Monomial) -> dict[Index, str]:
    names, used = {}, {index.name for factor in monomial.factors for index in factor.indices if not index.bound}
    for index in monomial.bound:
        names[index] = display_name(index.range, used)
        used.add(names[index])
    return names


def _display_factor(factor: Factor, power: int, names: dict[Index, str]) -> str:
    inside = ",".join(names.get(index, index.name) for index in factor.indices)
    return f"{factor.name}[{inside}]" + (f"^{power}" if power > 1 else "")


def size(range: str) -> Expression:
    """The number of values of an index, as it multiplies coefficients."""
    return sp.Symbol(range, integer=True, positive=True)
