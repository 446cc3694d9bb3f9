"""The two criteria push embeddings almost the same way: their gradients."""

import itertools
from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.gradients import check_gradients
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q


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


def prove() -> Proof:
    """Differentiate the index sums by one entry, and the trace along one direction."""
    proof = Proof()
    k, h = traces.matrix("K", q.M, q.N), traces.matrix("H", q.M, q.N)
    full = traces.gradient(traces.squared_norm(k @ k.T), k, h, traces.inner(4 * (k @ k.T @ k), h))
    proof.concludes("the differential of the full square along H", full)
    row, column = sums.index("p", q.M), sums.index("q", q.N)
    entry = q.K[row, column]
    cubic = sums.total(lambda i: q.gram(i, column) * q.K[row, i], q.N)
    samples, dimensions = q.sample_contrastive(), q.dimension_contrastive()
    of_samples = sums.gradient(samples, entry, 4 * (cubic - entry * q.sample_energy(column)))
    proof.concludes("the derivative of L_c by the entry in row p and column q", of_samples)
    of_dimensions = sums.gradient(dimensions, entry, 4 * (cubic - q.dimension_energy(row) * entry))
    proof.concludes("that of L_nc", of_dimensions)
    r, c = sums.scalar("r"), sums.scalar("c")
    norms = [q.equal_dimension_energies(r), q.equal_sample_energies(c)]
    proof.concludes("of the difference", sums.gradient(dimensions - samples, entry, 4 * (c - r) * entry, norms))
    direction = sums.array("H", q.M, q.N)
    tangent = sums.Given(sums.total(lambda i: q.K[row, i] * direction[row, i], q.N), 0)
    overlap = sums.total(lambda j, i: q.K[j, i] * direction[j, i], q.M, q.N)
    proof.concludes(
        "K is normal to every direction H that keeps the row norms", sums.equality(overlap, 0, [tangent])
    )
    return proof


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
    prove=prove,
    formal=("gradient_gram", "gradient_cov", "gradient_lc", "gradient_lnc", "gradient_duality"),
    numeric=check,
    constructed=construct,
)
