"""The duality across two views."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric.certify import certify_cross
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both full squares of two views, from either side; the second view is the first with samples reversed."""
    views = certify_cross(z, z.flip(0))
    samples = views.cross_gram_norm("gram") - views.cross_gram_norm("covariance")
    yield samples.is_zero("‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩")
    dimensions = views.cross_covariance_norm("covariance") - views.cross_covariance_norm("gram")
    yield dimensions.is_zero("‖ABᵀ‖² = ⟨AᵀA, BᵀB⟩")


CLAIM = Claim(
    id="cross-view",
    title="The duality across views",
    source="beyond the paper",
    wording="Spectral Contrastive and Barlow Twins compare two views; Theorem 3.3 has one.",
    statement="‖AᵀB‖²_F = ⟨AAᵀ, BBᵀ⟩ for A of M × N and B of M × P, over any commutative ring.",
    verdict="holds",
    formal=("cross_view",),
    numeric=check,
)
