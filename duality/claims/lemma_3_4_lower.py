"""Lemma 3.4's lower bound: when it is reached."""

from collections.abc import Iterator
from fractions import Fraction

import torch
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.normalization import standardize_dimensions
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.rounding import growth, unit_roundoff
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The slack is the spread of the dimension energies; eq. 14's standardisation reaches the bound."""
    if not z.numel():
        return
    k, m = certify(z), z.shape[1]
    mean = k.energy / m
    spread = sum((energy - mean).square() for energy in k.dimension_energies)
    yield (k.dimension_fourth_powers - k.energy.square() / m - spread).is_zero("slack = Σ_j (r_j − T/M)²")
    k, n = certify(standardize_dimensions(z.double())), z.shape[0]
    if k.dimension_energy_range.lower > 0:
        # Σ_j (r_j − T/M)², each r_j being N/M but for the roundings of the standardisation, as in eq-14.
        most = m * (2 * growth(2 * (n + 8), unit_roundoff(torch.float64)) * n / m) ** 2
        slack = k.dimension_fourth_powers - k.energy.square() / m
        yield Check("standardised dimensions reach the lower bound", float(max(slack.lower, 0)), most)


def construct() -> Iterator[Check]:
    """Full-rank embeddings that reach the bound: copies of a basis, a Hadamard matrix."""
    basis = [[int(j == i % 4) for j in range(4)] for i in range(12)]
    hadamard = [[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]
    for name, z in (("[I I I], M=4", basis), ("Hadamard, M=4", hadamard)):
        bound = exact.energy(z) * exact.energy(z) / len(z[0])
        yield Check.exact(f"{name}: not collapsed, at the bound", exact.dimension_fourth_powers(z), bound)
    collapsed = [[1, 1, 1, 1]] * 12
    yield Check.exact(
        "constant matrix: collapsed, at the bound", exact.dimension_fourth_powers(collapsed), Fraction(48**2, 4)
    )


def prove() -> Proof:
    """The slack is the spread of the dimension energies, so its zeros are where they are equal."""
    proof = Proof()
    total, powers = q.energy(), q.dimension_fourth_powers()
    slack = q.dimension_spread(total / q.M)
    proof.concludes("the slack", sums.equality(powers - total**2 / q.M, slack))
    proof.concludes("the bound, and where it is reached", inequalities.at_least(powers, total**2 / q.M, slack))
    r = sums.scalar("r", nonnegative=True)
    equal = sums.equality(powers, q.energy() ** 2 / q.M, [q.equal_dimension_energies(r)])
    proof.concludes("conversely, equal norms reach it", equal)
    return proof


CLAIM = Claim(
    id="lemma-3.4-lower",
    title="When the lower bound is reached",
    source="text of Lemma 3.4",
    wording="The lower bound is reached by a constant matrix, which is collapsed, so that it is not "
    "attained in practice.",
    parts=(
        Part(
            sentence="Σ_j‖K_j·‖⁴ − T²/M = Σ_j (r_j − T/M)² with r_j = ‖K_j·‖², for every K.",
            symbolic=(
                "Σ_j ‖K_j·‖⁴ − ‖K‖⁴/M = Σ_j (‖K_j·‖² − ‖K‖²/M)², for real K (M × N)",
                "Σ_j ‖K_j·‖⁴ ≥ ‖K‖⁴/M, for real K (M × N)",
            ),
            formal=("lemma_3_4_slack",),
            numeric=("slack = Σ_j (r_j − T/M)²",),
        ),
        Part(
            sentence="So the bound is reached if and only if all dimensions have the same norm.",
            symbolic=(
                "Σ_j ‖K_j·‖⁴ − ‖K‖⁴/M = Σ_j (‖K_j·‖² − ‖K‖²/M)², for real K (M × N)",
                "Σ_j ‖K_j·‖⁴ = ‖K‖⁴/M, given ‖K_j·‖² = r, for real K (M × N), r ≥ 0",
            ),
            formal=(
                "lemma_3_4_any_lower_equality",
                "lemma_3_4_lower_equality",
            ),
            numeric=("standardised dimensions reach the lower bound",),
            partial={"numeric": "standardised dimensions reach it, to the width of an interval"},
        ),
        Part(
            sentence=(
                "With equal dimension norms, the bound of Σ_i‖K_·i‖⁴ is reached if and only if all "
                "embeddings have the same norm."
            ),
            formal=("lemma_3_4_lower_equality_dimensions",),
            limits="By Coq alone; it is the sentence before, transposed.",
        ),
        Part(
            sentence=(
                "Not only collapse reaches it, as a constant matrix does: copies of a basis and a Hadamard "
                "matrix do too."
            ),
            formal=("lemma_3_4_lower_counterexample",),
            numeric=(
                "constant matrix: ",
                "[I I I], M=4",
                "Hadamard, M=4",
            ),
            partial={"formal": "two copies of a basis, at every M > 1"},
        ),
    ),
    verdict="corrected",
    remark="Reached without collapse: by copies of a basis, K = [I … I], by every unit-norm tight frame, "
    "by Hadamard matrices, and by any K after the paper's own dimension standardisation (eq. 14).",
    prove=prove,
    numeric=check,
    constructed=construct,
)
