"""Proposition 3.2: Spectral Contrastive is sample-contrastive."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.loss_terms import spectral_contrastive_terms
from duality.numeric.certify import certify, certify_cross
from duality.numeric.check import Check
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The repulsion within one view is L_c; across two views it has the same value on either side."""
    k = certify(z)
    one_view = certify_cross(z, z).cross_sample_contrastive("gram")
    yield (one_view - k.sample_contrastive("gram")).is_zero("one view: Σ_{i≠i'} (z_i·z_i')² = L_c")
    views = certify_cross(z, z.flip(0))
    both = views.cross_sample_contrastive("gram") - views.cross_sample_contrastive("covariance")
    yield both.is_zero("two views: Σ_{i≠i'} (a_i·b_i')² from either side")


def prove() -> Proof:
    """The mean over pairs, and the cross-view identity."""
    proof = Proof("the repulsion is L_c/(N(N−1)); across views ‖AᵀB‖² − Σ_i (a_i·b_i)² with ‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩")
    pairs = sums.off_diagonal(lambda i, other: 1, q.N)
    proof.record("the mean is over N(N−1) pairs", sums.equality(pairs, q.N * (q.N - 1)))
    diagonal = sums.equality(q.sample_contrastive(), q.gram_norm() - q.sample_fourth_powers())
    proof.record("one view, L_c = ‖G‖² − Σ_i‖K_·i‖⁴", diagonal)
    a, b = sums.array("A", q.M, q.N), sums.array("B", q.M, q.N)

    def similarity(i: Expression, other: Expression) -> Expression:
        return sums.total(lambda j: a[j, i] * b[j, other], q.M)

    off_diagonal = sums.off_diagonal(lambda i, other: similarity(i, other) ** 2, q.N)
    full = sums.total(lambda i, other: similarity(i, other) ** 2, q.N, q.N)
    matched = sums.total(lambda i: similarity(i, i) ** 2, q.N)
    proof.record("two views, split the diagonal off", sums.equality(off_diagonal, full - matched))
    x, y = traces.matrix("A", q.M, q.N), traces.matrix("B", q.M, q.N)
    cyclic = traces.equality(traces.squared_norm(x.T @ y), traces.inner(x @ x.T, y @ y.T))
    proof.record("‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩", cyclic)
    return proof


CLAIM = Claim(
    id="prop-3.2-spectral",
    title="Spectral Contrastive",
    source="Proposition 3.2",
    wording="Spectral Contrastive is sample-contrastive.",
    statement="Its repulsion is L_c/(N(N−1)) within one view, and across views Σ_{i≠i'} (a_i·b_i')²/(N(N−1)),"
    " where ‖AᵀB‖² = ⟨AAᵀ, BBᵀ⟩.",
    verdict="holds",
    prove=prove,
    formal=("prop_3_2_spectral", "prop_3_2_spectral_cross_view"),
    numeric=check,
    constructed=spectral_contrastive_terms,
)
