"""Gram matrix and covariance have the same spectrum but for zeros."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric import exact
from duality.numeric.check import Check
from duality.symbolic import Proof, determinants, sums, traces
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """tr Gᵏ = tr Cᵏ for k up to 5, in rational arithmetic."""
    if not z.numel() or max(z.shape) > exact.LARGEST_SIDE:
        return
    rows = z.double().tolist()
    gram, covariance = exact.gram(rows), exact.gram(exact.transpose(rows))
    left, right = gram, covariance
    for power in range(1, 6):
        yield Check.exact(f"tr G^{power} = tr C^{power}", _trace(left), _trace(right))
        left, right = exact.product(left, gram), exact.product(right, covariance)


def _trace(matrix: exact.Matrix) -> Fraction:
    return sum((Fraction(row[i]) for i, row in enumerate(matrix)), Fraction(0))


def prove() -> Proof:
    """The characteristic polynomials by two factorisations, the traces of powers by induction."""
    proof = Proof()
    a, b = traces.matrix("A", q.M, q.N), traces.matrix("B", q.N, q.M)
    _prove_characteristic_polynomials(proof, a, b)
    _prove_powers(proof, a, b)
    return proof


def _prove_characteristic_polynomials(proof: Proof, a: traces.Matrix, b: traces.Matrix) -> None:
    x = sums.scalar("X")
    large, small = x * traces.identity(q.M), x * traces.identity(q.N)
    above, below = traces.zero(q.M, q.N), traces.zero(q.N, q.M)
    lower = determinants.Blocks(traces.identity(q.M), above, b, traces.identity(q.N))
    first = (determinants.Blocks(large - a @ b, a, below, small), lower)
    second = (lower, determinants.Blocks(large, a, below, small - b @ a))
    bordered = determinants.Blocks(large, a, x * b, small)
    left, right, identity = determinants.determinant_identity(bordered, first, second)
    proof.lemma("multiplied out", left)
    proof.lemma("and", right)
    proof.concludes("determinants of block-triangular factors", identity)


def _prove_powers(proof: Proof, a: traces.Matrix, b: traces.Matrix) -> None:
    """(BA)ᵏB = B(AB)ᵏ by induction on k; the traces follow by turning one factor round."""
    ab, ba = traces.matrix("(AB)^k", q.M, q.M), traces.matrix("(BA)^k", q.N, q.N)
    hypothesis = traces.Rule(ba @ b, b @ ab)
    proof.lemma("moving B through a power, the first", traces.equality((b @ a) @ b, b @ (a @ b)))
    step = traces.equality((b @ a @ ba) @ b, b @ (a @ b @ ab), [hypothesis])
    proof.lemma("and from one power to the next", step)
    turned = traces.equality(traces.trace(ba @ b @ a), traces.trace(ab @ a @ b), [hypothesis])
    proof.concludes("traces of higher powers", turned)
    proof.concludes("and of the first", traces.equality(traces.trace(a @ b), traces.trace(b @ a)))


CLAIM = Claim(
    id="spectral-duality",
    title="One spectrum on both sides",
    source="beyond the paper",
    wording="Which other criteria can be had from either matrix?",
    parts=(
        Part(
            sentence=(
                "Xᴺ χ_AB(X) = Xᴹ χ_BA(X): Gram matrix and covariance have the same characteristic polynomial "
                "up to a power of X."
            ),
            symbolic=("det(X I − A B) X^N = X^M det(X I − B A), for real A (M × N), real B (N × M), X > 0",),
            formal=("spectral_duality",),
            limits=(
                "That every function of the non-zero eigenvalues agrees, such as the effective rank or a "
                "Schatten norm, is drawn from it on the page, not by machine."
            ),
        ),
        Part(
            sentence="tr (AB)ᵏ = tr (BA)ᵏ for k ≥ 1.",
            symbolic=(
                (
                    "tr((BA)^k B A) = tr((AB)^k A B), given (BA)^k B = B (AB)^k, for real (AB)^k (M × M), real "
                    "(BA)^k (N × N), real A (M × N), real B (N × M)"
                ),
                "tr(A B) = tr(B A), for real A (M × N), real B (N × M)",
            ),
            formal=("spectral_duality_traces",),
            numeric=("tr G^",),
            partial={
                "symbolic": "from (BA)ᵏB = B(AB)ᵏ, whose induction is made of two lemmas",
                "numeric": "k ≤ 5, for A = K and B = Kᵀ",
            },
        ),
    ),
    verdict="holds",
    prove=prove,
    numeric=check,
)
