"""Every spectral function agrees on both sides."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.proposition_3_2_tcr import LARGEST_SIDE
from duality.numeric import exact
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """tr Gᵏ = tr Cᵏ for k up to 5, in rational arithmetic."""
    if not z.numel() or max(z.shape) > LARGEST_SIDE:
        return
    rows = z.double().tolist()
    gram, covariance = exact.gram(rows), exact.gram(exact.transpose(rows))
    left, right = gram, covariance
    for power in range(1, 6):
        yield Check.exact(f"tr G^{power} = tr C^{power}", _trace(left), _trace(right))
        left, right = exact.product(left, gram), exact.product(right, covariance)


def _trace(matrix: exact.Matrix) -> Fraction:
    return sum((Fraction(row[i]) for i, row in enumerate(matrix)), Fraction(0))


CLAIM = Claim(
    id="spectral-duality",
    title="Every spectral function is dual",
    source="beyond the paper",
    wording="Which other criteria can be had from either matrix?",
    statement="Xᴺ χ_AB(X) = Xᴹ χ_BA(X) and tr (AB)ᵏ = tr (BA)ᵏ: Gram matrix and covariance have the same non-"
    "zero spectrum, so every spectral function (effective rank, log-determinant, Schatten norms) is"
    " the same on both sides.",
    verdict="holds",
    formal=("spectral_duality",),
    numeric=check,
)
