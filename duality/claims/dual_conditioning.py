"""The dual side loses at most one bit where it pays."""

from collections.abc import Iterator

from jaxtyping import Float
from torch import Tensor

from duality.claims.claim import Claim, Part
from duality.normalization import standardize_dimensions
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.sides import taken_sides
from duality.symbolic import Proof, inequalities, lemmas, sums
from duality.symbolic import quantities as q


def check(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """Equal dimension norms and M ≥ 2N: ‖G‖² ≤ 2 L_nc. In general the condition number's bound by q."""
    n, m = z.shape
    if not z.numel():
        return
    k = certify(z)
    full, fourth = k.gram_norm("gram"), k.dimension_fourth_powers
    # q = T²/(rank Σ‖K_j·‖⁴) > 1 bounds (full + fourth)/(full − fourth) by (q + 1)/(q − 1); cleared of fractions.
    rank_fourth = min(n, m) * fourth
    square = k.energy.square()
    if (square - rank_fourth).lower > 0:
        gap = (square + rank_fourth) * (full - fourth) - (square - rank_fourth) * (full + fourth)
        yield gap.is_nonnegative("condition number ≤ (q + 1)/(q − 1)")
    if m >= 2 * n:
        k = certify(standardize_dimensions(z.double()))
        spread = k.dimension_fourth_powers - k.energy.square() / m
        bound = 2 * k.dimension_contrastive("covariance") + 2 * spread - k.gram_norm("gram")
        yield bound.is_nonnegative("equal dimension norms, M ≥ 2N: ‖G‖² ≤ 2 L_nc")


def prove() -> Proof:
    """From the rank bound. E ≥ 0 is its slack, S ≥ 0 that of M ≥ 2 rank(K), p = q − 1."""
    proof = Proof()
    proof.lemma("the rank bound", lemmas.rank_bound())
    r = sums.scalar("r")
    equal = [q.equal_dimension_energies(r)]
    proof.lemma("the energy of equal dimension norms", sums.equality(q.energy(), q.M * r, equal))
    criterion = sums.equality(q.dimension_contrastive(), q.gram_norm() - q.M * r**2, equal)
    proof.lemma("and their L_nc", criterion)
    excess, spare = sums.scalar("E", nonnegative=True), sums.scalar("S", nonnegative=True)
    energy, rank, b, p = map(sums.scalar, ("T", "rank", "b", "p"))
    size = 2 * rank + spare
    full = energy**2 / rank + excess
    slack = excess + energy**2 * spare / (rank * size)
    one_bit = inequalities.at_least(2 * (full - energy**2 / size), full, slack)
    proof.concludes("twice L_nc against ‖G‖², which is T²/rank + E, where M is 2 rank + S", one_bit)
    full = (1 + p) * b + excess
    gate = inequalities.at_least((p + 2) * (full - b), p * (full + b), 2 * excess)
    proof.concludes("the gate, for b the fourth powers, q as 1 + p and ‖G‖² as q b + E", gate)
    return proof


CLAIM = Claim(
    id="dual-conditioning",
    title="The dual side is well conditioned where it pays",
    source="beyond the paper",
    wording="L_nc = ‖G‖² − Σ_j‖K_j·‖⁴ is a difference: can it be trusted?",
    parts=(
        Part(
            sentence="Equal dimension norms and M ≥ 2 rank(K) give ‖G‖² ≤ 2 L_nc: at most one bit is lost.",
            symbolic=("2 E + 2 T²/rank − 2 T²/(S + 2 rank) ≥ E + T²/rank, for E ≥ 0, S ≥ 0, T > 0, rank > 0",),
            formal=(
                "dual_conditioning",
                "refuted_conditioning_n_over_m",
            ),
            numeric=("equal dimension norms, M ≥ 2N",),
            partial={
                "symbolic": "from ‖G‖² = T²/rank + E; the rank bound is a lemma, of a projector that is assumed",
                "numeric": "M ≥ 2N",
            },
            limits="Of the exact values. What rounding adds is another claim's.",
        ),
        Part(
            sentence="M ≥ 2N suffices, and M ≥ 2(N − 1) where dimensions are centred.",
            formal=(
                "dual_conditioning_samples",
                "dual_conditioning_centred",
            ),
            numeric=("equal dimension norms, M ≥ 2N",),
            partial={"numeric": "M ≥ 2N"},
        ),
        Part(
            sentence=(
                "In general, with q = T²/(rank(K) Σ_j‖K_j·‖⁴) > 1, (‖G‖² + Σ_j‖K_j·‖⁴)/L_nc ≤ (q + 1)/(q − 1)."
            ),
            symbolic=("(p + 2) (E + b (p + 1) − b) ≥ p (E + b + b (p + 1)), for E ≥ 0, b > 0, p > 0",),
            formal=("dual_conditioning_gate",),
            numeric=("condition number ≤ (q + 1)/(q − 1)",),
            partial={
                "symbolic": "from ‖G‖² = q b + E, cleared of fractions",
                "numeric": "with min(M, N) for the rank",
            },
        ),
        Part(
            sentence=(
                '`side="auto"` is the cheaper side where that loses no more than two bits, else the direct one,'
                " and float64 where float32 cannot hold fourth powers."
            ),
            numeric=("auto: ",),
            limits="A case on each side of every border.",
        ),
    ),
    verdict="holds",
    remark='M ≥ 2N suffices, M ≥ 2(N − 1) when centred. `side="auto"` does not rely on q: it looks at the '
    "ratio itself, and takes the direct side when more than two bits would be lost.",
    prove=prove,
    numeric=check,
    constructed=taken_sides,
)
