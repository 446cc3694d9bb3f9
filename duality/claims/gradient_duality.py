"""The two criteria push embeddings almost the same way: their gradients."""

import itertools
from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.gradients import check_gradients


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """What autograd gives on every side, against the closed forms, within the certified bound."""
    yield from check_gradients(z)


def construct() -> Iterator[Check]:
    """Integer matrices: ∇L_c − ∇L_nc = 4(diag(C) K − K diag(G)), exactly."""
    for z in ([[1, 2, -1], [0, 3, 1]], [[2], [5], [-3]], [[1, -1], [4, 2], [0, 3], [-2, 1]]):
        samples, dimensions = exact.sample_energies(z), exact.dimension_energies(z)
        for i, j in itertools.product(range(len(samples)), range(len(dimensions))):
            difference = exact.sample_gradient(z)[i][j] - exact.dimension_gradient(z)[i][j]
            yield Check.exact(f"entry ({i}, {j})", difference, 4 * (dimensions[j] - samples[i]) * z[i][j])


CLAIM = Claim(
    id="gradient-duality",
    title="The gradients' difference is radial",
    source="beyond the paper",
    wording="Do the two criteria also train alike?",
    statement="∇‖G‖² = ∇‖C‖² = 4KKᵀK; ∇L_c = 4(KKᵀK − K diag G), ∇L_nc = 4(KKᵀK − diag(C) K). Where rows have"
    " norm² r and columns c, ∇L_nc − ∇L_c = 4(c − r) K, normal to the set of such matrices: the "
    "Riemannian gradients coincide.",
    verdict="holds",
    remark="With unit embeddings alone they do not.",
    formal=("gradient_lc", "gradient_lnc", "gradient_duality"),
    numeric=check,
    constructed=construct,
)
