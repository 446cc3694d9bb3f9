"""Definition 3.1: the diagonal part of a square matrix."""

from collections.abc import Iterator

import sympy as sp
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.symbolic import Proof, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both criteria, summed over the off-diagonal alone, are the full square less the squared diagonal."""
    k = certify(z)
    samples = k.gram_norm("gram") - k.sample_fourth_powers - k.sample_contrastive("gram")
    yield samples.is_zero("‖G‖² = ‖diag G‖² + ‖G − diag G‖²")
    dimensions = k.gram_norm("covariance") - k.dimension_fourth_powers - k.dimension_contrastive("covariance")
    yield dimensions.is_zero("‖C‖² = ‖diag C‖² + ‖C − diag C‖²")


def prove() -> Proof:
    """Entry by entry, and as a sum of squares."""
    proof = Proof()
    a, b = (q.entries(sums.array(name, q.M, q.M)) for name in "AB")

    def diagonal(entry: q.Entries) -> q.Entries:
        def kept(j: Expression, other: Expression) -> Expression:
            return sums.total(lambda m: sp.KroneckerDelta(j, m) * sp.KroneckerDelta(m, other) * entry(j, m), q.M)

        return kept

    def squares(entry: q.Entries) -> Expression:
        return sums.total(lambda j, o: entry(j, o) ** 2, q.M, q.M)

    def rest(j: Expression, other: Expression) -> Expression:
        return a(j, other) - diagonal(a)(j, other)

    row, column = sums.index("p", q.M), sums.index("q", q.M)
    again = sums.equality(diagonal(diagonal(a))(row, column), diagonal(a)(row, column))
    proof.concludes("diag does nothing a second time", again)
    inner = sums.total(lambda j, o: diagonal(b)(j, o) * rest(j, o), q.M, q.M)
    proof.concludes("what it takes away is orthogonal to all that it leaves", sums.equality(inner, 0))
    split = squares(diagonal(a)) + squares(rest)
    proof.concludes("so the squares add up", sums.equality(squares(a), split))
    return proof


CLAIM = Claim(
    id="def-3.1",
    title="Diagonal part",
    source="Definition 3.1",
    wording="diag(A) keeps the diagonal of A and sets every other entry to zero.",
    parts=(
        Part(
            sentence="diag does nothing a second time: diag(diag A) = diag A.",
            symbolic=("Σ_j δ_jp δ_jq (Σ_j' A_pj' δ_j'p δ_j'j) = Σ_j A_pj δ_jp δ_jq, for real A (M × M)",),
            formal=("def_3_1_diag_idempotent",),
        ),
        Part(
            sentence="It is orthogonal: ‖A‖²_F = ‖diag A‖²_F + ‖A − diag A‖²_F.",
            symbolic=(
                (
                    "Σ_{j,j'} (Σ_j'' B_jj'' δ_jj'' δ_j''j') (A_jj' − Σ_j'' A_jj'' δ_jj'' δ_j''j') = 0, for real "
                    "A (M × M), real B (M × M)"
                ),
                (
                    "Σ_{j,j'} A_jj'² = Σ_{j,j'} (Σ_j'' A_jj'' δ_jj'' δ_j''j')² + Σ_{j,j'} (A_jj' − Σ_j'' A_jj'' "
                    "δ_jj'' δ_j''j')², for real A (M × M)"
                ),
            ),
            formal=("def_3_1_pythagoras",),
            numeric=(
                "‖G‖² = ‖diag G‖²",
                "‖C‖² = ‖diag C‖²",
            ),
            partial={"numeric": "for A = G and A = C"},
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
)
