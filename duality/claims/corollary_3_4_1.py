"""Corollary 3.4.1: how far apart the two criteria can be."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.normalization import unit_embeddings
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.rounding import growth, unit_roundoff
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The exact form for any K, and the corollary's two inequalities for unit embeddings and unit dimensions."""
    if not z.numel():
        return
    k, m = certify(z), z.shape[1]
    mean = k.energy / m
    spread = sum((energy - mean).square() for energy in k.dimension_energies)
    exact_form = k.dimension_contrastive("covariance") - k.sample_fourth_powers + k.energy.square() / m + spread
    yield (k.sample_contrastive("gram") - exact_form).is_zero("L_c = L_nc − Σc² + T²/M + Σ_j (r_j − T/M)²")
    yield from _check_corollary(unit_embeddings(z.double()), "embeddings")
    yield from _check_corollary(unit_embeddings(z.double().T), "dimensions")


def _check_corollary(unit: Float[Tensor, "N M"], name: str) -> Iterator[Check]:
    """Unit samples of ``unit``, which for dimensions is the transpose: L_c and L_nc then change places."""
    k, (n, m) = certify(unit), unit.shape
    if k.sample_energy_range.lower <= 0:
        return
    # A sum of squares and its root, two divisions, twice for the square.
    roundings = growth(2 * (m + 8), unit_roundoff(torch.float64))
    farthest = max(abs(k.sample_energy_range.lower - 1), abs(k.sample_energy_range.upper - 1))
    yield Check(f"unit {name}: norms", float(farthest), roundings + float(k.sample_energy_range.radius))
    samples, dimensions = k.sample_contrastive("gram"), k.dimension_contrastive("covariance")
    fourth = n * k.sample_energy_range.square()
    square = (n * k.sample_energy_range).square()
    yield (samples - dimensions + fourth - square / m).is_nonnegative(f"unit {name}: lower end")
    yield (dimensions - fourth + square - samples).is_nonnegative(f"unit {name}: upper end")


def construct() -> Iterator[Check]:
    """Both ends are reached: the lower by copies of a basis, the upper by total collapse."""
    n, m = 12, 4
    basis = [[int(j == i % m) for j in range(m)] for i in range(n)]
    collapsed = [[int(j == 0) for j in range(m)] for _ in range(n)]
    for name, z, slack in (
        ("copies of a basis: lower end", basis, n * n // m),
        ("collapse: upper end", collapsed, n * n),
    ):
        yield Check.exact(name, exact.sample_contrastive(z), exact.dimension_contrastive(z) - n + slack)


def prove() -> Proof:
    """The exact form, and each bound as what the exact form leaves over."""
    proof, samples, dimensions = Proof(), q.sample_contrastive(), q.dimension_contrastive()
    for_samples = (q.dimension_energy, q.dimension_spread(q.N / q.M), q.M, q.N, q.UNIT_SAMPLES)
    for_dimensions = (q.sample_energy, q.sample_spread(q.M / q.N), q.N, q.M, q.UNIT_DIMENSIONS)
    _prove_corollary(proof, samples, dimensions, *for_samples)
    _prove_corollary(proof, dimensions, samples, *for_dimensions)
    return proof


def _prove_corollary(
    proof: Proof,
    criterion: Expression,
    other: Expression,
    energy: Callable[[Expression], Expression],
    spread: Expression,
    size: Expression,
    count: Expression,
    given: sums.Given,
) -> None:
    """For ``count`` vectors of norm 1 in ``size`` coordinates, of the energies said and with their spread."""
    lower = other - count + count**2 / size
    proof.concludes("the exact form", sums.equality(criterion, lower + spread, [given]))
    proof.concludes("the lower bound", inequalities.at_least(criterion, lower, spread, [given]))
    products = sums.off_diagonal(lambda a, b: energy(a) * energy(b), size)
    upper = inequalities.at_least(other - count + count**2, criterion, products, [given])
    proof.concludes("the upper bound", upper)


CLAIM = Claim(
    id="cor-3.4.1",
    title="The criteria differ within bounds",
    source="Corollary 3.4.1",
    wording="Unit embeddings: L_nc − N + N²/M ≤ L_c ≤ L_nc − N + N². Unit dimensions: L_c − M + M²/N ≤ L_nc"
    " ≤ L_c − M + M².",
    parts=(
        Part(
            sentence=(
                "Unit embeddings: L_c = L_nc − N + N²/M + Σ_j (r_j − N/M)², so L_nc − N + N²/M ≤ L_c ≤ L_nc "
                "− N + N²."
            ),
            symbolic=(
                "L_c = L_nc + Σ_j (‖K_j·‖² − N/M)² + N²/M − N, given ‖K_·i‖² = 1, for real K (M × N)",
                "L_c ≥ L_nc + N²/M − N, given ‖K_·i‖² = 1, for real K (M × N)",
                "L_nc + N² − N ≥ L_c, given ‖K_·i‖² = 1, for real K (M × N)",
            ),
            formal=(
                "cor_3_4_1_embeddings",
                "cor_3_4_1_exact",
                "cor_3_4_1_upper_slack",
                "refuted_slack_halved",
            ),
            numeric=(
                "L_c = L_nc − Σc² + T²/M",
                "unit embeddings: ",
            ),
        ),
        Part(
            sentence=(
                "Unit dimensions: L_nc = L_c − M + M²/N + Σ_i (c_i − M/N)², so L_c − M + M²/N ≤ L_nc ≤ L_c − "
                "M + M²."
            ),
            symbolic=(
                "L_nc = L_c + Σ_i (‖K_·i‖² − M/N)² + M²/N − M, given ‖K_j·‖² = 1, for real K (M × N)",
                "L_nc ≥ L_c + M²/N − M, given ‖K_j·‖² = 1, for real K (M × N)",
                "L_c + M² − M ≥ L_nc, given ‖K_j·‖² = 1, for real K (M × N)",
            ),
            formal=(
                "cor_3_4_1_dimensions",
                "cor_3_4_1_exact_dimensions",
            ),
            numeric=("unit dimensions: ",),
            partial={"numeric": "both inequalities"},
        ),
        Part(
            sentence=(
                "All four ends are reached at every size: the lower ones by the matrix of entries 1/√M, or "
                "1/√N, the upper ones where a single row, or column, of ones is not zero."
            ),
            formal=(
                "cor_3_4_1_lower_reached",
                "cor_3_4_1_upper_reached",
                "cor_3_4_1_dimensions_lower_reached",
                "cor_3_4_1_dimensions_upper_reached",
            ),
            numeric=(
                "copies of a basis: lower end",
                "collapse: upper end",
            ),
            partial={"numeric": "unit embeddings at M = 4, N = 12"},
            limits=(
                "These matrices are collapsed; copies of a basis, which "
                "are not, reach the lower end where N is a multiple of M."
            ),
        ),
    ),
    verdict="holds",
    remark="Made exact: the slack is the spread of the dimensions' energies r_j = ‖K_j·‖².",
    prove=prove,
    numeric=check,
    constructed=construct,
)
