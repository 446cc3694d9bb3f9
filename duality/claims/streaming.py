"""The criteria add up over chunks of samples."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.proposition_3_2_vicreg import LARGEST_ENTRIES
from duality.numeric import exact
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """L_c from the sum of the covariances of two chunks and their fourth powers, exactly."""
    n = z.shape[0]
    if n < 2 or not z.shape[1] or z.numel() > LARGEST_ENTRIES:
        return
    rows = z.double().tolist()
    chunks = rows[: n // 2], rows[n // 2 :]
    first, second = (exact.gram(exact.transpose(chunk)) for chunk in chunks)
    full = sum(
        (a + b) ** 2 for left, right in zip(first, second, strict=True) for a, b in zip(left, right, strict=True)
    )
    fourth = sum(exact.sample_fourth_powers(chunk) for chunk in chunks)
    yield Check.exact("L_c = ‖Σ_b K_bK_bᵀ‖² − Σ_b Σ_i‖K_·i‖⁴", exact.sample_contrastive(rows), full - fourth)


CLAIM = Claim(
    id="streaming",
    title="Streaming over samples",
    source="beyond the paper",
    wording="L_c over N = 10⁶ samples would need 10¹² similarities.",
    statement="L_c = ‖Σ_b K_bK_bᵀ‖² − Σ_b Σ_i‖K_·i‖⁴ over chunks b of the samples: one pass, O(N M²) time, "
    "O(M²) memory, additive over workers.",
    verdict="holds",
    formal=("streaming_chunks",),
    numeric=check,
)
