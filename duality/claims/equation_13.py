"""Equation 13: VICReg-ctr."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.equation_11_12 import check as check_dimensions
from duality.numeric.check import Check


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The bound of c_exp for Kᵀ: DCL's repulsion of the samples, bounded by its simplex."""
    yield from check_dimensions(z.T)


CLAIM = Claim(
    id="eq-13",
    title="VICReg-ctr",
    source="equation 13",
    wording="VICReg-ctr is VICReg-exp with Kᵀ in the variance and covariance terms: it is contrastive.",
    statement="c_exp(Kᵀ) is the mean over samples of DCL's repulsion log Σ_{i'≠i} exp(G_ii'/τ); its optimum "
    "is the simplex of the samples, G_ii' = −v/(N−1), as for DCL.",
    verdict="corrected",
    remark="As in equation 11 the optimum is the simplex, not L_c = 0; and VICReg's normalisation must go "
    "with it: the hinge then holds up each embedding's norm, not each dimension's deviation.",
    formal=("eq_11_13_simplex",),
    numeric=check,
)
