"""Proposition 3.2: VICReg."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import vicreg_terms
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.exact import Matrix
from duality.symbolic import Proof, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression

LARGEST_ENTRIES = 64
"""Entries of a matrix up to which it is checked in rational arithmetic."""


def covariance_term(z: Matrix) -> Fraction:
    """VICReg's c as its authors compute it: off-diagonal of the unbiased covariance, squared, over M. Exact."""
    n, m = len(z), len(z[0])
    covariance = [[entry / (n - 1) for entry in row] for row in exact.gram(exact.transpose(exact.center(z)))]
    squares = (entry * entry for a, row in enumerate(covariance) for b, entry in enumerate(row) if a != b)
    return sum(squares, Fraction(0)) / m


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """c(K) = L_nc(K_c)/(M(N−1)²), exactly."""
    n, m = z.shape
    if n >= 2 and m and z.numel() <= LARGEST_ENTRIES:
        rows = z.double().tolist()
        criterion = exact.dimension_contrastive(exact.center(rows)) / (m * (n - 1) ** 2)
        yield Check.exact("c(K) = L_nc(K_c)/(M(N−1)²)", covariance_term(rows), criterion)


def symbolic_covariance_term() -> Expression:
    """The same for symbolic M and N ≥ 2, entries of K (M × N)."""

    def covariance(j: Expression, other: Expression) -> Expression:
        return q.covariance(j, other, q.CENTRED) / (q.N - 1)

    return sums.off_diagonal(lambda j, other: covariance(j, other) ** 2, q.M) / q.M


def prove() -> Proof:
    """By the definition of c."""
    proof = Proof()
    row = sums.index("j", q.M)
    centred = sums.equality(sums.total(lambda i: q.CENTRED(row, i), q.N), 0)
    proof.lemma("each centred dimension has mean zero", centred)
    scaled = q.dimension_contrastive(q.CENTRED) / (q.M * (q.N - 1) ** 2)
    proof.concludes("VICReg's covariance term", sums.equality(symbolic_covariance_term(), scaled))
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
    ),
    verdict="holds",
    remark="Up to the factor and the centring, which Definition 3.2 leaves out.",
    prove=prove,
    numeric=check,
    constructed=vicreg_terms,
)
