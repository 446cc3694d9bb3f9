"""Equation 13: VICReg-ctr."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.equation_11_12 import check as check_dimensions
from duality.claims.loss_terms import vicreg_ctr_terms
from duality.claims.proposition_3_1 import record_jensen
from duality.numeric.check import Check
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The bound of c_exp for Kᵀ: DCL's repulsion of the samples, bounded by its simplex."""
    yield from check_dimensions(z.T)


def prove() -> Proof:
    """Equations 11 and 12 with samples in the place of dimensions."""
    proof = Proof("c_exp(Kᵀ) ≥ log(N−1) − v/((N−1)τ) where Σ_i G_ii = N v; at the simplex L_c = N v²/(N−1)")
    record_jensen(proof, q.N)
    trace = sums.total(lambda i: q.gram(i, i), q.N)
    row_sums = sums.total(lambda j: sums.total(lambda i: q.K[j, i], q.N) ** 2, q.M)
    proof.record(
        "y_ii' = G_ii'/τ, and Σ_{i≠i'} G_ii' ≥ −Σ_i G_ii since 1ᵀG1 is a sum of squares",
        inequalities.at_least(sums.off_diagonal(q.gram, q.N), -trace, row_sums),
    )
    v = sums.scalar("v", nonnegative=True)
    simplex = sums.off_diagonal(lambda i, other: (-v / (q.N - 1)) ** 2, q.N)
    proof.record("all G_ii' = −v/(N−1)", sums.equality(simplex, q.N * v**2 / (q.N - 1)))
    return proof


CLAIM = Claim(
    id="eq-13",
    title="VICReg-ctr",
    source="equation 13",
    wording="VICReg-ctr is VICReg-exp with Kᵀ in the variance and covariance terms: it is contrastive.",
    statement="c_exp(Kᵀ) is the mean over samples of DCL's repulsion log Σ_{i'≠i} exp(G_ii'/τ); its optimum "
    "is the simplex of the samples, G_ii' = −v/(N−1), as for DCL.",
    verdict="corrected",
    remark="As in equation 11 the optimum is the simplex, not L_c = 0; and VICReg's normalisation must go "
    "with it: the hinge then holds up each embedding's norm, not each dimension's deviation.",
    prove=prove,
    formal=("eq_11_13_simplex",),
    numeric=check,
    constructed=vicreg_ctr_terms,
)
