"""Definition 3.2: the two families of criteria, and the feasible set that the definition leaves out."""

from collections.abc import Iterator
from fractions import Fraction

import sympy as sp
from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.precision import judge_criteria
from duality.symbolic import Proof, inequalities, sums
from duality.symbolic import quantities as q
from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The library's criteria, in the type of ``z`` and on every side, against certified values; Welch's bound."""
    yield from judge_criteria(z)
    if z.numel():
        k = certify(z)
        excess = k.gram_norm("gram") - k.energy.square() / min(z.shape)
        yield excess.is_nonnegative("Welch: ‖G‖² ≥ ‖K‖⁴/min(M, N)")


def construct() -> Iterator[Check]:
    """Total collapse has L_nc = 0; unit embeddings reach max(0, N²/M − N), Welch's bound, and not less."""
    for n, m in ((2, 1), (5, 3), (9, 4)):
        collapsed = [[int(j == 0) for j in range(m)] for _ in range(n)]
        yield Check.exact(f"collapse, N={n}, M={m}: L_nc = 0", exact.dimension_contrastive(collapsed), 0)
        yield Check.exact(f"collapse, N={n}, M={m}: L_c = N² − N", exact.sample_contrastive(collapsed), n * n - n)
    for n, m in ((3, 3), (3, 7), (6, 3), (12, 4)):
        basis = [[int(j == i % m) for j in range(m)] for i in range(n)]
        welch = max(Fraction(0), Fraction(n * n, m) - n)
        yield Check.exact(
            f"copies of a basis, N={n}, M={m}: L_c = max(0, N²/M − N)", exact.sample_contrastive(basis), welch
        )


def prove() -> Proof:
    """Welch's bound as a sum of squares; total collapse as K = e₁1ᵀ."""
    proof = Proof("unit embeddings: L_c ≥ max(0, N²/M − N), and L_nc = 0 is reached by total collapse")
    samples = q.sample_contrastive()
    proof.record("L_c ≥ 0", inequalities.at_least(samples, 0, samples))
    record_welch(proof)
    copies = size("B")
    squared_gram = sums.total(lambda j, b, other, c: sp.KroneckerDelta(j, other), q.M, copies, q.M, copies)
    n = q.M * copies
    welch = sums.equality(squared_gram - n, n**2 / q.M - n)
    proof.record("reached by B copies of a basis, N = M B, G_(jb)(j'b') = δ_jj'", welch)
    axis = sums.index("1", q.M)

    def collapsed(j: Expression, i: Expression) -> Expression:
        return sp.KroneckerDelta(j, axis)

    unit = sums.equality(q.sample_energy(sums.index("i", q.N), collapsed), 1)
    proof.record("K = e₁1ᵀ has unit embeddings", unit)
    proof.record("there L_nc = 0", sums.equality(q.dimension_contrastive(collapsed), 0))
    proof.record("and L_c = N² − N", sums.equality(q.sample_contrastive(collapsed), q.N**2 - q.N))
    return proof


def record_welch(proof: Proof) -> None:
    """Derive Welch's bound on unit embeddings, with its equality case, C = (N/M) I."""
    slack = q.dimension_contrastive() + q.dimension_spread(q.N / q.M)
    welch = inequalities.at_least(q.sample_contrastive(), q.N**2 / q.M - q.N, slack, [q.UNIT_SAMPLES])
    proof.record("unit embeddings, L_c ≥ N²/M − N, with equality iff C = (N/M) I", welch)


CLAIM = Claim(
    id="def-3.2",
    title="Sample- and dimension-contrastive",
    source="Definition 3.2",
    wording="A method is sample-contrastive if it minimises L_c = ‖KᵀK − diag(KᵀK)‖²_F, dimension-"
    "contrastive if it minimises L_nc = ‖KKᵀ − diag(KKᵀ)‖²_F.",
    statement="On unit embeddings L_c ≥ max(0, N²/M − N), Welch's bound, reached by copies of a basis, and "
    "L_nc = 0 is reached by total collapse. L_c protects from collapse where embeddings are "
    "normalised, L_nc where dimensions are.",
    verdict="corrected",
    remark="“Minimises” needs a feasible set. Over all matrices both minima are zero, at K = 0; over unit "
    "embeddings K = e₁1ᵀ, every embedding the same, has L_nc = 0 and L_c = N² − N.",
    prove=prove,
    formal=("def_3_2_welch", "def_3_2_welch_equality", "def_3_2_minimum", "def_3_2_collapse"),
    numeric=check,
    constructed=construct,
)
