"""Proposition 3.2: VICReg."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import vicreg_terms
from duality.claims.loss_values import loss_values
from duality.numeric import exact
from duality.numeric.check import Check
from duality.symbolic import Proof, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """c(K) = L_nc(K_c)/(M(N−1)²), exactly."""
    n, m = z.shape
    if n >= 2 and m and z.numel() <= exact.LARGEST_ENTRIES:
        rows = z.double().tolist()
        criterion = exact.dimension_contrastive(exact.center(rows)) / (m * (n - 1) ** 2)
        yield Check.exact("c(K) = L_nc(K_c)/(M(N−1)²)", exact.vicreg_covariance(rows), criterion)


def construct() -> Iterator[Check]:
    """The loss next to its formula, and its covariance next to L_nc."""
    yield from loss_values("vicreg")
    yield from vicreg_terms()


def prove() -> Proof:
    """By the definition of c."""
    proof = Proof()
    row = sums.index("j", q.M)
    centred = sums.equality(sums.total(lambda i: q.CENTRED(row, i), q.N), 0)
    proof.lemma("each centred dimension has mean zero", centred)
    scaled = q.dimension_contrastive(q.CENTRED) / (q.M * (q.N - 1) ** 2)
    proof.concludes("VICReg's covariance term", sums.equality(q.vicreg_covariance(), scaled))
    return proof


CLAIM = Claim(
    id="prop-3.2-vicreg",
    title="VICReg",
    source="Proposition 3.2",
    wording="VICReg is dimension-contrastive.",
    parts=(
        Part(
            sentence=(
                "Its covariance term is c(K) = L_nc(K_c)/(M(N−1)²), K_c the embeddings with every dimension "
                "centred."
            ),
            symbolic=(
                "(Σ_{j≠j'} (K_cK_cᵀ)_jj'²/(N − 1)²)/M = L_nc(K_c)/(M (N − 1)²), for real K (M × N), N − 1 ≠ 0",
            ),
            formal=("prop_3_2_vicreg",),
            numeric=(
                "c(K) = L_nc(K_c)",
                "VICRegLoss, ",
            ),
        ),
        Part(
            sentence=(
                "The library's VICReg is the loss of the authors' code from either side: terms, total and slope."
            ),
            numeric=("vicreg(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="holds",
    remark="Up to the factor and the centring, which Definition 3.2 leaves out.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
