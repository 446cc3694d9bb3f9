"""Proposition 3.2: SimCLR-sq and DCL-sq."""

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
from jaxtyping import Float
from torch import Tensor

from duality import losses
from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import log_sum_exp_terms
from duality.claims.loss_values import loss_values
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.intervals import LARGEST, TEMPERATURE, log, log_sum_exp, repulsion, squared
from duality.numeric.rounding import Ball
from duality.symbolic import Proof, inequalities, lemmas, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """DCL-sq ≥ N log(N−1) + L_c/((N−1)τ), for any K."""
    n, m = z.shape
    if not 2 <= n <= LARGEST or not m or float(z.abs().max()) > 1e3:
        return
    rows = z.double().tolist()
    jensen = n * log(n - 1) + exact.sample_contrastive(rows) / ((n - 1) * TEMPERATURE)
    yield (repulsion(rows, TEMPERATURE, squared) - jensen).is_nonnegative("DCL-sq ≥ N log(N−1) + L_c/((N−1)τ)")


def construct() -> Iterator[Check]:
    """Equality at equiangular embeddings; M = 3, N = 5 and 6, where minimisers of L_c do not minimise DCL-sq."""
    yield from loss_values("simclr_sq", "dcl_sq")
    yield from log_sum_exp_terms(losses.dcl_sq, losses.simclr_sq)
    n = 4
    orthogonal = [[int(i == j) for j in range(n)] for i in range(n)]
    gap = repulsion(orthogonal, TEMPERATURE, squared) - n * log(n - 1)
    yield gap.is_zero("orthogonal: DCL-sq at its bound, L_c = 0")
    for temperature in (Fraction(1, 50), Fraction(1, 20), Fraction(2, 25), Fraction(1, 10)):
        cone, tight = _cone(temperature), _tight_frame_bound(temperature)
        yield (tight - cone).is_positive(f"M=3, N=5, τ={float(temperature)}: a cone beats every tight frame")
    yield from _two_bases()


def _two_bases() -> Iterator[Check]:
    """M = 3, N = 6: two copies of a basis against the icosahedron's diagonals, of which every G_ii'² is 1/5."""
    bases = [[int(i % 3 == j) for j in range(3)] for i in range(6)]
    yield Check.exact("M=3, N=6: two copies of a basis have the least L_c", exact.sample_contrastive(bases), 6)
    equiangular = 6 * (log(5) + Fraction(1, 5) / TEMPERATURE)
    gap = repulsion(bases, TEMPERATURE, squared) - equiangular
    yield gap.is_positive("M=3, N=6: and a larger DCL-sq than an equiangular tight frame")


def _cone(temperature: Fraction) -> Ball:
    """DCL-sq of five unit vectors at equal angles on a cone of height² 4/17, by the pentagon's cosines."""
    height = Fraction(4, 17)
    root = Ball.exact(5).sqrt()
    # cos 72° = (√5 − 1)/4 and cos 144° = −(√5 + 1)/4.
    near = height + (1 - height) * ((root - 1) / 4)
    far = height - (1 - height) * ((root + 1) / 4)
    return 5 * _log_of_pairs(near.square() / temperature, far.square() / temperature)


def _log_of_pairs(near: Ball, far: Ball) -> Ball:
    """log(2 e^near + 2 e^far), increasing in both."""
    return Ball.hull(log_sum_exp([a, a, b, b]) for a, b in ((near.lower, far.lower), (near.upper, far.upper)))


def _tight_frame_bound(temperature: Fraction) -> Ball:
    """A lower bound of DCL-sq over all unit-norm tight frames of five vectors in three dimensions.

    By Naimark the frame's complement is one in the plane: G_ij² = (2/9)(1 + cos(φ_i − φ_j)) for angles with
    Σ_i e^{iφ_i} = 0. So every row of cosines sums to −1, and their squares sum to at least 15/2 over all rows.
    Gibbs' inequality, log Σ_j e^{x_j} ≥ Σ_j p_j (x_j − log p_j), with p_j = (1 + cos)/3 and log(1 + c) ≤ c gives
    5 (β + log 3) + (β − 1)(15/2 − 5)/3 for β = 2/(9τ) ≥ 1.
    """
    beta = Fraction(2, 9) / temperature
    return 5 * (log(3) + beta) + (beta - 1) * Fraction(5, 6)


def prove() -> Proof:
    """Jensen's inequality in every row; and where L_c is least."""
    proof, tau = Proof(), sums.scalar("tau")
    jensen = lemmas.jensen(lambda i, other: q.gram(i, other) ** 2 / tau, q.N)
    proof.lemma("Jensen's inequality in every row", jensen)
    bound = q.N * sp.log(q.N - 1) + q.sample_contrastive() / ((q.N - 1) * tau)
    summed = proof.lemma("the means add up to a multiple of L_c", sums.equality(jensen.right, bound))
    proof.concludes("so DCL-sq has the bound", inequalities.chain(jensen, summed))
    row, column = sums.index("i", q.N), sums.index("k", q.N)
    symmetric = sums.equality(q.gram(row, column), q.gram(column, row))
    proof.lemma("rows with constant squares share that constant, since G is symmetric", symmetric)
    criterion = q.sample_contrastive()
    proof.concludes("for N up to M L_c is least at", inequalities.at_least(criterion, 0, criterion))
    proof.concludes("beyond by Welch's bound", lemmas.welch())
    return proof


