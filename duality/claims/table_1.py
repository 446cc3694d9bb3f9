"""Table 1: the normalisation of each method, and what a second one does to the first."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.citations import PRESCRIBED_SUMS, SINKHORN
from duality.claims.claim import Claim, Part
from duality.normalization import NotScalableError, double_normalize
from duality.numeric.check import Check
from duality.numeric.normalizations import (
    centred_values,
    doubly_normalised_values,
    reported_norms,
    unit_values,
)


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Sinkhorn scaling, where it exists, comes as near to both normalisations as it reports, converged or not."""
    if not z.numel():
        return
    with contextlib.suppress(NotScalableError):
        yield from reported_norms("", double_normalize(z.double()))


def construct() -> Iterator[Check]:
    """Centred, then unit embeddings: no longer centred. Unit dimensions, then unit embeddings: no longer unit."""
    yield from centred_values()
    yield from unit_values()
    yield from doubly_normalised_values()
    z = [[Fraction(2)], [Fraction(-1)], [Fraction(-1)]]
    yield Check.exact("(2, −1, −1) is centred", sum(row[0] for row in z), 0)
    unit = [row[0] / abs(row[0]) for row in z]
    yield Check.exact("its unit embeddings are not", sum(unit), 0, expect="beyond")
    squares = [[Fraction(9, 25), Fraction(0)], [Fraction(16, 25), Fraction(1)]]
    for dimension in range(2):
        yield Check.exact("dimensions of norm 1", sum(row[dimension] for row in squares), 1)
    normalised = [[entry / sum(row) for entry in row] for row in squares]
    once = "after normalising the embeddings: no longer"
    yield Check.exact(once, sum(row[0] for row in normalised), 1, expect="beyond")


CLAIM = Claim(
    id="table-1",
    title="Normalisation of each method",
    source="Table 1",
    wording="VICReg and -exp centre dimensions (norm √N); VICReg-ctr centres dimensions, embeddings of norm"
    " 1; SimCLR norm 1; SimCLR-A centred, norm 1; SimCLR-B centred, dimension norm √(N/M).",
    parts=(
        Part(
            sentence="Embeddings that are centred need not stay so when each is normalised: (2, −1, −1) does not.",
            formal=("table_1_counterexample",),
            numeric=(
                "(2, −1, −1) is centred",
                "its unit embeddings are not",
            ),
            limits="Some stay centred, such as (1, −1).",
        ),
        Part(
            sentence=(
                "Nor need a normalisation survive the other: there are unit dimensions that normalising the "
                "embeddings makes unequal."
            ),
            numeric=(
                "dimensions of norm 1",
                "after normalising the embeddings: no longer",
            ),
            limits="One matrix, exactly, which is all that the sentence needs.",
        ),
        Part(
            sentence="Where some D₁KD₂ has both norms, Sinkhorn's iteration on K∘K converges to it.",
            numeric=("double_normalize",),
            partial={
                "numeric": "a known limit is reached, and each result is as near to both norms as is reported"
            },
            rests_on=(
                SINKHORN,
                PRESCRIBED_SUMS,
            ),
            limits=("Convergence is not proved here; the library says when its iteration did not get there."),
        ),
        Part(
            sentence=(
                "The library centres, and normalises embeddings, to the last bit where nothing is rounded; what "
                "it reports of a double normalisation is true, and what has no scaling is refused."
            ),
            numeric=(
                "center",
                "unit_embeddings",
                "double_normalize",
            ),
            limits="Matrices whose norms are known.",
        ),
    ),
    verdict="corrected",
    remark="Centred dimensions may have any norm. Of centred dimensions and unit embeddings only what is applied"
    " last holds.",
    numeric=check,
    constructed=construct,
)
