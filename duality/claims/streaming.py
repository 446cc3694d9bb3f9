"""The criteria add up over chunks of samples."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.streaming import Moments, accumulate
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """L_c from the sum of the covariances of two chunks and their fourth powers, exactly."""
    n = z.shape[0]
    if n < 2 or not z.shape[1] or z.numel() > exact.LARGEST_ENTRIES:
        return
    rows = z.double().tolist()
    chunks = rows[: n // 2], rows[n // 2 :]
    first, second = (exact.gram(exact.transpose(chunk)) for chunk in chunks)
    full = sum(
        (a + b) ** 2 for left, right in zip(first, second, strict=True) for a, b in zip(left, right, strict=True)
    )
    fourth = sum(exact.sample_fourth_powers(chunk) for chunk in chunks)
    yield Check.exact("L_c = ‖Σ_b K_bK_bᵀ‖² − Σ_b Σ_i‖K_·i‖⁴", exact.sample_contrastive(rows), full - fourth)


def construct() -> Iterator[Check]:
    """What `Moments` add up to, over chunks of integers of very different sizes, one of them of zeros."""
    chunks = [[[3, -1, 2], [0, 5, 1]], [[0, 0, 0]], [[2**40, 2**41, -(2**40)], [7, -(2**39), 1]], [[-2, 1, 4]]]
    for order in (chunks, chunks[::-1], chunks[1:2] + chunks[:1]):
        rows = [row for chunk in order for row in chunk]
        tensors = [torch.tensor(chunk, dtype=torch.float64) for chunk in order]
        yield from _told(accumulate(tensors), rows)
        first, *others = map(Moments.of, tensors)
        for other in others:
            first = other + first
        yield from _told(first, rows)


def _told(moments: Moments, rows: list[list[int]]) -> Iterator[Check]:
    what = f"moments of {len(rows)} samples"
    yield Check.exact(f"{what}: samples", moments.samples, len(rows))
    for name, expected in (
        ("energy", exact.energy(rows)),
        ("gram_norm", exact.gram_norm(rows)),
        ("sample_fourth_powers", exact.sample_fourth_powers(rows)),
        ("dimension_fourth_powers", exact.dimension_fourth_powers(rows)),
        ("sample_contrastive", exact.sample_contrastive(rows)),
        ("dimension_contrastive", exact.dimension_contrastive(rows)),
    ):
        found = getattr(moments, name)
        yield (found - expected).is_zero(f"{what}: {name}")
        yield Check(f"{what}: {name} is narrow", float(found.radius / exact.gram_norm(rows)), 1e-12)


def prove() -> Proof:
    """For two chunks A and B; more follow by taking all but the last for A."""
    proof, columns = Proof(), size("P")
    a, b = traces.matrix("A", q.M, q.N), traces.matrix("B", q.M, columns)
    blocks = traces.squared_norm(a.T @ a) + 2 * traces.squared_norm(a.T @ b) + traces.squared_norm(b.T @ b)
    together = traces.equality(blocks, traces.squared_norm(a @ a.T + b @ b.T))
    proof.lemma("the squares of the four blocks of the Gram matrix of both chunks", together)
    x, y = (q.entries(sums.array(name, q.M, samples)) for name, samples in (("A", q.N), ("B", columns)))

    def covariance(j: Expression, other: Expression) -> Expression:
        of_first = sums.total(lambda i: x(j, i) * x(other, i), q.N)
        return of_first + sums.total(lambda i: y(j, i) * y(other, i), columns)

    def similarity(first: q.Entries, i: Expression, second: q.Entries, other: Expression) -> Expression:
        return sums.total(lambda j: first(j, i) * second(j, other), q.M)

    criterion = 2 * sums.total(lambda i, o: similarity(x, i, y, o) ** 2, q.N, columns)
    moments = sums.total(lambda j, o: covariance(j, o) ** 2, q.M, q.M)
    for chunk, samples in ((x, q.N), (y, columns)):
        criterion += sums.off_diagonal(lambda i, o, k=chunk: similarity(k, i, k, o) ** 2, samples)
        moments -= sums.total(lambda i, k=chunk: q.sample_energy(i, k) ** 2, samples)
    proof.concludes(
        "L_c of both chunks, within each and across, from sums over each", sums.equality(criterion, moments)
    )
    return proof


CLAIM = Claim(
    id="streaming",
    title="Streaming over samples",
    source="beyond the paper",
    wording="L_c over N = 10⁶ samples would need 10¹² similarities.",
    parts=(
        Part(
            sentence="L_c = ‖Σ_b K_bK_bᵀ‖² − Σ_b Σ_i‖K_·i‖⁴ over chunks b of the samples.",
            symbolic=(
                (
                    "Σ_{i≠i'} (Σ_j A_ji A_ji')² + Σ_{p≠p'} (Σ_j B_jp B_jp')² + 2 (Σ_{i,p} (Σ_j A_ji B_jp)²) = "
                    "Σ_{j,j'} (Σ_i A_ji A_j'i + Σ_p B_jp B_j'p)² − Σ_i (Σ_j A_ji²)² − Σ_p (Σ_j B_jp²)², for real "
                    "A (M × N), real B (M × P)"
                ),
            ),
            formal=("streaming_chunks",),
            numeric=("L_c = ‖Σ_b K_bK_bᵀ‖²",),
            partial={"symbolic": "two chunks", "numeric": "two chunks, in rational arithmetic"},
            limits=(
                "That this takes one pass, O(N M²) time and O(M²) memory is counted by hand. The library's "
                "one-pass moments are tested, not checked here."
            ),
        ),
        Part(
            sentence="The library's moments of chunks, joined in any order, enclose each form of all the samples.",
            numeric=("moments of ",),
            limits="Integers, of sizes up to 2⁴¹; radii below 10⁻¹² of the full square.",
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
    constructed=construct,
)
