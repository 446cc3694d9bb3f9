"""Proposition 3.2: Spectral Contrastive is sample-contrastive."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric.certify import certify, certify_cross
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The repulsion within one view is L_c; across two views it has the same value on either side."""
    k = certify(z)
    one_view = certify_cross(z, z).cross_sample_contrastive("gram")
    yield (one_view - k.sample_contrastive("gram")).is_zero("one view: Σ_{i≠i'} (z_i·z_i')² = L_c")
    views = certify_cross(z, z.flip(0))
    both = views.cross_sample_contrastive("gram") - views.cross_sample_contrastive("covariance")
    yield both.is_zero("two views: Σ_{i≠i'} (a_i·b_i')² from either side")


CLAIM = Claim(
    id="prop-3.2-spectral",
    title="Spectral Contrastive",
    source="Proposition 3.2",
    wording="Spectral Contrastive is sample-contrastive.",
    statement="Its repulsion is L_c/(N(N−1)) within one view, and across views Σ_{i≠i'} (a_i·b_i')²/(N(N−1)),"
    " where ‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩.",
    verdict="holds",
    formal=("prop_3_2_spectral",),
    numeric=check,
)
