"""Proposition 3.2: Spectral Contrastive is sample-contrastive."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import spectral_contrastive_terms
from duality.claims.loss_values import loss_values
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


def construct() -> Iterator[Check]:
    """The loss next to its formula, and its repulsion next to L_c."""
    yield from loss_values("spectral_contrastive")
    yield from spectral_contrastive_terms()


def prove() -> Proof:
    """The mean over pairs, and the cross-view identity."""
    proof = Proof()
    pairs = sums.off_diagonal(lambda i, other: 1, q.N)
    proof.concludes("the mean is over so many pairs", sums.equality(pairs, q.N * (q.N - 1)))
    diagonal = sums.equality(q.sample_contrastive(), q.gram_norm() - q.sample_fourth_powers())
    proof.concludes("the repulsion within one view", diagonal)
    a, b = sums.array("A", q.M, q.N), sums.array("B", q.M, q.N)

    def similarity(i: Expression, other: Expression) -> Expression:
        return sums.total(lambda j: a[j, i] * b[j, other], q.M)

    def covariances(j: Expression, other: Expression) -> Expression:
        return q.covariance(j, other, q.entries(a)) * q.covariance(j, other, q.entries(b))

    off_diagonal = sums.off_diagonal(lambda i, other: similarity(i, other) ** 2, q.N)
    matched = sums.total(lambda i: similarity(i, i) ** 2, q.N)
    through = sums.total(covariances, q.M, q.M) - matched
    proof.concludes("across two views, through the covariances", sums.equality(off_diagonal, through))
    x, y = traces.matrix("A", q.M, q.N), traces.matrix("B", q.M, q.N)
    cyclic = traces.equality(traces.squared_norm(x.T @ y), traces.inner(x @ x.T, y @ y.T))
    proof.concludes("the full square as traces", cyclic)
    return proof


CLAIM = Claim(
    id="prop-3.2-spectral",
    title="Spectral Contrastive",
    source="Proposition 3.2",
    wording="Spectral Contrastive is sample-contrastive.",
    parts=(
        Part(
            sentence="Its repulsion is L_c/(N(N−1)) within one view.",
            symbolic=(
                "Σ_{i≠i'} 1 = N (N − 1)",
                "L_c = Σ_{i,i'} G_ii'² − Σ_i ‖K_·i‖⁴, for real K (M × N)",
            ),
            formal=("prop_3_2_spectral",),
            numeric=(
                "one view: ",
                "SpectralContrastiveLoss, one view",
            ),
        ),
        Part(
            sentence=(
                "Across views it is Σ_{i≠i'} (a_i·b_i')²/(N(N−1)), where Σ_{i≠i'} (a_i·b_i')² = ⟨AAᵀ, BBᵀ⟩ − "
                "Σ_i (a_i·b_i)²."
            ),
            symbolic=(
                "Σ_{i≠i'} 1 = N (N − 1)",
                (
                    "Σ_{i≠i'} (Σ_j A_ji B_ji')² = Σ_{j,j'} (Σ_i A_ji A_j'i) (Σ_i B_ji B_j'i) − Σ_i (Σ_j A_ji "
                    "B_ji)², for real A (M × N), real B (M × N)"
                ),
                "tr(Bᵀ A Aᵀ B) = tr(A Aᵀ B Bᵀ), for real A (M × N), real B (M × N)",
            ),
            formal=("prop_3_2_spectral_cross_view",),
            numeric=(
                "two views: ",
                "SpectralContrastiveLoss, two views",
            ),
            partial={"numeric": "two views whose samples, or dimensions, are in opposite orders"},
        ),
        Part(
            sentence=(
                "The library's loss is the paper's from either side, with and without a ball: terms, total and "
                "slope."
            ),
            numeric=("spectral_contrastive(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
    constructed=construct,
)
