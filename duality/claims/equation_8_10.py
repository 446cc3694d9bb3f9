"""Equations 8 to 10: VICReg's covariance term through L_c."""

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import vicreg_contrastive_terms
from duality.claims.loss_values import loss_values
from duality.numeric import exact
from duality.numeric.check import Check
from duality.symbolic import Proof, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """c(K) = (L_c(K_c) + L_reg(K_c))/(M(N−1)²) with the same centred K_c on both sides, exactly."""
    n, m = z.shape
    if n >= 2 and m and z.numel() <= exact.LARGEST_ENTRIES:
        rows = z.double().tolist()
        centred = exact.center(rows)
        regulariser = exact.sample_fourth_powers(centred) - exact.dimension_fourth_powers(centred)
        through_gram = (exact.sample_contrastive(centred) + regulariser) / (m * (n - 1) ** 2)
        yield Check.exact("c(K) = (L_c(K_c) + L_reg(K_c))/(M(N−1)²)", exact.vicreg_covariance(rows), through_gram)


def construct() -> Iterator[Check]:
    """K = ones(3, 4): VICReg's own c of Kᵀ is 0, L_c is 108."""
    yield from loss_values("vicreg_contrastive")
    yield from vicreg_contrastive_terms()
    ones = [[1] * 3 for _ in range(4)]
    yield Check.exact(
        "ones(3, 4): c(Kᵀ) with its centring and factors is 0", exact.vicreg_covariance(exact.transpose(ones)), 0
    )
    yield Check.exact("ones(3, 4): L_c = 108", exact.sample_contrastive(ones), Fraction(108))


def prove() -> Proof:
    """Equation 10 with VICReg's own covariance; equation 8's counterexample for every size."""
    proof = Proof()
    regularity = q.sample_fourth_powers(q.CENTRED) - q.dimension_fourth_powers(q.CENTRED)
    through_gram = (q.sample_contrastive(q.CENTRED) + regularity) / (q.M * (q.N - 1) ** 2)
    proof.concludes("VICReg's covariance term", sums.equality(q.vicreg_covariance(), through_gram))

    def ones(j: Expression, i: Expression) -> Expression:
        return sp.S.One

    energy = sums.equality(q.sample_contrastive(ones), q.M**2 * q.N * (q.N - 1))
    proof.concludes("equation 8 fails, L_c of the matrix of ones", energy)
    entry = ones(sums.index("j", q.M), sums.index("i", q.N))
    centred = sums.equality(entry - sums.total(lambda j: entry, q.M) / q.M, 0)
    proof.concludes("while each entry of its transpose, centred as c centres it", centred)
    return proof


CLAIM = Claim(
    id="eq-8-10",
    title="VICReg through the Gram matrix",
    source="equations 8–10",
    wording="c(Kᵀ) = L_c(K); with L_reg = Σ_i‖K_·i‖⁴ − Σ_j‖K_j·‖⁴ VICReg's covariance term is L_c + L_reg.",
    parts=(
        Part(
            sentence="c(K) = (L_c(K_c) + L_reg(K_c))/(M(N−1)²), with the same centred K_c on both sides.",
            symbolic=(
                (
                    "(Σ_{j≠j'} (K_cK_cᵀ)_jj'²/(N − 1)²)/M = (L_c(K_c) + Σ_i ‖(K_c)_·i‖⁴ − Σ_j ‖(K_c)_j·‖⁴)/(M (N "
                    "− 1)²), for real K (M × N), N − 1 ≠ 0"
                ),
            ),
            formal=(
                "eq_10",
                "eq_10_centred",
            ),
            numeric=(
                "c(K) = (L_c(K_c) + L_reg(K_c))",
                "vicreg_contrastive: ",
            ),
        ),
        Part(
            sentence="Without VICReg's centring and factors equation 8 holds: L_nc(Kᵀ) = L_c(K).",
            formal=("eq_8",),
            limits="By Coq alone: it is the definition with rows and columns exchanged.",
        ),
        Part(
            sentence=(
                "With them it fails: of the matrix of ones L_c = M²N(N−1), while its transpose, centred as c "
                "centres it, is zero."
            ),
            symbolic=(
                "Σ_{i≠i'} (Σ_j 1)² = N M² (N − 1)",
                "1 − (Σ_j 1)/M = 0",
            ),
            formal=("eq_8_counterexample",),
            numeric=("ones(3, 4): ",),
            partial={"formal": "M = 3, N = 4", "numeric": "M = 3, N = 4"},
            limits="A counterexample needs no more than one.",
        ),
        Part(
            sentence="The library's VICReg through L_c has the terms, total and slope of VICReg.",
            numeric=("vicreg_contrastive(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="The identity holds; c(Kᵀ) = L_c(K) only without VICReg's factors and centring. K = ones(3, 4):"
    " its own c(Kᵀ) is 0, L_c is 108.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
