"""The participation ratio is at most the rank."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.symbolic import Proof, lemmas


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """T² ≤ min(M, N) ‖G‖², and with the true rank where it is cheap to have exactly."""
    if z.numel():
        k = certify(z)
        bound = min(z.shape) * k.gram_norm("gram") - k.energy.square()
        yield bound.is_nonnegative("‖K‖⁴ ≤ min(M, N) ‖G‖²")


def construct() -> Iterator[Check]:
    """Integer matrices of rank r by construction: products of r columns and r rows; equality at a projector."""
    for n, m, rank in ((6, 5, 1), (6, 5, 2), (5, 8, 3)):
        left = [[(3 * i + 5 * r * r + i * r) % 7 - 3 for r in range(rank)] for i in range(n)]
        right = [[(2 * j + r + j * j * (r + 1)) % 5 - 2 for j in range(m)] for r in range(rank)]
        z = exact.product(left, right)
        energy = sum((Fraction(entry) ** 2 for row in z for entry in row), Fraction(0))
        limit = rank * exact.gram_norm(z)
        yield Check.exact(f"rank ≤ {rank}, N={n}, M={m}: ‖K‖⁴ ≤ rank ‖G‖²", max(energy**2, limit), limit)
    projector = [[int(i == j and i < 2) for j in range(4)] for i in range(4)]
    yield Check.exact("projector of rank 2: equality", 2**2, 2 * exact.gram_norm(projector))


def prove() -> Proof:
    """‖C − (T/r)P‖² ≥ 0 for the orthogonal projector P on the span of the embeddings, of rank r ≥ 1."""
    proof = Proof()
    proof.concludes("by the orthogonal projector P on the span of the embeddings", lemmas.rank_bound())
    return proof


CLAIM = Claim(
    id="rank-bound",
    title="Participation ratio and rank",
    source="beyond the paper",
    wording="How small can the full square be?",
    parts=(
        Part(
            sentence="T² ≤ rank(K) ‖G‖²_F: the participation ratio T²/‖G‖² is at most the rank.",
            symbolic=(
                (
                    "tr(Kᵀ K Kᵀ K) ≥ T^2/r, given P P = P and P K = K and tr(P) = r and tr(Kᵀ K) = T, for real K "
                    "(M × N), symmetric P (M × M), T > 0, r > 0"
                ),
            ),
            formal=("rank_bound",),
            numeric=(
                "‖K‖⁴ ≤ min(M, N) ‖G‖²",
                "rank ≤ ",
                "projector of rank 2",
            ),
            partial={
                "symbolic": "with the orthogonal projector on the span assumed, and its trace for the rank",
                "numeric": "the rank itself on three matrices, min(M, N) on all",
            },
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
    constructed=construct,
)
