"""Definition 3.1: the diagonal part of a square matrix."""

from collections.abc import Iterator

import sympy as sp
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.symbolic import Proof, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both criteria, summed over the off-diagonal alone, are the full square less the squared diagonal."""
    k = certify(z)
    samples = k.gram_norm("gram") - k.sample_fourth_powers - k.sample_contrastive("gram")
    yield samples.is_zero("‖G‖² = ‖diag G‖² + ‖G − diag G‖²")
    dimensions = k.gram_norm("covariance") - k.dimension_fourth_powers - k.dimension_contrastive("covariance")
    yield dimensions.is_zero("‖C‖² = ‖diag C‖² + ‖C − diag C‖²")


def prove() -> Proof:
    """Entry by entry, and as a sum of squares."""
    proof = Proof("diag is an orthogonal projection: ‖A‖² = ‖diag A‖² + ‖A − diag A‖² for A of M × M")
    a = sums.array("A", q.M, q.M)
    b = sums.array("B", q.M, q.M)
    row, column = sums.index("p", q.M), sums.index("q", q.M)
    delta = sp.KroneckerDelta
    proof.record(
        "diag(diag A) = diag A, entry by entry",
        sums.equality(
            delta(row, column) * (delta(row, column) * a[row, column]), delta(row, column) * a[row, column]
        ),
    )
    proof.record(
        "⟨diag B, A − diag A⟩ = 0",
        sums.equality(
            sums.total(lambda j, o: delta(j, o) * b[j, o] * (a[j, o] - delta(j, o) * a[j, o]), q.M, q.M), 0
        ),
    )
    proof.record(
        "‖A‖² = Σ_j A_jj² + Σ_{j≠j'} A_jj'²",
        sums.equality(
            sums.total(lambda j, o: a[j, o] ** 2, q.M, q.M),
            sums.total(lambda j: a[j, j] ** 2, q.M) + sums.off_diagonal(lambda j, o: a[j, o] ** 2, q.M),
        ),
    )
    return proof


CLAIM = Claim(
    id="def-3.1",
    title="Diagonal part",
    source="Definition 3.1",
    wording="diag(A) keeps the diagonal of A and sets every other entry to zero.",
    statement="diag is a linear projection, and orthogonal: ‖A‖²_F = ‖diag A‖²_F + ‖A − diag A‖²_F.",
    verdict="holds",
    prove=prove,
    formal=("def_3_1_diag_idempotent", "def_3_1_pythagoras"),
    numeric=check,
)
