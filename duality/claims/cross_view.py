"""The duality across two views."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric.certify import certify_cross
from duality.numeric.check import Check
from duality.numeric.implementations import cross_values
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both full squares of two views, from either side; the second is the first reversed both ways, and squared."""
    views = certify_cross(z, _other_view(z))
    samples = views.cross_gram_norm("gram") - views.cross_gram_norm("covariance")
    yield samples.is_zero("‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩")
    dimensions = views.cross_covariance_norm("covariance") - views.cross_covariance_norm("gram")
    yield dimensions.is_zero("‖ABᵀ‖² = ⟨AᵀA, BᵀB⟩")


def _other_view(z: Tensor) -> Tensor:
    """Neither matrix of it is one of ``z``'s, in any order."""
    peak = float(z.abs().max()) if z.numel() else 0.0
    return (z.double() / (peak or 1.0)).flip(0, 1).square() - 0.25


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
    parts=(
        Part(
            sentence="‖AᵀB‖²_F = ⟨AAᵀ, BBᵀ⟩ for real A of M × N and B of M × P.",
            symbolic=(
                "tr(Bᵀ A Aᵀ B) = tr(A Aᵀ B Bᵀ), for real A (M × N), real B (M × P)",
                (
                    "Σ_{i,p} (Σ_j A_ji B_jp)² = Σ_{j,j'} (Σ_i A_ji A_j'i) (Σ_p B_jp B_j'p), for real A (M × N), "
                    "real B (M × P)"
                ),
            ),
            formal=("cross_view",),
            numeric=(
                "‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩",
                "‖ABᵀ‖² = ⟨AᵀA, BᵀB⟩",
            ),
            partial={"numeric": "for B the samples of A in reverse"},
        ),
        Part(
            sentence="The same over any commutative ring.",
            formal=("cross_view",),
            limits="By Coq alone.",
        ),
        Part(
            sentence=(
                "The library's four forms of two views of integers are right to the last bit: on each side, in "
                "each layout and precision."
            ),
            numeric=("integers: ",),
            limits="Pairs of matrices of small integers.",
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
    constructed=cross_values,
)
