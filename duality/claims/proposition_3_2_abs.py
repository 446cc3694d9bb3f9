"""Proposition 3.2: SimCLR-abs and DCL-abs."""

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
from duality.numeric.intervals import LARGEST, TEMPERATURE, log, log_sum_exp, repulsion
from duality.numeric.rounding import Ball
from duality.symbolic import Proof, inequalities, lemmas, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """DCL-abs ≥ N log(N−1): orthogonal embeddings, possible for N ≤ M, are its minimum."""
    n, m = z.shape
    if 2 <= n <= LARGEST and m and float(z.abs().max()) <= 1e3:
        value = repulsion(z.double().tolist(), TEMPERATURE, abs)
        yield (value - n * log(n - 1)).is_nonnegative("DCL-abs ≥ N log(N−1)")


def construct() -> Iterator[Check]:
    """M = 2, N = 3: two identical embeddings beat the three-vector frame, the only minimiser of L_c."""
    yield from loss_values("simclr_abs", "dcl_abs")
    yield from log_sum_exp_terms(losses.dcl_abs, losses.simclr_abs)
    orthogonal = [[int(i == j) for j in range(4)] for i in range(4)]
    yield (repulsion(orthogonal, TEMPERATURE, abs) - 4 * log(3)).is_zero(
        "N ≤ M, orthogonal: DCL-abs at its minimum"
    )
    duplicates = [[1, 0], [1, 0], [0, 1]]
    for temperature, with_positive, name in (
        (Fraction(1, 2), False, "DCL-abs"),
        (Fraction(7, 10), True, "SimCLR-abs"),
    ):
        gain = _frame(temperature, with_positive) - _value(duplicates, temperature, with_positive)
        yield gain.is_positive(f"{name}, τ={float(temperature)}: (e₁, e₁, e₂) beats the frame")
    low = _value(duplicates, Fraction(2, 5), False) - _frame(Fraction(2, 5), False)
    yield low.is_positive("DCL-abs, τ=0.4: the frame still wins")


def _value(z: list[list[int]], temperature: Fraction, with_positive: bool) -> Ball:
    """Σ_i log Σ exp(|z_i·z_j|/τ) over j ≠ i; SimCLR's sum also has the positive, here the sample itself."""
    gram, rows = exact.gram(z), range(len(z))
    terms = (log_sum_exp(abs(gram[i][j]) / temperature for j in rows if with_positive or j != i) for i in rows)
    return sum(terms, Ball.exact(0))


def _frame(temperature: Fraction, with_positive: bool) -> Ball:
    """The same for three vectors at 120°. With M = 2, N = 3 Welch's bound forces all |G_ij| = 1/2."""
    pairs = [Fraction(1, 2) / temperature] * 2
    return 3 * log_sum_exp([*pairs, 1 / temperature] if with_positive else pairs)


def prove() -> Proof:
    """N ≤ M by e^x ≥ 1 + x; the counterexample at M = 2, N = 3 for every τ with e^(1/2τ) ≤ 3."""
    proof, tau = Proof(), sums.scalar("tau")
    sizes = sums.array("g", q.N, q.N, sign="nonnegative")

    def exponents(i: Expression, k: Expression) -> Expression:
        return sizes[i, k] / tau

    jensen = proof.lemma("Jensen's inequality, with g for the absolute values of G", lemmas.jensen(exponents, q.N))
    mean = sums.off_diagonal(exponents, q.N) / (q.N - 1)
    constant = q.N * sp.log(q.N - 1)
    least = proof.lemma("whose mean is least without any", inequalities.at_least(constant + mean, constant, mean))
    proof.concludes("the least repulsion, where L_c is zero", inequalities.chain(jensen, least))
    row, column = sums.index("i", q.N), sums.index("k", q.N)
    v = sums.array("v", q.N)
    off = 1 - sp.KroneckerDelta(row, column)
    frame = sp.Rational(3, 2) * (sp.KroneckerDelta(row, column) - v[row] * v[column])
    proof.lemma(
        "Welch's minimisers of three vectors in the plane, G as multiple of a projector along v: all squares are",
        sums.equality(off * frame**2, off / 4, [sums.Given(v[row] ** 2, sp.Rational(1, 3))]),
    )
    s = sums.scalar("s", nonnegative=True)
    h = 2 / (1 + s)
    slack = h * (4 + 4 * h * (s**2 + 2 * s) / (1 + s) ** 2)
    proof.concludes(
        "with u for exp(1/2τ) up to 3: exp of half the repulsion, of the frame and of duplicates, over √2",
        inequalities.at_least(4 * (1 + h) ** 3, ((1 + h) ** 2 + 1) ** 2, slack),
    )
    return proof


