"""Proposition 3.1: what infinitely many negatives lead to, and what finitely many do."""

import math
from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
import torch
from jaxtyping import Float
from torch import Tensor

from duality.claims.citations import UNIFORMITY
from duality.claims.claim import Claim, Part
from duality.claims.loss_values import loss_values, tiles
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.intervals import LARGEST, TEMPERATURE, log, repulsion
from duality.symbolic import Proof, inequalities, lemmas, sphere, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Jensen's bound for the repulsion of any K: N log(N−1) + Σ_{i≠i'} G_ii' / ((N−1)τ)."""
    n, m = z.shape
    if not 2 <= n <= LARGEST or not m or float(z.abs().max()) > 1e3:
        return
    rows = z.double().tolist()
    gram = exact.gram(rows)
    pairs = sum((gram[i][j] for i in range(n) for j in range(n) if i != j), Fraction(0))
    jensen = n * log(n - 1) + pairs / ((n - 1) * TEMPERATURE)
    yield (repulsion(rows, TEMPERATURE) - jensen).is_nonnegative("repulsion ≥ N log(N−1) + Σ_{i≠i'} G/((N−1)τ)")


def construct() -> Iterator[Check]:
    """The simplex reaches the bound of every unit configuration; uniform points have the moments claimed."""
    yield from loss_values("simclr", "dcl")
    yield from tiles()
    yield from _check_simplex(5)
    yield from _check_uniform_moments(dimensions=8, pairs=400_000)


def _check_simplex(n: int) -> Iterator[Check]:
    # Rows e_i − 1/N, not normalised so that all stays rational: every ‖·‖² is (N−1)/N, and scales τ alone.
    z = [[Fraction(int(i == j)) - Fraction(1, n) for j in range(n)] for i in range(n)]
    norm = Fraction(n - 1, n)
    gram = exact.gram(z)
    pairs = {gram[i][j] / norm for i in range(n) for j in range(n) if i != j}
    yield Check.exact(
        "simplex: every inner product is −1/(N−1)", pairs.pop() if len(pairs) == 1 else 0, Fraction(-1, n - 1)
    )
    bound = n * log(n - 1) - n / ((n - 1) * TEMPERATURE)
    value = repulsion(z, TEMPERATURE * norm)
    yield (value - bound).is_zero("simplex: the least repulsion of unit embeddings, N log(N−1) − N/((N−1)τ)")
    spread = exact.sample_contrastive(z) / norm**2
    yield Check.exact("simplex: L_c = N/(N−1)", spread, Fraction(n, n - 1))
    yield Check.exact("simplex: L_c is not its minimum, 0", spread, 0, expect="beyond")


def _check_uniform_moments(dimensions: int, pairs: int) -> Iterator[Check]:
    """Hoeffding: a mean of n values of width w misses by w √(log(2/δ)/2n) with probability δ, here 1e-15."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, pairs, dimensions, generator=generator, dtype=torch.float64)
    cosine = (x * y).sum(dim=1) / (x.norm(dim=1) * y.norm(dim=1))
    deviation = math.sqrt(math.log(2 / 1e-15) / (2 * pairs))
    m = dimensions
    for power, moment in ((1, 0.0), (2, 1 / m), (4, 3 / (m * (m + 2)))):
        width = 2 if power == 1 else 1
        sample = float((cosine**power).mean())
        yield Check(f"uniform on the sphere, M={m}: E t^{power}", abs(sample - moment), width * deviation)


def prove() -> Proof:
    """Moments by a recurrence; the finite case by Jensen's inequality and ‖Σx‖² ≥ 0."""
    proof, tau = Proof(), sums.scalar("tau")
    _prove_moments(proof)
    row_sums = sums.total(lambda j: sums.total(lambda i: q.K[j, i], q.N) ** 2, q.M)
    jensen, least, bound = lemmas.gram_repulsion(q.gram, row_sums, q.N, tau)
    proof.lemma("Jensen's inequality", jensen)
    proof.lemma("the sum of all of G is one of squares", least)
    trace = sums.equality(bound.right, q.N * sp.log(q.N - 1) - q.N / ((q.N - 1) * tau), [q.UNIT_SAMPLES])
    proof.concludes("the least repulsion of unit embeddings", inequalities.chain(bound, trace))
    _prove_simplex(proof)
    reached, criterion = lemmas.simplex(sp.S.One, q.N, tau)
    proof.concludes("reached by the simplex", reached)
    proof.concludes("whose L_c is", criterion)
    return proof


def _prove_simplex(proof: Proof) -> None:
    """The simplex as the N points e_i − 1/N, scaled, of the hyperplane Σ = 0 in ℝ^N, which N ≤ M + 1 can hold."""
    i, other = sums.index("i", q.N), sums.index("k", q.N)

    def point(coordinate: Expression, i: Expression) -> Expression:
        return sp.KroneckerDelta(coordinate, i) - 1 / q.N

    gram = q.N / (q.N - 1) * sums.total(lambda n: point(n, i) * point(n, other), q.N)
    inner_products = (q.N * sp.KroneckerDelta(i, other) - 1) / (q.N - 1)
    proof.lemma("the Gram matrix of the simplex", sums.equality(gram, inner_products))
    proof.lemma("it lies in a hyperplane", sums.equality(sums.total(lambda n: point(n, i), q.N), 0))


