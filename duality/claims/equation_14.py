"""Equation 14: dimension standardisation."""

from collections.abc import Iterator
from fractions import Fraction

import torch
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import standardised_terms
from duality.normalization import standardize_dimensions
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.normalizations import standardised_values
from duality.numeric.rounding import growth, unit_roundoff
from duality.symbolic import Proof, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Standardised dimensions have norm² N/M each, but for the roundings, and T = N."""
    if not z.numel():
        return
    (n, m), k = z.shape, certify(standardize_dimensions(z.double()))
    energies = k.dimension_energy_range
    if energies.lower > 0:
        # The sum of squares, its root, two divisions and √(N/M), all but the first twice, as they are squared.
        roundings = Fraction(growth(2 * (n + 8), unit_roundoff(torch.float64)))
        farthest = max(abs(energies.lower * m / n - 1), abs(energies.upper * m / n - 1))
        yield Check("dimensions have norm² N/M", float(farthest), float(roundings) + float(energies.radius * m / n))
        yield Check("T = N", float(abs(k.energy.value / n - 1)), float(roundings + k.energy.radius / n))


def construct() -> Iterator[Check]:
    """M = 6, N = 10: rows of norm² N/M give T = N, columns of that norm give N²/M."""
    yield from standardised_terms()
    yield from standardised_values()
    m, n = 6, 10
    target = Fraction(n, m)
    rows_scaled = m * target
    columns_scaled = n * target
    yield Check.exact("M=6, N=10, rows of norm² N/M: T = N", rows_scaled, n)
    yield Check.exact("M=6, N=10, columns of norm² N/M: T = 16.67, not N", columns_scaled, n, expect="beyond")
    # A centred matrix with equal row norms, so that standardising is one rational factor.
    z = [[1, 1], [1, -1], [-1, 1], [-1, -1]]
    standard = [[Fraction(entry) / 2 for entry in row] for row in exact.center(z)]
    energy = sum(entry**2 for row in standard for entry in row)
    yield Check.exact("M=2, N=4: rows of norm 1 have T = M", energy, 2)


def prove() -> Proof:
    """The energy, counted by rows."""
    proof = Proof()
    rows, columns = q.equal_dimension_energies(q.N / q.M), q.equal_sample_energies(q.N / q.M)
    proof.concludes("dimensions of the norm said", sums.equality(q.energy(), q.N, [rows]))
    proof.concludes("as for unit embeddings", sums.equality(q.energy(), q.N, [q.UNIT_SAMPLES]))
    proof.concludes("samples of that norm, as printed", sums.equality(q.energy(), q.N**2 / q.M, [columns]))
    return proof


CLAIM = Claim(
    id="eq-14",
    title="Dimension standardisation",
    source="equation 14",
    wording="Dimension standardisation centres each K_·i and scales it to norm √(N/M).",
    parts=(
        Part(
            sentence="Dimensions K_j· of norm √(N/M) have T = ‖K‖²_F = N, as unit embeddings do.",
            symbolic=(
                "‖K‖² = N, given ‖K_j·‖² = N/M, for real K (M × N)",
                "‖K‖² = N, given ‖K_·i‖² = 1, for real K (M × N)",
            ),
            formal=("eq_14_energy",),
            numeric=(
                "M=6, N=10, rows",
                "M=2, N=4",
            ),
            partial={"numeric": "two sizes"},
        ),
        Part(
            sentence="Embeddings K_·i of that norm, as printed, have T = N²/M.",
            symbolic=("‖K‖² = N²/M, given ‖K_·i‖² = N/M, for real K (M × N)",),
            formal=("eq_14_energy",),
            numeric=("M=6, N=10, columns",),
            partial={"numeric": "M = 6, N = 10"},
        ),
        Part(
            sentence=(
                "The library's standardised dimensions have norm √(N/M) and T = N, and both of its normalisations "
                "give SimCLR the same alignment."
            ),
            numeric=(
                "dimensions have norm² N/M",
                "T = N",
                "standardize_dimensions",
                "simclr(normalization=",
            ),
            limits="But for roundings. A dimension that is constant over the batch becomes zero.",
        ),
    ),
    verdict="corrected",
    remark="An index is swapped in print: columns scaled so would give T = N²/M. M = 6, N = 10: 16.67, not 10.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