CLAIM = Claim(
    id="prop-3.2-abs",
    title="SimCLR-abs and DCL-abs",
    source="Proposition 3.2",
    wording="SimCLR-abs and DCL-abs are sample-contrastive.",
    parts=(
        Part(
            sentence="For 2 ≤ N ≤ M DCL-abs has the minimisers of L_c on unit embeddings, the orthogonal ones.",
            symbolic=(
                "Σ_i log(Σ_{i'≠i} exp(g_ii'/τ)) ≥ N log(N − 1), for nonnegative g (N × N), τ > 0, N − 1 > 0",
            ),
            formal=("prop_3_2_abs_minimisers",),
            numeric=(
                "DCL-abs ≥ N log(N−1)",
                "N ≤ M, orthogonal",
                "dcl_abs, orthogonal",
            ),
            partial={
                "symbolic": "the bound N log(N−1)",
                "numeric": "the bound for N ≤ 10; orthogonal embeddings for N = 4",
            },
        ),
        Part(
            sentence="So has SimCLR-abs.",
            formal=("prop_3_2_abs_simclr_minimisers",),
            numeric=("simclr_abs, orthogonal",),
            partial={"numeric": "orthogonal embeddings for N = 4"},
            limits="With aligned views.",
        ),
        Part(
            sentence=(
                "For M = 2, N = 3 and τ ≥ 1/(2 log 3) two identical embeddings, (e₁, e₁, e₂), have a smaller "
                "DCL-abs than every minimiser of L_c."
            ),
            symbolic=("4 (2/(s + 1) + 1)³ > ((2/(s + 1) + 1)² + 1)², for s ≥ 0",),
            formal=(
                "prop_3_2_abs_counterexample",
                "def_3_2_three_lines",
                "def_3_2_three_lines_least",
            ),
            numeric=("DCL-abs, τ=0.5",),
            partial={
                "symbolic": "the comparison of the two values; that the minimisers have |G_ii'| = 1/2 is in words",
                "numeric": "τ = 0.5",
            },
        ),
        Part(
            sentence=(
                "With y = exp(1/2τ) that is so if and only if y³ < 3y² + y + 1, and for SimCLR-abs if and "
                "only if 3y⁵ < 3y⁴ + 3y³ + 11y² + 2y + 2."
            ),
            formal=(
                "prop_3_2_abs_threshold",
                "prop_3_2_abs_simclr_threshold",
            ),
            numeric=(
                "DCL-abs, τ=0.5",
                "DCL-abs, τ=0.4",
                "SimCLR-abs, τ=0.7",
            ),
            partial={"numeric": "τ = 0.4, 0.5 and 0.7"},
        ),
        Part(
            sentence="So it is where τ exceeds a number in (0.4102, 0.4103), for SimCLR-abs in (0.6160, 0.6161).",
            formal=(
                "prop_3_2_abs_number",
                "prop_3_2_abs_simclr_number",
            ),
            numeric=(
                "DCL-abs, τ=0.5",
                "DCL-abs, τ=0.4",
                "SimCLR-abs, τ=0.7",
            ),
            partial={
                "formal": "the sign of the gain at these four temperatures, on Coq's own reals",
                "numeric": "τ = 0.4, 0.5 and 0.7",
            },
            limits=(
                "That the gain changes its sign once only is shown on the page; that exp of Coq's reals is exp of "
                "mathcomp-analysis, in which the sentence before is proved, is not linked. That a high temperature "
                "minimises Σ|G_ii'| is an expansion on the page."
            ),
        ),
        Part(
            sentence=(
                "The library's SimCLR-abs and DCL-abs are these losses at each of their normalisations: terms, "
                "total and slope."
            ),
            numeric=(
                "simclr_abs(",
                "dcl_abs(",
            ),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="False for N > M. M = 2, N = 3: (e₁, e₁, e₂), two identical embeddings, beats every minimiser "
    "of L_c for τ ≥ 0.411 (DCL-abs) and τ ≥ 0.617 (SimCLR-abs).",
    prove=prove,
    numeric=check,
    constructed=construct,
)
