"""The criteria add up over chunks of samples."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.claims.proposition_3_2_vicreg import LARGEST_ENTRIES
from duality.numeric import exact
from duality.numeric.check import Check
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """L_c from the sum of the covariances of two chunks and their fourth powers, exactly."""
    n = z.shape[0]
    if n < 2 or not z.shape[1] or z.numel() > LARGEST_ENTRIES:
        return
    rows = z.double().tolist()
    chunks = rows[: n // 2], rows[n // 2 :]
    first, second = (exact.gram(exact.transpose(chunk)) for chunk in chunks)
    full = sum(
        (a + b) ** 2 for left, right in zip(first, second, strict=True) for a, b in zip(left, right, strict=True)
    )
    fourth = sum(exact.sample_fourth_powers(chunk) for chunk in chunks)
    yield Check.exact("L_c = ‖Σ_b K_bK_bᵀ‖² − Σ_b Σ_i‖K_·i‖⁴", exact.sample_contrastive(rows), full - fourth)


def prove() -> Proof:
    """For two chunks A and B; more follow by taking all but the last for A."""
    proof = Proof("L_c of [A B] = ‖AAᵀ + BBᵀ‖² − Σ_i‖A_·i‖⁴ − Σ_i‖B_·i‖⁴ for A of M × N and B of M × P")
    columns = size("P")
    a, b = traces.matrix("A", q.M, q.N), traces.matrix("B", q.M, columns)
    blocks = traces.squared_norm(a.T @ a) + 2 * traces.squared_norm(a.T @ b) + traces.squared_norm(b.T @ b)
    proof.record(
        "the Gram matrix of [A B] has the blocks AᵀA, AᵀB, BᵀA, BᵀB, whose squares add up to ‖AAᵀ + BBᵀ‖²",
        traces.equality(blocks, traces.squared_norm(a @ a.T + b @ b.T)),
    )
    for name, samples in (("A", q.N), ("B", columns)):
        x = sums.array(name, q.M, samples)

        def similarity(i: Expression, other: Expression, x: Expression = x) -> Expression:
            return sums.total(lambda j: x[j, i] * x[j, other], q.M)

        off_diagonal = sums.off_diagonal(lambda i, o, f=similarity: f(i, o) ** 2, samples)
        full = sums.total(lambda i, o, f=similarity: f(i, o) ** 2, samples, samples)
        diagonal = sums.total(lambda i, f=similarity: f(i, i) ** 2, samples)
        proof.record(f"the diagonal of {name}ᵀ{name}", sums.equality(off_diagonal, full - diagonal))
    return proof


CLAIM = Claim(
    id="streaming",
    title="Streaming over samples",
    source="beyond the paper",
    wording="L_c over N = 10⁶ samples would need 10¹² similarities.",
    statement="L_c = ‖Σ_b K_bK_bᵀ‖² − Σ_b Σ_i‖K_·i‖⁴ over chunks b of the samples: one pass, O(N M²) time, "
    "O(M²) memory, additive over workers.",
    verdict="holds",
    prove=prove,
    formal=("streaming_chunks",),
    numeric=check,
)
