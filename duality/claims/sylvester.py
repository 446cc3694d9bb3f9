"""Sylvester's identity, TCR's duality."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.check import Check
from duality.symbolic import Proof, determinants, sums, traces
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """det(I + AB) = det(I + BA) in rational arithmetic, for A = Z and a B that is not Zᵀ."""
    if not z.numel() or max(z.shape) > exact.LARGEST_SIDE:
        return
    a = z.double().tolist()
    b = exact.transpose(z.double().flip(0).tolist())
    left, right = exact.product(a, b), exact.product(b, a)
    yield Check.exact("det(I + AB) = det(I + BA)", _shifted_determinant(left), _shifted_determinant(right))


def _shifted_determinant(matrix: exact.Rationals) -> Fraction:
    return exact.determinant([[entry + int(i == j) for j, entry in enumerate(row)] for i, row in enumerate(matrix)])


def prove() -> Proof:
    """One bordered matrix, factorised in two ways; then A = aK and B = Kᵀ."""
    proof = Proof()
    a, b = traces.matrix("A", q.M, q.N), traces.matrix("B", q.N, q.M)
    k, scale = traces.matrix("K", q.M, q.N), sums.scalar("a")
    first, second, identity = determinants.sylvester(a, b)
    proof.lemma("multiplied out", first)
    proof.lemma("and in the other order", second)
    proof.concludes("determinants of block-triangular factors", identity)
    proof.concludes("TCR, in the same way", determinants.sylvester(scale * k, k.T)[-1])
    return proof


CLAIM = Claim(
    id="sylvester",
    title="Sylvester's identity",
    source="beyond the paper",
    wording="Log-determinant methods (TCR) have no place in Theorem 3.3; is there a duality for them?",
    parts=(
        Part(
            sentence="det(I + AB) = det(I + BA) for A of M × N and B of N × M.",
            symbolic=("det(I + B A) = det(I + A B), for real A (M × N), real B (N × M)",),
            formal=("sylvester",),
            numeric=("det(I + AB) = det(I + BA)",),
        ),
        Part(
            sentence="So det(I + aKKᵀ) = det(I + aKᵀK), TCR's duality.",
            symbolic=("det(I + a Kᵀ K) = det(I + a K Kᵀ), for real K (M × N), a > 0",),
            formal=("sylvester",),
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
)
