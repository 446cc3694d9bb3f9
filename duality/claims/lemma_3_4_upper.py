"""Lemma 3.4's upper bound: when it is reached."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The slack is Σ_{j≠j'} r_j r_j', zero only where at most one dimension is not zero."""
    k = certify(z)
    products = sum(energy * (k.energy - energy) for energy in k.dimension_energies)
    yield (k.energy.square() - k.dimension_fourth_powers - products).is_zero("slack = Σ_j r_j (T − r_j)")


def construct() -> Iterator[Check]:
    """One non-zero row reaches the upper bound; a·I, one non-zero in each row and column, reaches the lower."""
    one_row = [[3, 0, 0], [1, 0, 0], [-2, 0, 0], [5, 0, 0]]
    yield Check.exact(
        "one non-zero row: at the upper bound", exact.dimension_fourth_powers(one_row), (9 + 1 + 4 + 25) ** 2
    )
    n, a = 4, 3
    identity = [[a * int(i == j) for j in range(n)] for i in range(n)]
    powers = exact.dimension_fourth_powers(identity)
    yield Check.exact("a·I: at the lower bound", powers, Fraction((n * a * a) ** 2, n))
    yield Check.exact("a·I: not at the upper bound", powers, (n * a * a) ** 2, expect="beyond")


def prove() -> Proof:
    """The slack is a sum of products of energies, so at its zeros no two rows are non-zero."""
    proof = Proof()
    products = sums.off_diagonal(lambda j, other: q.dimension_energy(j) * q.dimension_energy(other), q.M)
    total, powers = q.energy(), q.dimension_fourth_powers()
    proof.concludes("the slack", sums.equality(total**2 - powers, products))
    proof.concludes("the bound, and where it is reached", inequalities.at_least(total**2, powers, products))
    return proof


CLAIM = Claim(
    id="lemma-3.4-upper",
    title="When the upper bound is reached",
    source="text of Lemma 3.4",
    wording="The upper bound is reached by a matrix with a single non-zero row or column, also collapsed.",
    parts=(
        Part(
            sentence="T² − Σ_j‖K_j·‖⁴ = Σ_{j≠j'} r_j r_j' with r_j = ‖K_j·‖², for every K.",
            symbolic=(
                "‖K‖⁴ − Σ_j ‖K_j·‖⁴ = Σ_{j≠j'} ‖K_j·‖² ‖K_j'·‖², for real K (M × N)",
                "‖K‖⁴ ≥ Σ_j ‖K_j·‖⁴, for real K (M × N)",
            ),
            formal=("lemma_3_4_upper_slack",),
            numeric=("slack = Σ_j r_j (T − r_j)",),
        ),
        Part(
            sentence=(
                "So the bound is reached if and only if at most one row (dimension) is not zero: all "
                "embeddings lie on one axis."
            ),
            symbolic=("‖K‖⁴ − Σ_j ‖K_j·‖⁴ = Σ_{j≠j'} ‖K_j·‖² ‖K_j'·‖², for real K (M × N)",),
            formal=(
                "lemma_3_4_any_upper_equality",
                "lemma_3_4_upper_equality",
            ),
            numeric=("one non-zero row: at the upper bound",),
            partial={"numeric": "one matrix with a single row"},
        ),
        Part(
            sentence=(
                "With equal dimension norms, that of Σ_i‖K_·i‖⁴ is reached if and only if at most one "
                "embedding is not zero."
            ),
            formal=("lemma_3_4_upper_equality_dimensions",),
            limits="By Coq alone; it is the sentence before, transposed.",
        ),
        Part(
            sentence="One non-zero entry in each row and column is not enough: aI reaches the lower bound instead.",
            formal=("lemma_3_4_upper_counterexample",),
            numeric=("a·I: ",),
            partial={"formal": "a = 1, at every M > 1", "numeric": "a = 3, M = 4"},
            limits="The factor a scales both bounds alike.",
        ),
    ),
    verdict="corrected",
    remark="A single non-zero *entry per column* is not enough: K = aI has one in each row and column, and"
    " reaches the lower bound instead. A single non-zero column (sample) contradicts embeddings of "
    "equal norm.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
