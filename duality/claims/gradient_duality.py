"""The two criteria push embeddings almost the same way: their gradients."""

import itertools
from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.gradients import check_gradients
from duality.numeric.implementations import form_derivatives
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """What autograd gives on every side, against the closed forms, within the certified bound."""
    yield from check_gradients(z)


def construct() -> Iterator[Check]:
    """Integer matrices: what autograd gives, and ∇L_c − ∇L_nc = 4(diag(C) K − K diag(G)), exactly."""
    yield from form_derivatives()
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
    parts=(
        Part(
            sentence="∇‖G‖² = ∇‖C‖² = 4KKᵀK.",
            symbolic=("∂(tr(K Kᵀ K Kᵀ))/∂K along H = 4 tr(Kᵀ K Kᵀ H), for real H (M × N), real K (M × N)",),
            formal=(
                "gradient_gram",
                "gradient_cov",
            ),
            partial={"symbolic": "∇‖C‖², which has the values of ‖G‖²"},
        ),
        Part(
            sentence="∇L_c = 4(KKᵀK − K diag G) and ∇L_nc = 4(KKᵀK − diag(C) K).",
            symbolic=(
                "∂(L_c)/∂K_pq = 4 (Σ_i K_pi G_iq) − 4 K_pq ‖K_·q‖², for real K (M × N)",
                "∂(L_nc)/∂K_pq = 4 (Σ_i K_pi G_iq) − 4 K_pq ‖K_p·‖², for real K (M × N)",
            ),
            formal=(
                "gradient_lc",
                "gradient_lnc",
            ),
            numeric=(
                "∇sample_contrastive, ",
                "∇dimension_contrastive, ",
            ),
        ),
        Part(
            sentence="Where rows have norm² r and columns c, ∇L_nc − ∇L_c = 4(c − r) K.",
            symbolic=(
                (
                    "∂(L_nc − L_c)/∂K_pq = (4 c − 4 r) K_pq, given ‖K_j·‖² = r and ‖K_·i‖² = c, for real K (M × "
                    "N), c > 0, r > 0"
                ),
            ),
            formal=(
                "gradient_lc",
                "gradient_lnc",
            ),
            numeric=("entry (",),
            partial={
                "formal": "both gradients, whose difference this is",
                "numeric": "∇L_c − ∇L_nc = 4(diag(C) K − K diag(G)) exactly, on three matrices",
            },
        ),
        Part(
            sentence=(
                "K is normal to the set of matrices with such norms, so along it both criteria have the same "
                "derivative."
            ),
            symbolic=("Σ_{j,i} H_ji K_ji = 0, given Σ_i H_pi K_pi = 0, for real H (M × N), real K (M × N)",),
            formal=("gradient_duality",),
            partial={"symbolic": "that K is normal to every direction that keeps the row norms"},
            limits="With unit embeddings alone the gradients differ; that is shown on the page only.",
        ),
        Part(
            sentence=(
                "The library's forms of integers, of one view and of two, have the right gradients and second "
                "derivatives to the last bit."
            ),
            numeric=("integers: ",),
            limits="Second derivatives along one direction; matrices of small integers.",
        ),
    ),
    verdict="holds",
    remark="With unit embeddings alone they do not.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
