"""Inequalities for all sizes: an identity that `sums` decides, plus "squares are not negative".

To prove left ≥ right, give a certificate: an expression that is visibly not negative (squares, products and sums
of such, over symbolic ranges) and equals left − right. `at_least` checks both and reads the equality case off the
certificate: a sum of non-negative terms vanishes exactly where every term does. `tangent_line` does the scalar
inequalities of convexity, e^x ≥ 1 + x and log x ≤ x − 1.
"""

from collections.abc import Iterable, Sequence

import sympy as sp

from duality.symbolic.combinations import Expression, checked
from duality.symbolic.facts import Fact, NotProvedError, established
from duality.symbolic.monomials import display_name
from duality.symbolic.sums import Given, common_form, describe, index, is_pair_selector, mentions_entries

NOWHERE = "nowhere"
INTERVALS = ("positive", "negative", "nonnegative", "nonpositive", "real")
"""What a symbol may be assumed to be, so that its values are an interval."""
SMOOTH = sp.exp | sp.sin | sp.cos | sp.sinh | sp.cosh


def at_least(left: Expression, right: Expression, certificate: Expression, given: Sequence[Given] = ()) -> Fact:
    """Prove ``left ≥ right`` for all sizes, as ``left − right = certificate ≥ 0``, and ``>`` if that is nowhere 0.

    Args:
        left: index sums, as in `sums`.
        right: the same.
        certificate: index sums whose shape shows that they are not negative.
        given: hypotheses for the identity.

    Returns:
        the fact, with the certificate's normal form and the equality case.

    Raises:
        NotProvedError: the identity fails, or the certificate is not visibly non-negative.
    """
    left, right, certificate = (sp.sympify(side, strict=True) for side in (left, right, certificate))
    if not is_nonnegative(certificate):
        raise NotProvedError(f"{certificate} is not visibly non-negative: write it with squares")
    gap, zeros = common_form(left - right, certificate, given), vanishing(certificate)
    found = f"left − right = {gap}; a sum of non-negative terms, zero {zeros}"
    return established(left, ">" if zeros == NOWHERE else "≥", right, found, tuple(given))


def chain(first: Fact, second: Fact) -> Fact:
    """left ≥ middle and middle ≥ right, or middle = right, give left ≥ right.

    Raises:
        NotProvedError: the two do not meet in the middle.
        ValueError: one of them is another relation.
    """
    if first.relation not in ("≥", ">") or second.relation not in ("≥", ">", "="):
        raise ValueError(f"{first.relation} and {second.relation} do not make a chain of inequalities")
    given = tuple(dict.fromkeys((*first.given, *second.given)))
    common_form(first.right, second.left, [hypothesis for hypothesis in given if isinstance(hypothesis, Given)])
    strict = ">" in (first.relation, second.relation)
    how = "from one to the other; equality iff there is in both" if second.relation == "≥" else "put in"
    return established(first.left, ">" if strict else "≥", second.right, how, given)


def is_nonnegative(expression: Expression) -> bool:
    """Whether the shape of the expression shows that it is not negative, wherever no denominator is zero."""
    if isinstance(expression, sp.Sum):
        return is_nonnegative(expression.function)
    if is_pair_selector(expression):
        return True
    if expression.is_nonnegative and (not mentions_entries(expression) or isinstance(expression, sp.Indexed)):
        return True
    if isinstance(expression, sp.Add | sp.Mul):
        return all(map(is_nonnegative, expression.args))
    if isinstance(expression, sp.Pow) and expression.exp.is_Integer:
        return (expression.exp.is_even and is_real(expression.base)) or is_nonnegative(expression.base)
    return isinstance(expression, sp.KroneckerDelta)


def vanishing(expression: Expression) -> str:
    """When a visibly non-negative expression is zero, as text: ``iff …``, or ``nowhere``."""
    case = _vanishing(expression, ())
    return f"iff {case}" if case else NOWHERE


