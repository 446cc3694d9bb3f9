"""Definition 3.1: the diagonal part of a square matrix."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric.certify import certify
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both criteria, summed over the off-diagonal alone, are the full square less the squared diagonal."""
    k = certify(z)
    samples = k.gram_norm("gram") - k.sample_fourth_powers - k.sample_contrastive("gram")
    yield samples.is_zero("‖G‖² = ‖diag G‖² + ‖G − diag G‖²")
    dimensions = k.gram_norm("covariance") - k.dimension_fourth_powers - k.dimension_contrastive("covariance")
    yield dimensions.is_zero("‖C‖² = ‖diag C‖² + ‖C − diag C‖²")


CLAIM = Claim(
    id="def-3.1",
    title="Diagonal part",
    source="Definition 3.1",
    wording="diag(A) keeps the diagonal of A and sets every other entry to zero.",
    statement="diag is a linear projection, and orthogonal: ‖A‖²_F = ‖diag A‖²_F + ‖A − diag A‖²_F.",
    verdict="holds",
    formal=("def_3_1_diag_idempotent", "def_3_1_pythagoras"),
    numeric=check,
)
