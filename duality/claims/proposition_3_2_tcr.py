"""Proposition 3.2: TCR, which is its own dual."""

from collections.abc import Iterator
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.claims.loss_terms import tcr_terms
from duality.claims.loss_values import loss_values
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.exact import Matrix
from duality.symbolic import Proof, lemmas, sums, traces
from duality.symbolic import quantities as q
from duality.symbolic.determinants import sylvester

WEIGHT = Fraction(1, 2)
"""a in det(I + aKKᵀ)."""


def determinants(z: Matrix) -> tuple[Fraction, Fraction]:
    """det(I + aKᵀK) and det(I + aKKᵀ), exactly."""
    return exact.determinant(_regularised(z)), exact.determinant(_regularised(exact.transpose(z)))


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Both determinants agree, and are at most what orthogonal embeddings of the same norms have (Hadamard)."""
    if z.numel() and max(z.shape) <= exact.LARGEST_SIDE:
        rows = z.double().tolist()
        gram, covariance = determinants(rows)
        yield Check.exact("det(I + aKᵀK) = det(I + aKKᵀ)", gram, covariance)
        product = Fraction(1)
        for row in rows:
            product *= 1 + WEIGHT * sum(Fraction(entry) ** 2 for entry in row)
        yield Check.exact("det(I + aKᵀK) ≤ Π_i (1 + a‖K_·i‖²)", max(gram, product), product)


def construct() -> Iterator[Check]:
    """N = 2 < M = 3: a TCR optimum with L_c = 0 whose L_nc is not zero."""
    yield from loss_values("tcr")
    yield from tcr_terms()
    z = [[Fraction(3, 5), Fraction(4, 5), 0], [0, 0, 1]]
    gram, covariance = determinants(z)
    yield Check.exact("K optimal for TCR: det = (1 + a)^N", covariance, (1 + WEIGHT) ** 2)
    yield Check.exact("both sides agree", gram, covariance)
    yield Check.exact("L_c = 0", exact.sample_contrastive(z), 0)
    yield Check.exact("L_nc = 288/625", exact.dimension_contrastive(z), Fraction(288, 625))


def _regularised(z: Matrix) -> list[list[Fraction]]:
    gram = exact.gram(z)
    return [[WEIGHT * entry + int(i == j) for j, entry in enumerate(row)] for i, row in enumerate(gram)]


def prove() -> Proof:
    """Self-duality by Sylvester; both bounds by log x ≤ x − 1 at the eigenvalues, whose sum is ‖K‖² = N."""
    proof = Proof()
    k, a = traces.matrix("K", q.M, q.N), sums.scalar("a")
    first, second, identity = sylvester(a * k, k.T)
    proof.lemma("multiplied out", first)
    proof.lemma("and in the other order", second)
    proof.concludes("determinants of block-triangular factors", identity)
    proof.lemma("the trace for unit embeddings", sums.equality(q.energy(), q.N, [q.UNIT_SAMPLES]))
    for matrix, size in (("G", q.N), ("C", q.M)):
        eigenvalues = sums.array("λ", size, sign="nonnegative")
        trace = sums.Given(sums.total(lambda n, e=eigenvalues: e[n], size), q.N)
        bound = lemmas.mean_of_logarithms(lambda n, e=eigenvalues: 1 + a * e[n], 1 + a * q.N / size, size, [trace])
        proof.concludes(f"the log-determinant by the eigenvalues λ of {matrix}", bound)
    proof.lemma("Welch's bound, reached where C is a multiple of the identity", lemmas.welch())
    return proof


CLAIM = Claim(
    id="prop-3.2-tcr",
    title="TCR",
    source="Proposition 3.2",
    wording="TCR is dimension-contrastive.",
    parts=(
        Part(
            sentence="det(I + aKKᵀ) = det(I + aKᵀK): TCR is its own dual.",
            symbolic=("det(I + a Kᵀ K) = det(I + a K Kᵀ), for real K (M × N), a > 0",),
            formal=("prop_3_2_tcr_self_dual",),
            numeric=(
                "det(I + aKᵀK) = det(I + aKKᵀ)",
                "both sides agree",
            ),
        ),
        Part(
            sentence=(
                "On unit embeddings, for a > 0, det(I + aKKᵀ) ≤ (1 + a)^N with equality if and only if L_c = 0."
            ),
            symbolic=("N log(a + 1) ≥ Σ_i log(a λ_i + 1), given Σ_i λ_i = N, for nonnegative λ (N), a > 0",),
            formal=(
                "hadamard",
                "prop_3_2_tcr_sample_contrastive",
            ),
            numeric=(
                "det(I + aKᵀK) ≤ Π_i",
                "TCRLoss, ",
            ),
            partial={
                "symbolic": "the bound in the eigenvalues of G; the case of equality is in words",
                "numeric": "Hadamard's inequality; the library's loss at orthogonal embeddings",
            },
        ),
        Part(
            sentence="There det(I + aKKᵀ) ≤ (1 + aN/M)^M with equality if and only if L_c = N²/M − N.",
            symbolic=("M log(a N/M + 1) ≥ Σ_j log(a λ_j + 1), given Σ_j λ_j = N, for nonnegative λ (M), a > 0",),
            formal=("prop_3_2_tcr_welch",),
            partial={"symbolic": "the bound in the eigenvalues of C; the case of equality is in words"},
        ),
        Part(
            sentence=(
                "It need not make L_nc small: K = [[3/5,0],[4/5,0],[0,1]] is optimal for TCR, with L_c = 0 "
                "and L_nc = 288/625."
            ),
            formal=("prop_3_2_tcr_counterexample",),
            numeric=(
                "K optimal for TCR",
                "L_c = 0",
                "L_nc = 288/625",
            ),
        ),
        Part(
            sentence="The library's TCR is the loss as written, from either side: terms, total and slope.",
            numeric=("tcr(",),
            limits="Within 2⁻⁴⁰ on three pairs of views, at one temperature.",
        ),
    ),
    verdict="corrected",
    remark="Misleading, and false for N < M: on unit embeddings TCR is exactly sample-contrastive. K = "
    "[[3/5,0],[4/5,0],[0,1]] is optimal for TCR, with L_c = 0 and L_nc = 288/625.",
    prove=prove,
    numeric=check,
    constructed=construct,
)
