"""Equations 11 and 12: VICReg-exp."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.loss_terms import vicreg_exp_terms
from duality.claims.proposition_3_1 import LARGEST, TEMPERATURE
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.intervals import log, repulsion
from duality.symbolic import Proof, lemmas, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Σ_j log Σ_{j'≠j} exp(C_jj'/τ) ≥ M log(M−1) − Σ_j C_jj/((M−1)τ), for any covariance."""
    n, m = z.shape
    if not 2 <= m <= LARGEST or not n or float(z.abs().max()) > 1e3:
        return
    dimensions = exact.transpose(z.double().tolist())
    energy = sum((Fraction(entry) ** 2 for row in dimensions for entry in row), Fraction(0))
    bound = m * log(m - 1) - energy / ((m - 1) * TEMPERATURE)
    yield (repulsion(dimensions, TEMPERATURE) - bound).is_nonnegative("repulsion of dimensions ≥ the simplex's")


def construct() -> Iterator[Check]:
    """The simplex of the dimensions reaches it, with Σ_{j≠j'} C² = M v²/(M−1), not 0."""
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
    statement="With Σ_j C_jj = M v, c_exp ≥ log(M−1) − v/((M−1)τ), reached where every C_jj' = −v/(M−1): the "
    "simplex of the dimensions.",
    verdict="corrected",
    remark="c_exp has no square: its optimum is not L_nc = 0 but C_jj' = −v/(M−1), where Σ_{j≠j'} C_jj'² ="
    " M v²/(M−1). Small for each pair when M is large.",
    prove=prove,
    formal=(
        "eq_11_13_simplex",
        "eq_11_13_covariance",
        "eq_11_13_attained",
        "centred_simplex_exists",
    ),
    numeric=check,
    constructed=construct,
)
