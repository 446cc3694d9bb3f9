"""Where the dual side must not be used."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from duality import criteria
from duality.claims.claim import Claim
from duality.numeric.certify import certify
from duality.numeric.check import Check


def dominant_dimension(samples: int = 128, dimensions: int = 256) -> Float[Tensor, "N M"]:
    """Embeddings of which one dimension is a million times larger than the others, and orthogonal to them."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(samples, dimensions, generator=generator)
    half = samples // 2
    z[:half, 1:] = 0
    z[half:, 0] = 0
    z[:half, 0] *= 1e6
    return z


def construct() -> Iterator[Check]:
    """In float32 the forced Gram side misses L_nc by more than L_nc; ``auto`` sees it and goes direct."""
    z = dominant_dimension()
    truth = certify(z).dimension_contrastive("covariance")
    lower, upper = float(truth.lower), float(truth.upper)
    forced = float(criteria.dimension_contrastive(z, side="gram"))
    yield Check(
        "one dominant dimension, Gram side: wrong by more than the value", abs(forced - lower), upper, "beyond"
    )
    auto = float(criteria.dimension_contrastive(z))
    # Direct: no cancellation, so the relative error is that of the sums, at most (2N + M² + 2) roundings.
    roundings = 2 * z.shape[0] + z.shape[1] ** 2 + 2
    allowed = roundings * 2.0**-24 / (1 - roundings * 2.0**-24) * upper
    yield Check("the same, auto: as right as the direct side", abs(auto - lower), allowed)


CLAIM = Claim(
    id="dual-failure",
    title="Where the dual side fails",
    source="beyond the paper",
    wording="Is the cheaper side always safe?",
    statement="No: with one dominant dimension orthogonal to the rest the subtraction cancels every digit, "
    'while the direct side keeps them. `side="auto"` detects it from the sums it has.',
    verdict="holds",
    remark="Orthonormal dimensions at M < 2N cancel completely as well, and there both sides are about "
    "equally dear.",
    constructed=construct,
)