def tangent_line(f: Expression, x: sp.Symbol, at: Expression) -> Fact:
    """Prove f(x) ≥ f(a) + f′(a)(x − a), with equality only at x = a, from f″ > 0.

    For every x that its one assumption allows: `INTERVALS`. It takes an interval, and an f that is smooth in all of
    it: sums, products and whole powers, of which the negative ones are of what is not zero there, with exp, sin,
    cos, sinh, cosh, and log of what is positive.

    Raises:
        NotProvedError: SymPy cannot see that f″ > 0.
        ValueError: x does not range over an interval that has a in it, or f is not known to be smooth there.
    """
    if not any(x.assumptions0 == sp.Symbol(x.name, **{kind: True}).assumptions0 for kind in INTERVALS):
        raise ValueError(f"{x} does not range over an interval: declare it {', '.join(INTERVALS[:-1])} or real")
    at = checked(at)
    if at.has(x) or not all(getattr(at, f"is_{kind}") for kind in INTERVALS if getattr(x, f"is_{kind}")):
        raise ValueError(f"{at} is not known to lie where {x} does: take the tangent at a point there")
    if not _is_smooth(f):
        raise ValueError(f"{f} is not known to be smooth for every {x}: write it with smooth functions")
    curvature = f.diff(x, 2)
    if not curvature.is_positive:
        raise NotProvedError(f"the second derivative of {f}, {curvature}, is not visibly positive")
    line = f.subs(x, at) + f.diff(x).subs(x, at) * (x - at)
    found = f"since its second derivative {curvature} > 0; equality only at {x} = {at}"
    return established(f, "≥", line, found)


def _is_smooth(f: Expression) -> bool:
    """Whether f is smooth for every value of its symbols that their assumptions allow."""
    if f.is_Rational or isinstance(f, sp.Symbol):
        return True
    if isinstance(f, sp.Pow):
        return f.exp.is_Integer and bool(f.exp > 0 or f.base.is_nonzero) and _is_smooth(f.base)
    if isinstance(f, sp.log) and not f.args[0].is_positive:
        return False
    return isinstance(f, sp.Add | sp.Mul | sp.log | SMOOTH) and all(map(_is_smooth, f.args))


def is_real(expression: Expression) -> bool:
    """Whether the shape of the expression shows that it is real, wherever no denominator is zero."""
    if expression.is_real and (not mentions_entries(expression) or isinstance(expression, sp.Indexed)):
        return True
    if isinstance(expression, sp.Sum):
        return is_real(expression.function)
    if isinstance(expression, sp.Add | sp.Mul):
        return all(map(is_real, expression.args))
    if isinstance(expression, sp.Pow) and expression.exp.is_Integer:
        return is_real(expression.base)
    return isinstance(expression, sp.KroneckerDelta)


def _vanishing(expression: Expression, named: tuple[Expression, ...]) -> str:
    """Empty for what is positive. ``named``: the indices bound around the expression, as they are shown."""
    if expression.is_positive or (isinstance(expression, sp.Pow) and expression.exp.is_negative):
        return ""
    if isinstance(expression, sp.Sum):
        own = _named_indices(expression, named)
        renaming = {limits[0]: name for limits, name in zip(expression.limits, own, strict=True)}
        return _vanishing_summand(expression.function.xreplace(renaming), own, named)
    if isinstance(expression, sp.Add):
        parts = _sorted(_vanishing(part, named) for part in expression.args)
        return " and ".join(f"({part})" for part in parts) if all(parts) else ""
    if isinstance(expression, sp.Mul):
        parts = _sorted(filter(None, (_vanishing(part, named) for part in expression.args)))
        return parts[0] if len(parts) == 1 else " or ".join(f"({part})" for part in parts)
    if isinstance(expression, sp.Pow):
        return _vanishing(expression.base, named) if is_nonnegative(expression.base) else _is_zero(expression.base)
    return _is_zero(expression)


def _vanishing_summand(summand: Expression, own: tuple[Expression, ...], outer: tuple[Expression, ...]) -> str:
    factors = sp.Mul.make_args(summand)
    pairs: list[tuple[Expression, ...]] = [(1 - factor).args for factor in factors if is_pair_selector(factor)]
    rest = sp.Mul(*(factor for factor in factors if not is_pair_selector(factor)))
    scope = [str(name.label) for name in own if not any(name in pair for pair in pairs)]
    scope += [" ≠ ".join(str(name.label) for name in pair) for pair in pairs]
    return f"∀ {', '.join(scope)}: {_vanishing(rest, outer + own) or 'false'}"


def _sorted(parts: Iterable[str]) -> list[str]:
    """In an order that does not depend on SymPy's, which is by creation for dummies."""
    return sorted(parts, key=lambda part: (len(part), part))


def _named_indices(expression: Expression, taken: tuple[Expression, ...]) -> tuple[Expression, ...]:
    names = [str(other.label) for other in taken]
    found = []
    for _, _, upper in expression.limits:
        names.append(display_name(str(upper), names))
        found.append(index(names[-1], upper))
    return tuple(found)


def _is_zero(expression: Expression) -> str:
    return f"{describe(expression)} = 0"
