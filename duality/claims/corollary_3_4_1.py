"""Corollary 3.4.1: how far apart the two criteria can be."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.normalization import unit_embeddings
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q


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
    proof = Proof(
        "unit embeddings: L_nc − N + N²/M ≤ L_c ≤ L_nc − N + N²; unit dimensions: rows and columns exchanged"
    )
    for criterion, other, energy, spread, size, count, given in (
        (
            q.sample_contrastive(),
            q.dimension_contrastive(),
            q.dimension_energy,
            q.dimension_spread,
            q.M,
            q.N,
            q.UNIT_SAMPLES,
        ),
        (
            q.dimension_contrastive(),
            q.sample_contrastive(),
            q.sample_energy,
            q.sample_spread,
            q.N,
            q.M,
            q.UNIT_DIMENSIONS,
        ),
    ):
        names = ("L_c", "L_nc") if size == q.M else ("L_nc", "L_c")
        slack = spread(count / size)
        lower = other - count + count**2 / size
        proof.record(
            f"{names[0]} = {names[1]} − {count} + {count}²/{size} + the energies' spread",
            sums.equality(criterion, lower + slack, [given]),
        )
        proof.record("lower bound", inequalities.at_least(criterion, lower, slack, [given]))
        products = sums.off_diagonal(lambda a, b, energy=energy: energy(a) * energy(b), size)
        upper = inequalities.at_least(other - count + count**2, criterion, products, [given])
        proof.record("upper bound", upper)
    return proof


CLAIM = Claim(
    id="cor-3.4.1",
    title="The criteria differ within bounds",
    source="Corollary 3.4.1",
    wording="Unit embeddings: L_nc − N + N²/M ≤ L_c ≤ L_nc − N + N². Unit dimensions: L_c − M + M²/N ≤ L_nc"
    " ≤ L_c − M + M².",
    statement="Unit embeddings: L_c = L_nc − N + N²/M + Σ_j (r_j − N/M)², hence both inequalities, and both "
    "ends are reached. The same with rows and columns exchanged.",
    verdict="holds",
    remark="Made exact: the slack is the spread of the dimensions' energies r_j = ‖K_j·‖².",
    prove=prove,
    formal=("cor_3_4_1_embeddings", "cor_3_4_1_dimensions", "cor_3_4_1_exact"),
    numeric=check,
    constructed=construct,
)
