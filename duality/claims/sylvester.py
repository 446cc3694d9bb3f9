"""Sylvester's identity, TCR's duality."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.proposition_3_2_tcr import LARGEST_SIDE
from duality.numeric import exact
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """det(I + AB) = det(I + BA) in rational arithmetic, for A = Z and a B that is not Zᵀ."""
    if not z.numel() or max(z.shape) > LARGEST_SIDE:
        return
    a = z.double().tolist()
    b = exact.transpose(z.double().flip(0).tolist())
    left, right = exact.product(a, b), exact.product(b, a)
    yield Check.exact("det(I + AB) = det(I + BA)", _shifted_determinant(left), _shifted_determinant(right))


def _shifted_determinant(matrix: exact.Matrix) -> exact.Fraction:
    return exact.determinant([[entry + int(i == j) for j, entry in enumerate(row)] for i, row in enumerate(matrix)])


CLAIM = Claim(
    id="sylvester",
    title="Sylvester's identity",
    source="beyond the paper",
    wording="Log-determinant methods (TCR) have no place in Theorem 3.3; is there a duality for them?",
    statement="det(I + AB) = det(I + BA) for A of M × N and B of N × M: log det(I + aKKᵀ) = log det(I + aKᵀK).",
    verdict="holds",
    formal=("sylvester",),
    numeric=check,
)
