"""Proposition 3.2: Barlow Twins."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import barlow_twins_terms
from duality.claims.loss_values import loss_values
from duality.normalization import center, unit_embeddings
from duality.numeric import exact
from duality.numeric.certify import certify, certify_cross
from duality.numeric.check import Check
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Equal views of unit dimensions: the redundancy term is L_nc, so the loss is zero where L_nc is."""
    if not z.numel():
        return
    standard = unit_embeddings(center(z.double()).T).T
    redundancy = certify_cross(standard, standard).cross_dimension_contrastive("covariance")
    yield (redundancy - certify(standard).dimension_contrastive("covariance")).is_zero(
        "equal views: redundancy = L_nc"
    )
    views = certify_cross(standard, standard.flip(0))
    both = views.cross_dimension_contrastive("covariance") - views.cross_dimension_contrastive("gram")
    yield both.is_zero("two views: redundancy from either side")


def construct() -> Iterator[Check]:
    """Views whose redundancy term is zero while each is fully redundant."""
    yield from loss_values("barlow_twins")
    yield from barlow_twins_terms()
    z_a, z_b = [[1, 1], [0, 0]], [[0, 0], [1, 1]]
    yield Check.exact("redundancy term of the pair: 0", exact.cross_dimension_contrastive(z_a, z_b), 0)
    yield Check.exact("L_nc of one view: 2", exact.dimension_contrastive(z_a), 2)


def prove() -> Proof:
    """Cauchy–Schwarz on the diagonal, as a square."""
    proof, weight = Proof(), sums.scalar("lambda")
    a = sums.array("A", q.M, q.N)
    b = sums.array("B", q.M, q.N)
    row = sums.index("j", q.M)
    unit = [sums.Given(sums.total(lambda i, x=x: x[row, i] ** 2, q.N), 1) for x in (a, b)]

    def correlation(x: Expression, y: Expression, j: Expression, other: Expression) -> Expression:
        return sums.total(lambda i: x[j, i] * y[other, i], q.N)

    def loss(x: Expression, y: Expression) -> Expression:
        invariance = sums.total(lambda j: (1 - correlation(x, y, j, j)) ** 2, q.M)
        return invariance + weight * sums.off_diagonal(lambda j, o: correlation(x, y, j, o) ** 2, q.M)

    proof.concludes("the loss is a sum of squares", inequalities.at_least(loss(a, b), 0, loss(a, b)))
    distance = sums.total(lambda i: (a[row, i] - b[row, i]) ** 2, q.N) / 2
    diagonal = inequalities.at_least(1, correlation(a, b, row, row), distance, unit)
    proof.concludes("its diagonal term is zero only where the views are equal", diagonal)
    equal = sums.equality(loss(a, a), weight * q.dimension_contrastive(q.entries(a)), unit[:1])
    proof.concludes("and there the loss is that of one view", equal)
    return proof


CLAIM = Claim(
    id="prop-3.2-barlow-twins",
    title="Barlow Twins",
    source="Proposition 3.2",
    wording="Barlow Twins is dimension-contrastive.",
    parts=(
        Part(
            sentence=(
                "With λ > 0 and dimensions of norm 1 in both views the loss is zero if and only if the views "
                "are equal and L_nc = 0."
            ),
            symbolic=(
                (
                    "Σ_j (1 − Σ_i A_ji B_ji)² + λ (Σ_{j≠j'} (Σ_i A_ji B_j'i)²) ≥ 0, for real A (M × N), real B "
                    "(M × N), λ > 0"
                ),
                "1 ≥ Σ_i A_ji B_ji, given Σ_i A_ji² = 1 and Σ_i B_ji² = 1, for real A (M × N), real B (M × N)",
                (
                    "Σ_j (1 − Σ_i A_ji²)² + λ (Σ_{j≠j'} (Σ_i A_ji A_j'i)²) = λ (Σ_{j≠j'} (Σ_i A_ji A_j'i)²), "
                    "given Σ_i A_ji² = 1, for real A (M × N), λ > 0"
                ),
            ),
            formal=("prop_3_2_barlow_twins_zero",),
            numeric=(
                "equal views: redundancy = L_nc",
                "two views: redundancy from either side",
            ),
            partial={
                "symbolic": "each term of the loss, with its slack; the equivalence is put together in words",
                "numeric": "equal views: the redundancy term is L_nc",
            },
        ),
        Part(
            sentence=(
                "The redundancy term alone controls nothing: dimensions all (1,0) in one view and all (0,1) "
                "in the other make it zero, with L_nc = 2 in the first."
            ),
            formal=("prop_3_2_barlow_twins_counterexample",),
            numeric=(
                "redundancy term of the pair: 0",
                "L_nc of one view: 2",
            ),
        ),
        Part(
            sentence="The loss of the library has the redundancy L_nc/N² where standardised views are equal.",
            numeric=("BarlowTwinsLoss, ",),
            limits="On one matrix, from both sides.",
        ),
        Part(
            sentence="The library's Barlow Twins is the paper's from either side: terms, total and slope.",
            numeric=("barlow_twins(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="Its off-diagonal term is that of Z_aZ_bᵀ, not of one view: alone it controls nothing. "
    "Dimensions all (1,0) in one view and all (0,1) in the other make it zero, with L_nc = 2 in "
    "each.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
