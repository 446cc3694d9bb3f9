"""Lemma 3.4: the fourth powers lie between bounds."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.normalization import unit_embeddings
from duality.numeric.certify import Certified, certify
from duality.numeric.check import Check
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """T²/M ≤ Σ‖K_j·‖⁴ ≤ T² and T²/N ≤ Σ‖K_·i‖⁴ ≤ T² for any T = ‖K‖²_F; and with N a² for T where a is common."""
    if not z.numel():
        return
    yield from _check_bounds(certify(z), *z.shape)
    unit = unit_embeddings(z.double())
    k, (n, m) = certify(unit), unit.shape
    a = k.sample_energy_range
    yield (k.dimension_fourth_powers * m - (n * a.lower) ** 2).is_nonnegative("unit embeddings: Σ‖K_j·‖⁴ ≥ N²a⁴/M")
    yield ((n * a.upper) ** 2 - k.dimension_fourth_powers).is_nonnegative("unit embeddings: Σ‖K_j·‖⁴ ≤ N²a⁴")


def _check_bounds(k: Certified, n: int, m: int) -> Iterator[Check]:
    square = k.energy.square()
    yield (k.dimension_fourth_powers * m - square).is_nonnegative("Σ‖K_j·‖⁴ ≥ ‖K‖⁴/M")
    yield (k.sample_fourth_powers * n - square).is_nonnegative("Σ‖K_·i‖⁴ ≥ ‖K‖⁴/N")
    yield (square - k.dimension_fourth_powers).is_nonnegative("Σ‖K_j·‖⁴ ≤ ‖K‖⁴")
    yield (square - k.sample_fourth_powers).is_nonnegative("Σ‖K_·i‖⁴ ≤ ‖K‖⁴")


def prove() -> Proof:
    """Each slack is a sum of squares, or of products of squares."""
    proof, total = Proof(), q.energy()
    for powers, energy, spread, size in (
        (q.dimension_fourth_powers(), q.dimension_energy, q.dimension_spread, q.M),
        (q.sample_fourth_powers(), q.sample_energy, q.sample_spread, q.N),
    ):
        lower = inequalities.at_least(powers, total**2 / size, spread(total / size))
        proof.concludes("the lower bound", lower)
        products = sums.off_diagonal(lambda a, b, energy=energy: energy(a) * energy(b), size)
        proof.concludes("the upper bound", inequalities.at_least(total**2, powers, products))
    a = sums.scalar("a")
    samples, dimensions = q.equal_sample_energies(a**2), q.equal_dimension_energies(a**2)
    proof.concludes("embeddings of norm a", sums.equality(total, q.N * a**2, [samples]))
    proof.concludes("dimensions of norm a", sums.equality(total, q.M * a**2, [dimensions]))
    return proof


CLAIM = Claim(
    id="lemma-3.4",
    title="Bounds of the fourth powers",
    source="Lemma 3.4",
    wording="If every ‖K_·i‖ = a, then (N²/M) a⁴ ≤ Σ_j‖K_j·‖⁴ ≤ N² a⁴; if every ‖K_j·‖ = a, then (M²/N) a⁴ "
    "≤ Σ_i‖K_·i‖⁴ ≤ M² a⁴.",
    parts=(
        Part(
            sentence="T²/M ≤ Σ_j‖K_j·‖⁴ ≤ T² with T = ‖K‖²_F, for every K.",
            symbolic=(
                "Σ_j ‖K_j·‖⁴ ≥ ‖K‖⁴/M, for real K (M × N)",
                "‖K‖⁴ ≥ Σ_j ‖K_j·‖⁴, for real K (M × N)",
            ),
            formal=("lemma_3_4_any",),
            numeric=(
                "Σ‖K_j·‖⁴ ≥ ‖K‖⁴/M",
                "Σ‖K_j·‖⁴ ≤ ‖K‖⁴",
            ),
        ),
        Part(
            sentence="T²/N ≤ Σ_i‖K_·i‖⁴ ≤ T², for every K.",
            symbolic=(
                "Σ_i ‖K_·i‖⁴ ≥ ‖K‖⁴/N, for real K (M × N)",
                "‖K‖⁴ ≥ Σ_i ‖K_·i‖⁴, for real K (M × N)",
            ),
            formal=("lemma_3_4_any_columns",),
            numeric=(
                "Σ‖K_·i‖⁴ ≥ ‖K‖⁴/N",
                "Σ‖K_·i‖⁴ ≤ ‖K‖⁴",
            ),
        ),
        Part(
            sentence="T = N a² where embeddings have norm a, T = M a² where dimensions have: the lemma as printed.",
            symbolic=(
                "‖K‖² = N a², given ‖K_·i‖² = a², for real K (M × N), a > 0",
                "‖K‖² = M a², given ‖K_j·‖² = a², for real K (M × N), a > 0",
            ),
            formal=(
                "lemma_3_4_embeddings",
                "lemma_3_4_dimensions",
                "refuted_upper_without_square",
                "refuted_transposed_lemma",
            ),
            numeric=("unit embeddings: ",),
            partial={"numeric": "unit embeddings"},
        ),
    ),
    verdict="holds",
    remark="The bounds hold without any normalisation. What the paper says of equality is another matter: "
    "lemma-3.4-lower and lemma-3.4-upper.",
    prove=prove,
    numeric=check,
)
