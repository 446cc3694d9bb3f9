"""Theorem 3.3: the duality."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.implementations import form_values
from duality.symbolic import Proof, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The residual, each criterion from its own matrix, and from the other one."""
    k = certify(z)
    yield k.duality_residual.is_zero("L_nc + Σ‖K_j·‖⁴ − L_c − Σ‖K_·i‖⁴ = 0")
    crossed = k.sample_contrastive("covariance") - k.sample_contrastive("gram")
    yield crossed.is_zero("L_c from the covariance = L_c from the Gram matrix")
    crossed = k.dimension_contrastive("gram") - k.dimension_contrastive("covariance")
    yield crossed.is_zero("L_nc from the Gram matrix = L_nc from the covariance")


def construct() -> Iterator[Check]:
    """The code on integers; weighted samples, complex entries; and entries that do not commute, where it fails."""
    yield from form_values()
    k = [[2, -1, 3], [0, 5, -4]]
    weights = [Fraction(1, 2), Fraction(3), Fraction(2, 5)]
    yield Check.exact("weighted samples", *_weighted_sides(k, weights))
    real, imaginary = np.array([[2, 0, 3], [1, 5, -4]]), np.array([[1, -1, 0], [-1, 0, 2]])
    yield Check.exact("complex entries, conjugate transpose", *_hermitian_sides(real, imaginary))
    nilpotent = np.array([[0, 1], [0, 0]])
    left, right = _noncommutative_sides(nilpotent, nilpotent.T)
    yield Check.exact("entries that do not commute: the two sides differ", left, right, expect="beyond")


def _weighted_sides(k: list[list[int]], weights: list[Fraction]) -> tuple[Fraction, Fraction]:
    """Both sides of the theorem for samples that count with weights w: C = K diag(w) Kᵀ, G = √w KᵀK √w."""
    dimensions, samples = range(len(k)), range(len(weights))
    covariance = [[sum(weights[i] * k[a][i] * k[b][i] for i in samples) for b in dimensions] for a in dimensions]
    gram = [[sum(k[a][i] * k[a][j] for a in dimensions) for j in samples] for i in samples]
    off_covariance = sum(covariance[a][b] ** 2 for a in dimensions for b in dimensions if a != b)
    off_gram = sum(weights[i] * weights[j] * gram[i][j] ** 2 for i in samples for j in samples if i != j)
    left = off_covariance + sum(covariance[a][a] ** 2 for a in dimensions)
    return Fraction(left), Fraction(off_gram + sum((weights[i] * gram[i][i]) ** 2 for i in samples))


