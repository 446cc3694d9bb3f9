"""The polynomial identities are true for all sizes if they are at M = N = 2."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.check import Check
from duality.symbolic import Proof, sizes
from duality.symbolic import quantities as q

NODES = range(5)
"""Theorem 3.3 has degree 4 in every entry: five values in each of four entries settle the polynomial."""


def construct() -> Iterator[Check]:
    """Theorem 3.3 at M = N = 2 on a grid of 5⁴ points, enough for degree 4 in each of 4 entries."""
    largest = Fraction(0)
    for a, b, c, d in itertools.product(NODES, repeat=4):
        z = [[a, b], [c, d]]
        left = exact.dimension_contrastive(z) + exact.dimension_fourth_powers(z)
        right = exact.sample_contrastive(z) + exact.sample_fourth_powers(z)
        largest = max(largest, abs(left - right))
    yield Check.exact("Theorem 3.3 at all 625 points of the grid: proved at M = N = 2", largest, 0)


def prove() -> Proof:
    """The sums of four entries over two rows and two columns are linearly independent at 2 × 2."""
    proof, two = Proof(), 2
    general = sizes.transfer_all(4, rows=(q.M, two), columns=(q.N, two))
    proof.concludes("every identity of degree four that touches two rows and two columns", general)
    left = q.dimension_contrastive() + q.dimension_fourth_powers()
    right = q.sample_contrastive() + q.sample_fourth_powers()
    proof.concludes("Theorem 3.3 among them", sizes.transfer(left, right, {q.M: two, q.N: two}))
    return proof


CLAIM = Claim(
    id="small-size",
    title="True at 2 × 2, true for all sizes",
    source="beyond the paper",
    wording="Why do checks of small matrices say anything about large ones?",
    parts=(
        Part(
            sentence=(
                "Sums over products of four entries that touch at most two rows and two columns are linearly "
                "independent at M = N = 2: an identity between them that is true there is true for all sizes."
            ),
            symbolic=(
                (
                    "Σ_k c_k m_k = 0 for all K at M = 2, N = 2 ⇒ Σ_k c_k m_k = 0 for all K at all sizes, given "
                    "m_1, …, m_11 the different sums over products of 4 entries of K in at most 2 rows and 2 "
                    "columns, and numbers c_k"
                ),
            ),
            limits=(
                "Not for statements in which M or N appears. Not in Coq: it speaks of polynomials in the "
                "entries of a matrix of any size. Nothing rests on it: the identities are proved for all "
                "sizes themselves."
            ),
        ),
        Part(
            sentence="Theorem 3.3 is such an identity, and true there.",
            symbolic=(
                (
                    "L_nc + Σ_j ‖K_j·‖⁴ = L_c + Σ_i ‖K_·i‖⁴ at M = 2, N = 2 ⇒ L_nc + Σ_j ‖K_j·‖⁴ = L_c + Σ_i "
                    "‖K_·i‖⁴ at all sizes, for real K (M × N)"
                ),
            ),
            numeric=("Theorem 3.3 at all 625 points",),
            partial={"symbolic": "that it is one"},
            limits="625 points settle a polynomial of degree four in each of four entries.",
        ),
    ),
    verdict="holds",
    remark="Not for statements in which M or N appears.",
    prove=prove,
    constructed=construct,
)