CLAIM = Claim(
    id="prop-3.2-sq",
    title="SimCLR-sq and DCL-sq",
    source="Proposition 3.2",
    wording="SimCLR-sq and DCL-sq are sample-contrastive.",
    parts=(
        Part(
            sentence=(
                "For N ≥ 2 DCL-sq ≥ N log(N−1) + L_c/((N−1)τ), with equality if and only if all |G_ii'| off "
                "the diagonal are equal."
            ),
            symbolic=(
                (
                    "Σ_i log(Σ_{i'≠i} exp(G_ii'²/τ)) ≥ L_c/(τ (N − 1)) + N log(N − 1), for real K (M × N), τ > "
                    "0, N − 1 > 0"
                ),
            ),
            formal=(
                "prop_3_2_sq_bound",
                "prop_3_2_sq_equality",
            ),
            numeric=(
                "DCL-sq ≥ N log(N−1)",
                "orthogonal: DCL-sq at its bound",
            ),
            partial={
                "symbolic": "the bound; the case of equality is in words",
                "numeric": "the bound for N ≤ 10; equality for orthogonal embeddings",
            },
        ),
        Part(
            sentence=(
                "SimCLR-sq ≥ N log(exp(1/τ) + (N−1) exp(m/τ)) for m = L_c/(N(N−1)), with the same case of equality."
            ),
            formal=("prop_3_2_sq_simclr_bound",),
            numeric=("simclr_sq, orthogonal",),
            partial={"numeric": "orthogonal embeddings for N = 4"},
            limits="With aligned views.",
        ),
        Part(
            sentence=(
                "For 2 ≤ N ≤ M the minimisers of DCL-sq and of SimCLR-sq on unit embeddings are those of "
                "L_c, the orthogonal ones."
            ),
            symbolic=("L_c ≥ 0, for real K (M × N)",),
            formal=(
                "prop_3_2_sq_minimisers",
                "prop_3_2_sq_simclr_minimisers",
            ),
            numeric=(
                "orthogonal: DCL-sq at its bound",
                "dcl_sq, orthogonal",
                "simclr_sq, orthogonal",
            ),
            partial={"symbolic": "L_c ≥ 0", "numeric": "orthogonal embeddings for N = 4"},
        ),
        Part(
            sentence=(
                "Where there is an equiangular tight frame, the minimisers of DCL-sq and of SimCLR-sq on "
                "unit embeddings are the equiangular tight frames. These minimise L_c too, but other "
                "minimisers of L_c need not minimise DCL-sq: for M = 3, N = 6 two copies of a basis do not."
            ),
            symbolic=("L_c ≥ N²/M − N, given ‖K_·i‖² = 1, for real K (M × N)",),
            formal=(
                "prop_3_2_sq_etf",
                "prop_3_2_sq_etf_only",
                "prop_3_2_sq_simclr_etf",
            ),
            numeric=("M=3, N=6",),
            partial={
                "symbolic": "Welch's bound, which tight frames reach",
                "formal": "all but the two copies of a basis",
                "numeric": "M = 3, N = 6 at τ = 0.15",
            },
            limits=(
                "The frames for Coq, the two copies of a basis for numbers. For which N > M there is such a "
                "frame is not said."
            ),
        ),
        Part(
            sentence=(
                "Elsewhere the minimisers can be disjoint: for M = 3, N = 5 and τ = 0.02, 0.05, 0.08 and 0.1 "
                "a cone of five vectors has a smaller DCL-sq than every minimiser of L_c."
            ),
            formal=(
                "prop_3_2_sq_cone",
                "prop_3_2_sq_cone_below",
            ),
            numeric=("M=3, N=5",),
            partial={
                "formal": "the two numbers compared at τ = 0.1",
                "numeric": (
                    "the numbers, enclosed; that the bound holds for every tight frame is Naimark's complement "
                    "and Gibbs' inequality, on the page"
                ),
            },
            limits=(
                "A comparison of numbers. That they are the cone's, and a bound of every tight frame, is proved on "
                "the page only."
            ),
        ),
        Part(
            sentence=(
                "The library's SimCLR-sq and DCL-sq are these losses at each of their normalisations: terms, "
                "total and slope."
            ),
            numeric=(
                "simclr_sq(",
                "dcl_sq(",
            ),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="For N > M the minimisers need not be those of L_c. M = 3, N = 6: two copies of a basis have the "
    "least L_c, 6, but at τ = 0.15 a DCL-sq of 40.03 against the 17.66 of six equiangular lines. M = 3, N = 5: "
    "every minimiser of L_c is a tight frame, and a cone of five vectors has a smaller DCL-sq than all of them.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
