"""The duality across two views."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric.certify import certify_cross
from duality.numeric.check import Check
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both full squares of two views, from either side; the second view is the first with samples reversed."""
    views = certify_cross(z, z.flip(0))
    samples = views.cross_gram_norm("gram") - views.cross_gram_norm("covariance")
    yield samples.is_zero("‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩")
    dimensions = views.cross_covariance_norm("covariance") - views.cross_covariance_norm("gram")
    yield dimensions.is_zero("‖ABᵀ‖² = ⟨AᵀA, BᵀB⟩")


def prove() -> Proof:
    """By cyclicity of the trace, and again by index sums."""
    proof, columns = Proof(), size("P")
    a, b = traces.matrix("A", q.M, q.N), traces.matrix("B", q.M, columns)
    cyclic = traces.equality(traces.squared_norm(a.T @ b), traces.inner(a @ a.T, b @ b.T))
    proof.concludes("as traces", cyclic)
    x, y = sums.array("A", q.M, q.N), sums.array("B", q.M, columns)

    def similarity(i: Expression, other: Expression) -> Expression:
        return sums.total(lambda j: x[j, i] * y[j, other], q.M)

    def covariances(j: Expression, other: Expression) -> Expression:
        first = sums.total(lambda i: x[j, i] * x[other, i], q.N)
        return first * sums.total(lambda i: y[j, i] * y[other, i], columns)

    similarities = sums.total(lambda i, other: similarity(i, other) ** 2, q.N, columns)
    proof.concludes("as sums", sums.equality(similarities, sums.total(covariances, q.M, q.M)))
    return proof


CLAIM = Claim(
    id="cross-view",
    title="The duality across views",
    source="beyond the paper",
    wording="Spectral Contrastive and Barlow Twins compare two views; Theorem 3.3 has one.",
    statement="‖AᵀB‖²_F = ⟨AAᵀ, BBᵀ⟩ for A of M × N and B of M × P, over any commutative ring.",
    verdict="holds",
    prove=prove,
    formal=("cross_view",),
    numeric=check,
)