def _prove_moments(proof: Proof) -> None:
    proof.lemma("the density, from the slices of the sphere", sphere.density())
    proof.lemma("integrate by parts", sphere.recurrence())
    proof.concludes("the mean", sphere.moment_equals(1, sp.S.Zero))
    proof.concludes("the variance", sphere.moment_equals(2, 1 / q.M))
    proof.concludes("the fourth moment", sphere.moment_equals(4, 3 / (q.M * (q.M + 2))))
    expected = sums.off_diagonal(lambda i, other: sphere.moment(2), q.N)
    proof.lemma("so L_c of N uniform points is on average", sums.equality(expected, q.N * (q.N - 1) / q.M))
    second = traces.matrix("S", q.M, q.M, "symmetric")
    distance = traces.squared_norm(second - (1 / q.M) * traces.identity(q.M))
    proof.lemma(
        "conversely, with S the mean of xxᵀ, of trace one, the second moment is tr(S S), off its value by",
        traces.equality(traces.trace(second @ second) - 1 / q.M, distance, values=[(traces.trace(second), 1)]),
    )


CLAIM = Claim(
    id="prop-3.1",
    title="Infinitely many negatives",
    source="Proposition 3.1",
    wording="With infinitely many negatives, SimCLR and DCL lead to embeddings with E[xᵀx⁻] = 0 and "
    "Var[xᵀx⁻] = 1/M for negative pairs.",
    parts=(
        Part(
            sentence=(
                "As N → ∞ the repulsion is least where embeddings are uniform on the sphere, so that "
                "negative pairs have E t = 0 and Var t = 1/M."
            ),
            symbolic=(
                "E t = 0, given t = x·y, x and y independent and uniform on the unit sphere of M ≥ 2 dimensions",
                (
                    "E t² = 1/M, given t = x·y, x and y independent and uniform on the unit sphere of M ≥ 2 "
                    "dimensions"
                ),
            ),
            numeric=(
                "uniform on the sphere, M=8: E t^1",
                "uniform on the sphere, M=8: E t^2",
            ),
            partial={
                "symbolic": "the moments of the uniform distribution; the limit is cited",
                "numeric": "the moments at M = 8, statistically",
            },
            rests_on=(UNIFORMITY,),
            limits=(
                "The limit is not proved here, and needs an encoder that can reach the uniform distribution. "
                "The theorem cited has the positive in the sum, as SimCLR; of DCL it does not speak."
            ),
        ),
        Part(
            sentence="Two independent uniform points have E t = 0, E t² = 1/M and E t⁴ = 3/(M(M+2)).",
            symbolic=(
                "E t = 0, given t = x·y, x and y independent and uniform on the unit sphere of M ≥ 2 dimensions",
                (
                    "E t² = 1/M, given t = x·y, x and y independent and uniform on the unit sphere of M ≥ 2 "
                    "dimensions"
                ),
                (
                    "E t⁴ = 3/(M (M + 2)), given t = x·y, x and y independent and uniform on the unit sphere of "
                    "M ≥ 2 dimensions"
                ),
            ),
            numeric=("uniform on the sphere",),
            partial={"numeric": "M = 8, within Hoeffding's bound, which cannot tell 3/(M(M+2)) from 3/(M(M+1))"},
            limits="Not in Coq: mathcomp-analysis has no measure on the sphere.",
        ),
        Part(
            sentence=(
                "For N ≥ 2 DCL's repulsion of unit embeddings is at least N log(N−1) − N/((N−1)τ), with "
                "equality if and only if every inner product is −1/(N−1), and there L_c = N/(N−1), not 0."
            ),
            symbolic=(
                (
                    "Σ_i log(Σ_{i'≠i} exp(G_ii'/τ)) ≥ N log(N − 1) − N/(τ (N − 1)), given ‖K_·i‖² = 1, for real "
                    "K (M × N), τ > 0, N − 1 > 0"
                ),
                (
                    "Σ_i log(Σ_{i'≠i} exp((N δ_ii' − 1)/(τ (N − 1)))) = N log(N − 1) − N/(τ (N − 1)), for τ > 0, "
                    "N − 1 > 0"
                ),
                "Σ_{i≠i'} (N δ_ii' − 1)²/(N − 1)² = N/(N − 1), for N − 1 ≠ 0",
            ),
            formal=("prop_3_1_simplex",),
            numeric=(
                "repulsion ≥ N log(N−1)",
                "simplex: ",
            ),
            partial={
                "symbolic": (
                    "the bound, the simplex's repulsion and its L_c; not that nothing else reaches the bound"
                ),
                "numeric": "the bound for N ≤ 10, the simplex for N = 5",
            },
            limits=("In full by Coq alone: that strict convexity forces equality is nothing the engine concludes."),
        ),
        Part(
            sentence="Such embeddings exist, and are then the minimisers, if and only if N ≤ M + 1.",
            formal=(
                "prop_3_1_attained",
                "prop_3_1_minimisers",
                "simplex_exists",
                "refuted_simplex_everywhere",
            ),
            limits="By Coq alone: existence is nothing the engine concludes.",
        ),
        Part(
            sentence="SimCLR's repulsion has the same minimisers for N ≤ M + 1.",
            formal=(
                "prop_3_1_simclr",
                "prop_3_1_simclr_minimisers",
            ),
            limits="By Coq alone. With aligned views, where the positive adds exp(1/τ) to each sum.",
        ),
        Part(
            sentence=(
                "The library's SimCLR and DCL are these losses at each of their normalisations: terms, total and "
                "slope."
            ),
            numeric=(
                "simclr(",
                "dcl(",
                "pairwise_logsumexp",
            ),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="holds",
    remark="Under assumptions: N → ∞, and an encoder that can reach the uniform distribution. At finite N "
    "≤ M every minimiser of the repulsion has L_c = N/(N−1), though L_c = 0 is possible: the two "
    "are not minimised together.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
