"""Where the dual side must not be used."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from duality import criteria
from duality.claims.claim import Claim, Part
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.precision import judge


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
    """In float32 the forced Gram side has no correct digit of L_nc; ``auto`` sees it and goes direct."""
    z = dominant_dimension()
    k = certify(z)
    truth = k.dimension_contrastive("covariance")
    missed = abs(float(criteria.dimension_contrastive(z, side="gram")) - float(truth.lower))
    what = "one dominant dimension, Gram side: wrong by more than half the value"
    yield Check(what, missed, float(truth.upper) / 2, expect="beyond")
    auto = judge("dimension_contrastive", criteria.dimension_contrastive(z), k, side="covariance")
    if auto is None:
        raise AssertionError("these embeddings are within float32's range, where every side is judged")
    yield auto
    chosen, direct = (float(criteria.dimension_contrastive(z, side=side)) for side in ("auto", "covariance"))
    yield Check("auto is the direct side to the bit", abs(chosen - direct), 0.0)


CLAIM = Claim(
    id="dual-failure",
    title="Where the dual side fails",
    source="beyond the paper",
    wording="Is the cheaper side always safe?",
    parts=(
        Part(
            sentence=(
                "With one dominant dimension orthogonal to the rest the Gram side has no correct digit of "
                "L_nc in float32: it is wrong by more than half the value."
            ),
            numeric=("one dominant dimension, Gram side",),
            limits="One matrix and one program: shown by running it.",
        ),
        Part(
            sentence='The direct side keeps them, and `side="auto"` takes it.',
            numeric=(
                "dimension_contrastive, covariance side",
                "auto is the direct side to the bit",
            ),
            limits="The same matrix: what is judged is the value that `auto` returned.",
        ),
    ),
    verdict="holds",
    remark="Orthonormal dimensions at M < 2N cancel completely as well, and there both sides are about "
    "equally dear.",
    constructed=construct,
)
