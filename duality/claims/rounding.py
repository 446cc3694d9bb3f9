"""The rounding error of the dual side is bounded, whatever the order of its sums."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The exact rational value lies in every certified ball, direct and dual."""
    if z.numel() > exact.LARGEST_ENTRIES:
        return
    rows = z.double().tolist()
    k = certify(z)
    samples, dimensions = exact.sample_contrastive(rows), exact.dimension_contrastive(rows)
    for side in ("gram", "covariance"):
        yield (k.sample_contrastive(side) - samples).is_zero(f"L_c from the {side} side within its bound")
        yield (k.dimension_contrastive(side) - dimensions).is_zero(f"L_nc from the {side} side within its bound")


CLAIM = Claim(
    id="rounding",
    title="Certified rounding",
    source="beyond the paper",
    wording="How large may the residual of Theorem 3.3 be in floating point?",
    parts=(
        Part(
            sentence=(
                "With unit roundoff u, θ_k = (1+u)ᵏ − 1, d = θ_k T and any a ≥ ‖G‖: |fl(L_nc) − L_nc| is at "
                "most u|Â − B̂| + θ_A(a+d)² + 2ad + d² + (θ_B(1+θ_R)² + 2θ_R + θ_R²) Σ_j‖K_j·‖⁴, for any "
                "order of summation, fused or not."
            ),
            formal=(
                "rounding_dual_path",
                "rounding_model_not_vacuous",
            ),
            limits=(
                "In the model fl(x) = x(1 + δ), |δ| ≤ u. Not covered: overflow, products that underflow, inputs "
                "rounded to TF32 or bfloat16, the error of centring."
            ),
        ),
        Part(
            sentence=(
                "binary64 with rounding to nearest is an instance of the model with u = 2⁻⁵³, where no product "
                "underflows."
            ),
            formal=(
                "binary64_is_computed",
                "binary64_is_computed_subnormal",
            ),
            limits="By Coq alone, by Flocq: a theorem about the format. Overflow is left out.",
        ),
        Part(
            sentence=(
                "The factors that round the library's certificates outward are large enough for a norm, its lower "
                "bound, the radius of a squared norm and θ_k."
            ),
            formal=(
                "outward_growth",
                "growth_of_roundings",
                "outward_norm",
                "outward_norm_below",
                "outward_radius",
            ),
            limits="By Coq alone, by Gappa. Of expm1 an error of one ulp is assumed.",
        ),
        Part(
            sentence="The library's certified values enclose the exact ones, from both sides.",
            numeric=(
                "L_c from the ",
                "L_nc from the ",
            ),
            limits=(
                "Their bounds are of the same kind and not this formula; checked against rational arithmetic "
                "on small matrices."
            ),
        ),
    ),
    verdict="holds",
    remark="Not covered: inputs rounded to TF32 or bfloat16 by the hardware, and the error of centring "
    "itself. Worst-case bounds in float32 are honest but loose, so values are certified in float64 "
    "and lower precisions judged against them.",
    numeric=check,
)
