"""Equations 11 and 12: VICReg-exp."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import vicreg_exp_terms
from duality.claims.loss_values import loss_values
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.intervals import LARGEST, TEMPERATURE, above_simplex, log, repulsion
from duality.symbolic import Proof, lemmas, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Σ_j log Σ_{j'≠j} exp(C_jj'/τ) ≥ M log(M−1) − Σ_j C_jj/((M−1)τ), for any covariance."""
    n, m = z.shape
    if 2 <= m <= LARGEST and n and float(z.abs().max()) <= 1e3:
        gap = above_simplex(z.double().T.tolist())
        yield gap.is_nonnegative("repulsion of dimensions ≥ the simplex's")


def construct() -> Iterator[Check]:
    """The simplex of the dimensions reaches it, with Σ_{j≠j'} C² = M v²/(M−1), not 0."""
    yield from loss_values("vicreg_exp")
    yield from vicreg_exp_terms()
    m = 4
    dimensions = [[Fraction(int(i == j)) - Fraction(1, m) for j in range(m)] for i in range(m)]
    variance = Fraction(m - 1, m)
    bound = m * log(m - 1) - m * variance / ((m - 1) * TEMPERATURE)
    yield (repulsion(dimensions, TEMPERATURE) - bound).is_zero("simplex of the dimensions: the least c_exp")
    criterion = exact.sample_contrastive(dimensions)
    yield Check.exact("simplex: Σ C² = M v²/(M−1)", criterion, m * variance**2 / (m - 1))
    yield Check.exact("simplex: L_nc is not 0", criterion, 0, expect="beyond")


def prove() -> Proof:
    """Jensen's inequality in every row, and 1ᵀC1 ≥ 0; reached at the simplex."""
    proof, tau = Proof(), sums.scalar("tau")

    def covariance(j: Expression, other: Expression) -> Expression:
        return q.covariance(j, other, q.CENTRED) / (q.N - 1)

    column_sums = sums.total(lambda i: sums.total(lambda j: q.CENTRED(j, i), q.M) ** 2, q.N) / (q.N - 1)
    jensen, least, bound = lemmas.gram_repulsion(covariance, column_sums, q.M, tau)
    proof.lemma("Jensen's inequality", jensen)
    proof.lemma("the sum of all of C is one of squares", least)
    proof.concludes("so the repulsion has a bound by the trace", bound)
    reached, criterion = lemmas.simplex(sums.scalar("v", nonnegative=True), q.M, tau)
    proof.concludes("reached by the simplex of trace M v", reached)
    proof.concludes("whose off-diagonal squares add up to", criterion)
    return proof


CLAIM = Claim(
    id="eq-11-12",
    title="VICReg-exp",
    source="equations 11–12",
    wording="c_exp(K) = (1/d) Σ_j log Σ_{j'≠j} exp(C_jj'/τ); VICReg-exp, VICReg with c_exp for c, is "
    "dimension-contrastive.",
    parts=(
        Part(
            sentence=(
                "With Σ_j C_jj = M v alone, for a covariance C, c_exp ≥ log(M−1) − v/((M−1)τ), with equality "
                "if and only if C_jj' = −v/(M−1) for all j ≠ j'."
            ),
            symbolic=(
                (
                    "Σ_j log(Σ_{j'≠j} exp((K_cK_cᵀ)_jj'/(τ (N − 1)))) ≥ M log(M − 1) − (Σ_j (Σ_i (K_c)_ji "
                    "(K_c)_ji)/(N − 1))/(τ (M − 1)), for real K (M × N), τ > 0, M − 1 > 0, N − 1 ≠ 0"
                ),
                (
                    "Σ_j log(Σ_{j'≠j} exp(v (M δ_jj' − 1)/(τ (M − 1)))) = M log(M − 1) − v M/(τ (M − 1)), for τ "
                    "> 0, v ≥ 0, M − 1 > 0"
                ),
            ),
            formal=(
                "eq_11_13_simplex",
                "eq_11_13_covariance",
            ),
            numeric=(
                "repulsion of dimensions ≥",
                "simplex of the dimensions",
            ),
            partial={
                "symbolic": "the bound, and that the simplex reaches it; not that nothing else does",
                "numeric": "the bound for M ≤ 10, the simplex for M = 4",
            },
            limits=("In full by Coq alone: that strict convexity forces equality is nothing the engine concludes."),
        ),
        Part(
            sentence="There Σ_{j≠j'} C_jj'² = M v²/(M−1), not 0.",
            symbolic=("Σ_{j≠j'} v² (M δ_jj' − 1)²/(M − 1)² = M v²/(M − 1), for v ≥ 0, M − 1 ≠ 0",),
            formal=("eq_11_13_simplex",),
            numeric=(
                "simplex: Σ C²",
                "simplex: L_nc is not 0",
            ),
        ),
        Part(
            sentence="For v > 0 some embeddings with centred dimensions reach it if and only if M ≤ N.",
            formal=(
                "eq_11_13_attained",
                "centred_simplex_exists",
            ),
            limits="By Coq alone: existence is nothing the engine concludes.",
        ),
        Part(
            sentence="The covariance term of the library's VICReg-exp is c_exp of both views.",
            numeric=("VICRegExpLoss: ",),
            limits="On one matrix.",
        ),
        Part(
            sentence="So are its other terms, its total and its slope what the formulas say.",
            numeric=("vicreg_exp(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="c_exp has no square: its optimum is not L_nc = 0 but C_jj' = −v/(M−1), where Σ_{j≠j'} C_jj'² ="
    " M v²/(M−1). Small for each pair when M is large.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
