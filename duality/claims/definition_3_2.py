"""Definition 3.2: the two families of criteria, and the feasible set that the definition leaves out."""

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
from jaxtyping import Float
from torch import Tensor

from duality.claims.citations import TIGHT_FRAMES
from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.precision import judge_criteria
from duality.symbolic import Proof, inequalities, lemmas, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The library's criteria, in the type of ``z`` and on every side, against certified values; Welch's bound."""
    yield from judge_criteria(z)
    if z.numel():
        k = certify(z)
        excess = k.gram_norm("gram") - k.energy.square() / min(z.shape)
        yield excess.is_nonnegative("Welch: ‖G‖² ≥ ‖K‖⁴/min(M, N)")


def construct() -> Iterator[Check]:
    """Total collapse has L_nc = 0; unit embeddings reach max(0, N²/M − N), Welch's bound, and not less."""
    for n, m in ((2, 1), (5, 3), (9, 4)):
        collapsed = [[int(j == 0) for j in range(m)] for _ in range(n)]
        yield Check.exact(f"collapse, N={n}, M={m}: L_nc = 0", exact.dimension_contrastive(collapsed), 0)
        yield Check.exact(f"collapse, N={n}, M={m}: L_c = N² − N", exact.sample_contrastive(collapsed), n * n - n)
    for n, m in ((3, 3), (3, 7), (6, 3), (12, 4)):
        basis = [[int(j == i % m) for j in range(m)] for i in range(n)]
        welch = max(Fraction(0), Fraction(n * n, m) - n)
        yield Check.exact(
            f"copies of a basis, N={n}, M={m}: L_c = max(0, N²/M − N)", exact.sample_contrastive(basis), welch
        )


def prove() -> Proof:
    """Welch's bound as a sum of squares; copies of a basis; total collapse as K = e₁1ᵀ."""
    proof, samples = Proof(), q.sample_contrastive()
    proof.concludes("the criterion is a sum of squares", inequalities.at_least(samples, 0, samples))
    proof.concludes("Welch's bound, reached where C is a multiple of the identity", lemmas.welch())
    _conclude_copies(proof)
    axis = sums.index("1", q.M)

    def collapsed(j: Expression, i: Expression) -> Expression:
        return sp.KroneckerDelta(j, axis)

    unit = sums.equality(q.sample_energy(sums.index("i", q.N), collapsed), 1)
    proof.concludes("every embedding the first axis: unit embeddings", unit)
    proof.concludes("L_nc of these", sums.equality(q.dimension_contrastive(collapsed), 0))
    proof.concludes("L_c of these", sums.equality(q.sample_contrastive(collapsed), q.N**2 - q.N))
    return proof


def _conclude_copies(proof: Proof) -> None:
    """B copies of a basis of M vectors: sample (j, b) is e_j, and pairs with j = j' and b = b' are left out."""
    copies = size("B")

    def similarity(j: Expression, other: Expression) -> Expression:
        return sums.total(lambda m: sp.KroneckerDelta(m, j) * sp.KroneckerDelta(m, other), q.M)

    def pair(j: Expression, b: Expression, other: Expression, c: Expression) -> Expression:
        return (1 - sp.KroneckerDelta(j, other) * sp.KroneckerDelta(b, c)) * similarity(j, other) ** 2

    n = q.M * copies
    criterion = sums.total(pair, q.M, copies, q.M, copies)
    proof.concludes("L_c of B copies of a basis is at the bound", sums.equality(criterion, n**2 / q.M - n))


CLAIM = Claim(
    id="def-3.2",
    title="Sample- and dimension-contrastive",
    source="Definition 3.2",
    wording="A method is sample-contrastive if it minimises L_c = ‖KᵀK − diag(KᵀK)‖²_F, dimension-"
    "contrastive if it minimises L_nc = ‖KKᵀ − diag(KKᵀ)‖²_F.",
    parts=(
        Part(
            sentence="On unit embeddings L_c ≥ max(0, N²/M − N), Welch's bound.",
            symbolic=(
                "L_c ≥ 0, for real K (M × N)",
                "L_c ≥ N²/M − N, given ‖K_·i‖² = 1, for real K (M × N)",
            ),
            formal=("def_3_2_welch",),
            numeric=("Welch: ",),
        ),
        Part(
            sentence="L_c = N²/M − N if and only if C = (N/M) I: unit-norm tight frames.",
            symbolic=("L_c ≥ N²/M − N, given ‖K_·i‖² = 1, for real K (M × N)",),
            formal=("def_3_2_welch_equality",),
            numeric=("L_c = max(0, N²/M − N)",),
            partial={
                "symbolic": "the bound, whose slack is a square; the case of equality is in words",
                "numeric": "copies of a basis reach it",
            },
        ),
        Part(
            sentence="The least L_c of unit embeddings is 0 if and only if N ≤ M.",
            formal=("def_3_2_minimum",),
            numeric=("copies of a basis, N=3",),
            partial={"numeric": "orthogonal embeddings have it"},
            limits="In full by Coq alone: the engine has no notion of rank.",
        ),
        Part(
            sentence="For every N ≥ M some unit embeddings reach N²/M − N.",
            symbolic=("Σ_{j,b,j',b'} (1 − δ_jj' δ_bb') (Σ_j'' δ_j''j δ_j''j')² = M B² − B M",),
            formal=("def_3_2_welch_equality",),
            numeric=(
                "copies of a basis, N=6",
                "copies of a basis, N=12",
            ),
            partial={
                "symbolic": "N a multiple of M: copies of a basis",
                "formal": "that it is reached exactly by tight frames, not that there are some",
                "numeric": "N a multiple of M",
            },
            rests_on=(TIGHT_FRAMES,),
            limits="Proved here where N is a multiple of M.",
        ),
        Part(
            sentence="Total collapse K = e₁1ᵀ has L_nc = 0 and L_c = N² − N.",
            symbolic=(
                "Σ_j δ_1j = 1",
                "Σ_{j≠j'} (Σ_i δ_1j δ_1j')² = 0",
                "Σ_{i≠i'} (Σ_j δ_1j)² = N² − N",
            ),
            formal=("def_3_2_collapse",),
            numeric=("collapse, N=",),
        ),
        Part(
            sentence=(
                "With unit embeddings L_c = 0 forces rank N, with unit dimensions L_nc = 0 forces rank M, "
                "and where all embeddings are equal the one is N² − N, the other M² − M."
            ),
            formal=(
                "def_3_2_protects_embeddings",
                "def_3_2_protects_dimensions",
                "refuted_protects_unnormalised",
            ),
            limits=("By Coq alone: the engine has no notion of rank, and a check on matrices says little of it."),
        ),
        Part(
            sentence="The library's criteria have these values on either side.",
            numeric=(
                "gram_norm, ",
                "sample_contrastive, ",
                "dimension_contrastive, ",
            ),
            limits="Within a certified rounding error, on the matrices that are checked.",
        ),
    ),
    verdict="corrected",
    remark="“Minimises” needs a feasible set. Over all matrices both minima are zero, at K = 0; over unit "
    "embeddings K = e₁1ᵀ, every embedding the same, has L_nc = 0 and L_c = N² − N.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