def _hermitian_sides(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """Both sides for K = A + iB, with K* for Kᵀ and |·|² for squares."""
    sides = []
    for x, y in ((a, b), (a.T, -b.T)):
        squares = (x @ x.T + y @ y.T) ** 2 + (y @ x.T - x @ y.T) ** 2
        diagonal = np.eye(len(squares), dtype=bool)
        sides.append(int(squares[~diagonal].sum()) + int(squares[diagonal].sum()))
    return sides[0], sides[1]


def _noncommutative_sides(a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    """Traces of both sides for K = [a b], one dimension and two samples whose entries are matrices."""
    left = (a @ a + b @ b) @ (a @ a + b @ b)
    right = (a @ b) @ (a @ b) + (b @ a) @ (b @ a) + (a @ a) @ (a @ a) + (b @ b) @ (b @ b)
    return int(np.trace(left)), int(np.trace(right))


def prove() -> Proof:
    """By the normal forms of trace words and of index sums."""
    proof = Proof()
    k = traces.matrix("K", q.M, q.N)
    full = traces.equality(traces.squared_norm(k.T @ k), traces.squared_norm(k @ k.T))
    proof.lemma("the full squares, by cyclicity of the trace", full)
    left, right = (
        q.dimension_contrastive() + q.dimension_fourth_powers(),
        q.sample_contrastive() + q.sample_fourth_powers(),
    )
    proof.lemma("the left side is the whole of C", sums.equality(left, q.covariance_norm()))
    proof.lemma("the right side is the whole of G", sums.equality(right, q.gram_norm()))
    proof.concludes("and so they are equal", sums.equality(left, right))
    proof.concludes("samples with weights w", sums.equality(*_weighted_identity()))
    z = traces.matrix("K", q.M, q.N, "complex")
    hermitian = traces.equality(traces.squared_norm(z.T @ z), traces.squared_norm(z @ z.T))
    proof.concludes("complex entries, with the conjugate transpose", hermitian)
    return proof


def _weighted_identity() -> tuple[Expression, Expression]:
    """Both sides for C = K diag(w) Kᵀ, whose dual is the Gram matrix with entries √w_i √w_i' G_ii'."""
    w = sums.array("w", q.N)

    def covariance(j: Expression, other: Expression) -> Expression:
        return sums.total(lambda i: w[i] * q.K[j, i] * q.K[other, i], q.N)

    dimensions = sums.off_diagonal(lambda j, other: covariance(j, other) ** 2, q.M)
    dimensions += sums.total(lambda j: covariance(j, j) ** 2, q.M)
    samples = sums.off_diagonal(lambda i, other: w[i] * w[other] * q.gram(i, other) ** 2, q.N)
    samples += sums.total(lambda i: (w[i] * q.sample_energy(i)) ** 2, q.N)
    return dimensions, samples


CLAIM = Claim(
    id="thm-3.3",
    title="The duality",
    source="Theorem 3.3",
    wording="For every K: L_nc + Σ_j‖K_j·‖₂⁴ = L_c + Σ_i‖K_·i‖₂⁴.",
    parts=(
        Part(
            sentence="L_nc + Σ_j‖K_j·‖⁴ = L_c + Σ_i‖K_·i‖⁴ for every real M × N matrix.",
            symbolic=("L_nc + Σ_j ‖K_j·‖⁴ = L_c + Σ_i ‖K_·i‖⁴, for real K (M × N)",),
            formal=(
                "thm_3_3",
                "gram_norm_duality",
                "refuted_fourth_power_dropped",
            ),
            numeric=(
                "L_nc + Σ‖K_j·‖⁴",
                "L_c from the covariance",
                "L_nc from the Gram matrix",
            ),
        ),
        Part(
            sentence="The same over any commutative ring.",
            formal=(
                "thm_3_3",
                "gram_norm_duality",
            ),
            limits="By Coq alone: the engine knows real and complex entries.",
        ),
        Part(
            sentence="The same with the conjugate transpose over the complex numbers.",
            symbolic=("tr(Kᴴ K Kᴴ K) = tr(K Kᴴ K Kᴴ), for complex K (M × N)",),
            formal=(
                "thm_3_3_hermitian",
                "thm_3_3_involution",
            ),
            numeric=("complex entries",),
            partial={"symbolic": "the full squares, without the diagonals"},
        ),
        Part(
            sentence="The same with weighted samples.",
            symbolic=(
                (
                    "Σ_j (Σ_i w_i K_ji²)² + Σ_{j≠j'} (Σ_i w_i K_ji K_j'i)² = Σ_i w_i² ‖K_·i‖⁴ + Σ_{i≠i'} w_i "
                    "w_i' G_ii'², for real K (M × N), real w (N)"
                ),
            ),
            formal=("thm_3_3_weighted",),
            numeric=("weighted samples",),
        ),
        Part(
            sentence=(
                "Entries must commute: over 2 × 2 matrices, with the plain transpose, there is a "
                "counterexample of one dimension and two samples."
            ),
            formal=("thm_3_3_noncommutative_counterexample",),
            numeric=("entries that do not commute",),
        ),
        Part(
            sentence=(
                "The library's criteria, full square, energies and fourth powers of integers are right to the "
                "last bit: on each side, in each layout and precision."
            ),
            numeric=("integers: ",),
            limits="Five matrices of small integers.",
        ),
    ),
    verdict="holds",
    remark="Stronger than printed. Commutativity is needed: with M = 1, N = 2 and the entries "
    "[[0,1],[0,0]] and its transpose the plain-transpose form fails.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
