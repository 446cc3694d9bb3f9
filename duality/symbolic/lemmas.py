"""Lemmas that several proofs share: Jensen's inequality for log-sum-exp and for log, Welch's bound, the rank bound.

The first ones take one step that the engines cannot write down, the scalar inequality e^x ≥ 1 + x or log x ≤ x − 1
put in at every term of a sum. Each checks the pieces: that the terms are in the scalar inequality's range, and what
its right sides add up to.
"""

from collections.abc import Callable, Sequence

import sympy as sp

from duality.symbolic import inequalities, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.facts import Fact, NotProvedError, established

Pairs = Callable[[Expression, Expression], Expression]
"""Gives the exponent of row i and column k."""


def repulsion(exponents: Pairs, size: Expression) -> Expression:
    """Σ_i log Σ_{k≠i} exp(e_ik)."""

    def row(i: Expression) -> Expression:
        return sp.log(_over_others(i, lambda k: sp.exp(exponents(i, k)), size))

    return sums.total(row, size)


def jensen(exponents: Pairs, size: Expression) -> Fact:
    """Σ_i log Σ_{k≠i} exp(e_ik) ≥ n log(n−1) + Σ_{i≠k} e_ik/(n−1), for real exponents.

    By e^x ≥ 1 + x at x = e_ik − μ_i, where μ_i is the mean exponent of the row: the right sides add up to n − 1, so
    Σ_{k≠i} exp(e_ik) ≥ (n−1) exp(μ_i), and the logarithm is increasing.

    Raises:
        NotProvedError: the exponents are not visibly real.
    """
    x, i = sums.scalar("x", real=True), sums.index("i", size)
    inequalities.tangent_line(sp.exp(x), x, 0)
    if not inequalities.is_real(exponents(i, sums.index("k", size))):
        raise NotProvedError("the exponents are not visibly real")

    def mean(row: Expression) -> Expression:
        return _over_others(row, lambda k: exponents(row, k), size) / (size - 1)

    sums.equality(_over_others(i, lambda k: 1 + exponents(i, k) - mean(i), size), size - 1)
    means = sums.equality(sums.total(mean, size), sums.off_diagonal(exponents, size) / (size - 1))
    bound = size * sp.log(size - 1) + means.right
    how = f"since e^x ≥ 1 + x at each exponent less the mean of its row, and {size} − 1 is what these add up to; "
    return established(repulsion(exponents, size), "≥", bound, how + "equality iff in each row all are equal")


def equal_exponents(exponents: Pairs, value: Expression, size: Expression) -> Fact:
    """Σ_i log Σ_{k≠i} exp(e_ik) = n log(n−1) + n e where every e_ik with k ≠ i is e.

    Raises:
        NotProvedError: they are not.
    """
    i, k = sums.index("i", size), sums.index("k", size)
    others = 1 - sp.KroneckerDelta(i, k)
    sums.equality(others * exponents(i, k), others * value)
    total = size * sp.log(size - 1) + size * value
    return established(repulsion(exponents, size), "=", total, f"all exponents are {sp.sympify(value)}")


def gram_repulsion(gram: Pairs, root: Expression, size: Expression, tau: Expression) -> tuple[Fact, Fact, Fact]:
    """Σ_i log Σ_{k≠i} exp(G_ik/τ) ≥ n log(n−1) − Σ_i G_ii/((n−1)τ), where 1ᵀG1 = ``root``, visibly not negative.

    Returns:
        Jensen's inequality, what 1ᵀG1 ≥ 0 makes of it, and both together.
    """
    bound = jensen(lambda i, k: gram(i, k) / tau, size)
    constant, scale = size * sp.log(size - 1), (size - 1) * tau
    pairs, diagonal = sums.off_diagonal(gram, size), sums.total(lambda i: gram(i, i), size)
    least = inequalities.at_least(constant + pairs / scale, constant - diagonal / scale, root / scale)
    return bound, least, inequalities.chain(bound, least)


def simplex(value: Expression, size: Expression, tau: Expression) -> tuple[Fact, Fact]:
    """The simplex, G_ii = v and G_ik = −v/(n−1): its repulsion, and Σ_{i≠k} G_ik² = n v²/(n−1)."""

    def gram(i: Expression, k: Expression) -> Expression:
        return value * (size * sp.KroneckerDelta(i, k) - 1) / (size - 1)

    reached = equal_exponents(lambda i, k: gram(i, k) / tau, -value / ((size - 1) * tau), size)
    squares = sums.off_diagonal(lambda i, k: gram(i, k) ** 2, size)
    return reached, sums.equality(squares, size * value**2 / (size - 1))


def mean_of_logarithms(
    terms: Callable[[Expression], Expression], mean: Expression, size: Expression, given: Sequence[sums.Given]
) -> Fact:
    """n log m ≥ Σ_k log x_k for n terms x_k ≥ 1 of mean m > 0, by log x ≤ x − 1 at x_k/m.

    Raises:
        NotProvedError: the terms are not visibly at least 1, or have another mean.
    """
    x = sums.scalar("x")
    inequalities.tangent_line(-sp.log(x), x, 1)
    if not (inequalities.is_nonnegative(terms(sums.index("k", size)) - 1) and mean.is_positive):
        raise NotProvedError("the terms are not visibly at least 1, or their mean is not visibly positive")
    sums.equality(sums.total(lambda k: terms(k) / mean - 1, size), 0, given)
    logarithms = sums.total(lambda k: sp.log(terms(k)), size)
    how = (
        "since log x ≤ x − 1 at each term over the mean, and 0 is what these add up to; equality iff all are equal"
    )
    return established(size * sp.log(mean), "≥", logarithms, how, tuple(given))


def welch() -> Fact:
    """Welch's bound on unit embeddings, with its equality case, C = (N/M) I."""
    slack = q.dimension_contrastive() + q.dimension_spread(q.N / q.M)
    return inequalities.at_least(q.sample_contrastive(), q.N**2 / q.M - q.N, slack, [q.UNIT_SAMPLES])


def rank_bound() -> Fact:
    """‖G‖² ≥ T²/r, as ‖C − (T/r)P‖² for the orthogonal projector P on the span of the embeddings, of rank r."""
    rank, energy = sums.scalar("r"), sums.scalar("T")
    k, projector = traces.matrix("K", q.M, q.N), traces.matrix("P", q.M, q.M, "symmetric")
    on_span = [traces.Rule(projector @ projector, projector), traces.Rule(projector @ k, k)]
    known = [(traces.trace(projector), rank), (traces.squared_norm(k), energy)]
    root = k @ k.T - (energy / rank) * projector
    return traces.at_least(traces.squared_norm(k.T @ k), energy**2 / rank, root, on_span, known)


def _over_others(i: Expression, summand: Callable[[Expression], Expression], size: Expression) -> Expression:
    return sums.total(lambda k: (1 - sp.KroneckerDelta(i, k)) * summand(k), size)
