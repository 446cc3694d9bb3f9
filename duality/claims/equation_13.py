"""Equation 13: VICReg-ctr."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import vicreg_ctr_terms
from duality.claims.loss_values import loss_values
from duality.numeric.check import Check
from duality.numeric.intervals import LARGEST, above_simplex
from duality.symbolic import Proof, lemmas, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The bound of c_exp for Kᵀ: DCL's repulsion of the samples, bounded by its simplex."""
    n, m = z.shape
    if 2 <= n <= LARGEST and m and float(z.abs().max()) <= 1e3:
        yield above_simplex(z.double().tolist()).is_nonnegative("repulsion of samples ≥ the simplex's")


def construct() -> Iterator[Check]:
    """The loss next to its formula, and its covariance next to DCL's repulsion."""
    yield from loss_values("vicreg_ctr")
    yield from vicreg_ctr_terms()


def prove() -> Proof:
    """Equations 11 and 12 with samples in the place of dimensions."""
    proof, tau = Proof(), sums.scalar("tau")
    row_sums = sums.total(lambda j: sums.total(lambda i: q.K[j, i], q.N) ** 2, q.M)
    jensen, least, bound = lemmas.gram_repulsion(q.gram, row_sums, q.N, tau)
    proof.lemma("Jensen's inequality", jensen)
    proof.lemma("the sum of all of G is one of squares", least)
    proof.concludes("so the repulsion has a bound by the trace", bound)
    reached, criterion = lemmas.simplex(sums.scalar("v", nonnegative=True), q.N, tau)
    proof.concludes("reached by the simplex of trace N v", reached)
    proof.concludes("whose L_c is", criterion)
    return proof


CLAIM = Claim(
    id="eq-13",
    title="VICReg-ctr",
    source="equation 13",
    wording="VICReg-ctr is VICReg-exp with Kᵀ in the variance and covariance terms: it is contrastive.",
    parts=(
        Part(
            sentence=(
                "c_exp(Kᵀ) is the mean over samples of DCL's repulsion: with ‖K‖²_F = N v it is at least "
                "log(N−1) − v/((N−1)τ), with equality if and only if G_ii' = −v/(N−1) for all i ≠ i'."
            ),
            symbolic=(
                (
                    "Σ_i log(Σ_{i'≠i} exp(G_ii'/τ)) ≥ N log(N − 1) − ‖K‖²/(τ (N − 1)), for real K (M × N), τ > "
                    "0, N − 1 > 0"
                ),
                (
                    "Σ_i log(Σ_{i'≠i} exp(v (N δ_ii' − 1)/(τ (N − 1)))) = N log(N − 1) − v N/(τ (N − 1)), for τ "
                    "> 0, v ≥ 0, N − 1 > 0"
                ),
            ),
            formal=("eq_11_13_simplex",),
            numeric=("repulsion of samples ≥",),
            partial={
                "symbolic": "the bound, and that the simplex reaches it; not that nothing else does",
                "numeric": "the bound for N ≤ 10",
            },
            limits="In full by Coq alone, whose theorem is put to Kᵀ.",
        ),
        Part(
            sentence="There L_c = N v²/(N−1), not 0.",
            symbolic=("Σ_{i≠i'} v² (N δ_ii' − 1)²/(N − 1)² = N v²/(N − 1), for v ≥ 0, N − 1 ≠ 0",),
            formal=("eq_11_13_simplex",),
        ),
        Part(
            sentence="For v > 0 there are such embeddings if and only if N ≤ M + 1.",
            formal=("simplex_exists",),
            limits="By Coq alone: existence is nothing the engine concludes.",
        ),
        Part(
            sentence="The covariance term of the library's VICReg-ctr is c_exp(Kᵀ) of both views.",
            numeric=("VICRegCtrLoss: ",),
            limits="On one matrix. What VICReg's hinge does on Kᵀ is not proved.",
        ),
        Part(
            sentence="So are its other terms, its total and its slope what the formulas say.",
            numeric=("vicreg_ctr(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="As in equation 11 the optimum is the simplex, not L_c = 0; and VICReg's normalisation must go "
    "with it: the hinge then holds up each embedding's norm, not each dimension's deviation.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
