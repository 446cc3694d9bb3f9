"""Statements as text, written from the expressions that were checked.

An expression keeps its shape: nothing is multiplied out. Where a part of it is, index for index, one of the paper's
quantities (`quantities.NOTATION`), its name is written, and `definitions` says what that name stands for.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import sympy as sp

from duality.symbolic.combinations import Expression, superscript
from duality.symbolic.facts import Derivative, Equation, Fact
from duality.symbolic.monomials import display_name
from duality.symbolic.quantities import NOTATION, Notation
from duality.symbolic.sums import Given, free_indices, is_pair_selector, mentions_entries
from duality.symbolic.traces import Letter, Matrix, Rule, Traces

_ADD, _MUL, _ATOM = range(3)
_GREEK = {"tau": "τ", "lambda": "λ"}

Names = dict[Expression, str]
"""Indices bound around an expression, as they are shown."""


def statement(fact: Fact) -> str:
    """``left relation right``, the hypotheses, what each name ranges over, and where no denominator is zero."""
    text = f"{written(fact.left)} {fact.relation} {written(fact.right)}"
    if fact.given:
        text += f", given {' and '.join(map(_hypothesis, fact.given))}"
    domain = [*_declarations(fact), *_conditions(fact)]
    return text + (f", for {', '.join(domain)}" if domain else "")


def written(side: Any) -> str:
    """One side of a statement."""
    if isinstance(side, Equation):
        return f"{written(side.left)} = {written(side.right)} {side.where}"
    if isinstance(side, Derivative):
        along = "" if side.along is None else f" along {written(side.along)}"
        return f"∂({written(side.function)})/∂{written(side.by)}{along}"
    return _Writer().write(side, {})[0] if isinstance(side, sp.Basic) else str(side)


def definitions(facts: Iterable[Fact]) -> tuple[str, ...]:
    """What each name of the paper that the statements use stands for."""
    writer = _Writer()
    for side in itertools.chain.from_iterable(map(_expressions, facts)):
        writer.write(side, {})
    found, lines = list(writer.used), []
    for notation in found:  # grows: a definition may use other names
        writer = _Writer(without=notation)
        meaning, _ = writer.write(notation.meaning, {})
        shown = notation.written([str(index.label) for index in notation.indices])
        lines.append(f"{shown} = {meaning}")
        found += [used for used in writer.used if used not in found]
    return tuple(lines)


class _Writer:
    """Writes expressions, and notes the names of the paper that it used."""

    def __init__(self, without: Notation | None = None):
        self.used: dict[Notation, None] = {}
        self._without = without

    def write(self, expression: Expression, names: Names) -> tuple[str, int]:
        """The text, and how loosely it binds."""
        named = self._named(expression, 1, names)
        if named:
            return named, _ATOM
        if isinstance(expression, sp.Add):
            return self._sum_of(expression.args, names), _ADD
        if isinstance(expression, sp.Mul):
            return self._product_of(expression, names)
        if isinstance(expression, sp.Sum):
            return self._over_indices(expression, names), _MUL
        if isinstance(expression, sp.Pow):
            return self._power(expression, names)
        if isinstance(expression, sp.Indexed):
            return f"{expression.base}_{self._indices(expression.indices, names)}", _ATOM
        if isinstance(expression, sp.KroneckerDelta):
            return f"δ_{self._indices(expression.args, names)}", _ATOM
        if isinstance(expression, sp.conjugate):
            return f"conj {self._tight(expression.args[0], names)}", _ATOM
        if isinstance(expression, sp.Function):
            return f"{expression.func}({self.write(expression.args[0], names)[0]})", _ATOM
        if isinstance(expression, sp.Rational) and expression.q != 1:
            return f"{expression.p}/{expression.q}", _MUL
        return _GREEK.get(str(expression), str(expression)), _ATOM

    def _named(self, expression: Expression, exponent: int, names: Names) -> str:
        if not isinstance(expression, sp.Sum | sp.Add):
            return ""
        for notation in NOTATION:
            found = [] if notation is self._without else notation.places(expression)
            if found:
                self.used[notation] = None
                shown = ([names.get(index, str(index.label)) for index in places] for places in found)
                first = min(shown, key=lambda order: [(len(name), name) for name in order])
                return notation.written(first, exponent)
        return ""

    def _sum_of(self, terms: Iterable[Expression], names: Names) -> str:
        signed = []
        for term in terms:
            negative = term.could_extract_minus_sign() and not isinstance(term, sp.Add)
            text, binding = self.write(-term if negative else term, names)
            order = (negative, term.is_Number, not mentions_entries(term), len(text), text)
            signed.append((order, f"({text})" if binding == _ADD else text))
        signed.sort()
        signs = ["−" if order[0] else "+" for order, _ in signed]
        pieces = [f"{sign} {text}" for sign, (_, text) in zip(signs, signed, strict=True)]
        return " ".join(pieces).removeprefix("+ ").replace("− ", "−", 1 if signs[0] == "−" else 0)

    def _product_of(self, product: Expression, names: Names) -> tuple[str, int]:
        if product.could_extract_minus_sign():
            return f"−{self._tight(-product, names)}", _ADD
        above, below = sp.fraction(product)
        if below != 1:
            return f"{self._tight(above, names, _MUL)}/{self._tight(below, names)}", _MUL
        factors = sorted((self._factor(factor, names) for factor in product.args), key=lambda found: found[:2])
        return " ".join(text for *_, text in factors), _MUL

    def _factor(self, factor: Expression, names: Names) -> tuple[int, int, str]:
        """Numbers, scalars, names and entries, then sums; a sum last of all needs no brackets, but gets them."""
        text = self._tight(factor, names)
        rank = 0 if factor.is_Number else 2 if factor.has(sp.Indexed, sp.KroneckerDelta, sp.Sum) else 1
        return rank, len(text), text

    def _tight(self, expression: Expression, names: Names, loosest: int = _ATOM) -> str:
        text, binding = self.write(expression, names)
        return text if binding >= loosest and not text.startswith("Σ") else f"({text})"

    def _power(self, power: Expression, names: Names) -> tuple[str, int]:
        if power.exp.is_Integer and power.exp < 0:
            return f"1/{self._tight(1 / power, names)}", _MUL
        if not power.exp.is_Integer:
            return f"{self._tight(power.base, names)}^{self._tight(power.exp, names)}", _ATOM
        named = self._named(power.base, int(power.exp), names)
        return named or f"{self._tight(power.base, names)}{superscript(power.exp)}", _ATOM

    def _over_indices(self, expression: Expression, names: Names) -> str:
        inner, own = dict(names), []
        taken = [names.get(index, str(index.label)) for index in free_indices(expression)]
        for symbol, _, upper in expression.limits:
            inner[symbol] = display_name(str(upper), taken)
            taken.append(inner[symbol])
            own.append(symbol)
        factors = sp.Mul.make_args(expression.function)
        selectors = [(1 - factor).args for factor in factors if is_pair_selector(factor)]
        pairs = [pair for pair in selectors if set(pair) & set(own)]
        summand = sp.Mul(
            *(factor for factor in factors if not (is_pair_selector(factor) and (1 - factor).args in pairs))
        )
        scope = [inner[symbol] for symbol in own if not any(symbol in pair for pair in pairs)]
        scope += ["≠".join(self._pair(pair, own, inner)) for pair in pairs]
        where = scope[0] if len(scope) == 1 and "≠" not in scope[0] else f"{{{','.join(scope)}}}"
        text, binding = self.write(summand, inner)
        return f"Σ_{where} " + (f"({text})" if binding == _ADD else text)

    def _pair(self, pair: tuple[Expression, ...], own: list[Expression], names: Names) -> list[str]:
        """Those summed over first, in the order of the sum."""
        order = sorted(pair, key=lambda index: own.index(index) if index in own else len(own))
        return [names.get(index, str(getattr(index, "label", index))) for index in order]

    def _indices(self, indices: Iterable[Expression], names: Names) -> str:
        return "".join(names.get(index, str(getattr(index, "label", index))) for index in indices)


def _hypothesis(given: Any) -> str:
    if isinstance(given, Given):
        return f"{written(given.left)} = {written(sp.sympify(given.right))}"
    if isinstance(given, tuple):
        return " = ".join(map(written, given))
    return str(given)


def _sides(fact: Fact) -> Iterator[Any]:
    """Both sides and those of the hypotheses; block matrices and determinants taken apart."""
    sides = [fact.left, fact.right]
    for given in fact.given:
        sides += (given.left, given.right) if isinstance(given, Given | Rule) else ()
        sides += given if isinstance(given, tuple) else ()
    return itertools.chain.from_iterable(getattr(side, "parts", (side,)) for side in sides)


def _expressions(fact: Fact) -> Iterator[Expression]:
    """The SymPy expressions of a statement, the coefficients of traces among them."""
    for side in _sides(fact):
        if isinstance(side, Matrix | Traces):
            yield from side.terms.values()
        elif not isinstance(side, str):
            yield sp.sympify(side)


def _declarations(fact: Fact) -> list[str]:
    """What the names stand for: matrices with their sizes, then scalars."""
    found: dict[str, str] = {}
    for expression in _expressions(fact):
        for base in expression.atoms(sp.IndexedBase):
            found[str(base.label)] = f"{_kind(base.label)} {base.label} ({' × '.join(map(str, base.shape))})"
    for letter in _letters(fact):
        plain = letter.star if letter.starred else letter
        found[letter.name] = f"{plain.kind} {letter.name} ({plain.rows} × {plain.columns})"
    scalars = {
        symbol.name: _scalar(symbol)
        for expression in _expressions(fact)
        for symbol in _scalars(expression)
        if symbol.name not in found
    }
    return [found[name] for name in sorted(found)] + [scalars[name] for name in sorted(scalars)]


def _letters(fact: Fact) -> Iterator[Letter]:
    for side in _sides(fact):
        if isinstance(side, Matrix):
            yield from itertools.chain(*side.terms)
        elif isinstance(side, Traces):
            yield from itertools.chain(*itertools.chain(*side.terms))


def _scalars(expression: Expression) -> set[Expression]:
    """Symbols that are neither a size, an index, nor the name of a matrix."""
    labels = {base.label for base in expression.atoms(sp.IndexedBase)}
    labels |= {index.label for index in expression.atoms(sp.Idx)}
    return {s for s in expression.atoms(sp.Symbol) - labels if not (s.is_integer and s.is_positive)}


def _kind(symbol: Expression) -> str:
    for kind in ("positive", "nonnegative", "real"):
        if getattr(symbol, f"is_{kind}"):
            return kind
    return "complex"


def _scalar(symbol: Expression) -> str:
    name = written(symbol)
    for kind, relation in (("positive", " > 0"), ("nonnegative", " ≥ 0"), ("real", " real")):
        if getattr(symbol, f"is_{kind}"):
            return name + relation
    return f"{name} complex"


def _conditions(fact: Fact) -> list[str]:
    """Where the statement has a meaning: no denominator zero, no logarithm of what is not positive."""
    found: dict[str, None] = {}
    for expression in _expressions(fact):
        for logarithm in expression.atoms(sp.log):
            argument = logarithm.args[0]
            if not argument.has(sp.Sum, sp.Indexed) and not argument.is_positive:
                found[f"{written(argument)} > 0"] = None
    for expression in _expressions(fact):
        for power in expression.atoms(sp.Pow):
            vanishes = power.exp.is_negative and not power.base.is_nonzero
            if vanishes and f"{written(power.base)} > 0" not in found:
                found[f"{written(power.base)} ≠ 0"] = None
    return sorted(found)
