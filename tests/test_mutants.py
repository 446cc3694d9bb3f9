"""Wrong variants of everything in `criteria` and `normalization`, each caught, no right version ever flagged."""

from collections.abc import Callable
from fractions import Fraction

import pytest
import torch
from torch import Tensor

from duality import criteria, normalization
from duality.numeric import exact
from tests import oracle
from tests.checks import (
    Check,
    Implementation,
    bounds_of_lemma,
    centers,
    constant_dimensions_vanish,
    corollary,
    cross_value_of,
    deviation_is_honest,
    directions_survive,
    fourth_powers_of,
    gradient_of,
    leaves_input_alone,
    means_vanish,
    refuses_unscalable,
    remark,
    unit_norms,
    value_of,
)

# --- The right versions, under the checks that they must pass

L_C, L_NC, FULL = (criteria.sample_contrastive, criteria.dimension_contrastive, criteria.gram_norm)


def on(function: Implementation, side: str) -> Implementation:
    return lambda *arguments: function(*arguments, side=side)


RIGHT: list[tuple[str, Callable, Check]] = [
    *(
        (f"{criterion}, {side} side, {check.__name__}", on(getattr(criteria, criterion), side), check(criterion))
        for criterion in oracle.CRITERIA
        for side in oracle.SIDES
        for check in (value_of, gradient_of)
    ),
    *(
        (f"{criterion}, {side} side", on(getattr(criteria, criterion), side), cross_value_of(criterion))
        for criterion in oracle.CROSS_CRITERIA
        for side in oracle.SIDES
    ),
    *((f"{f.__name__} leaves its input alone", f, leaves_input_alone) for f in (L_C, L_NC, FULL)),
    *(
        (name, getattr(criteria, name), fourth_powers_of(name))
        for name in ("sample_fourth_powers", "dimension_fourth_powers")
    ),
    ("center", normalization.center, centers),
    ("center, constant dimensions", normalization.center, constant_dimensions_vanish),
    ("unit_embeddings", normalization.unit_embeddings, unit_norms(samples=True)),
    ("unit_embeddings at any scale", normalization.unit_embeddings, directions_survive),
    ("standardize_dimensions", normalization.standardize_dimensions, unit_norms(samples=False)),
    ("standardize_dimensions, means", normalization.standardize_dimensions, means_vanish),
    ("standardize_dimensions, constant", normalization.standardize_dimensions, constant_dimensions_vanish),
    ("double_normalize", normalization.double_normalize, deviation_is_honest),
    ("double_normalize, zeros", normalization.double_normalize, refuses_unscalable),
    ("lemma 3.4", lambda z: (norm4(z) * len(z) ** 2 / z.shape[1], norm4(z) * len(z) ** 2), bounds_of_lemma),
    ("corollary 3.4.1", lambda l_nc, n, m, spread: l_nc - n + Fraction(n**2, m) + spread, corollary),
    ("remark 3.3", lambda n, m: n - Fraction(n**2, m), remark),
]


# --- The mutants, each with the check that must catch it


def norm4(z: Tensor) -> Fraction:
    """a⁴ of samples that share their norm a."""
    return exact.sample_energies(z.tolist())[0] ** 2


def off_diagonal(matrix: Tensor) -> Tensor:
    return matrix - torch.diag(matrix.diagonal())


def gram(z: Tensor) -> Tensor:
    return z.float() @ z.float().T if z.dtype != torch.float64 else z @ z.T


def in_place(z: Tensor) -> Tensor:
    value = L_C(z)
    z.sub_(z.mean(dim=0))
    return value


def half_accumulation(z: Tensor) -> Tensor:
    half = z.bfloat16()
    return off_diagonal(half @ half.T).float().square().sum()


def halved_gradient(z: Tensor) -> Tensor:
    """The Gram matrix with one of its two factors detached."""
    return off_diagonal(z @ z.detach().T).square().sum()


def dropped_mean(z: Tensor) -> Tensor:
    return L_NC(z - z.mean(dim=0))


def standardized_with(scale: Callable[[int, int], float], unbiased: bool = False) -> Implementation:
    def standardize(z: Tensor) -> Tensor:
        centered = normalization.center(z)
        norm = centered.norm(dim=0) if not unbiased else centered.std(dim=0, unbiased=True)
        return centered / norm.clamp_min(1e-20) * scale(*z.shape)

    return standardize


def one_pass(z: Tensor, tolerance: float) -> normalization.DoubleNormalization:
    """Dimensions after samples, and called converged."""
    dimensions = normalization.unit_embeddings(normalization.unit_embeddings(z).T).T * (len(z) / z.shape[1]) ** 0.5
    return normalization.DoubleNormalization(dimensions, 1, 0.0, True)


def stopped_early(z: Tensor, tolerance: float) -> normalization.DoubleNormalization:
    return normalization.double_normalize(z, tolerance, max_iterations=2)


def on_entries(z: Tensor, tolerance: float) -> normalization.DoubleNormalization:
    """Sinkhorn on |K| where it should be on the squares."""
    found = normalization.double_normalize(z.abs().sqrt(), tolerance)
    return normalization.DoubleNormalization(found.z.square() * z.sign(), found.iterations, found.deviation, True)


def never_refused(z: Tensor) -> normalization.DoubleNormalization:
    return normalization.double_normalize(z + 1e-3 * (z == 0))


MUTANTS: list[tuple[str, Callable, Check]] = [
    ("L_c with its diagonal", FULL, value_of("sample_contrastive")),
    ("L_nc with its diagonal", FULL, value_of("dimension_contrastive")),
    ("L_c for L_nc", L_C, value_of("dimension_contrastive")),
    ("L_nc for L_c", L_NC, value_of("sample_contrastive")),
    ("transposed", lambda z: L_C(z.T), value_of("sample_contrastive")),
    ("each pair once", lambda z: L_C(z) / 2, value_of("sample_contrastive")),
    ("absolute values for squares", lambda z: off_diagonal(gram(z)).abs().sum(), value_of("sample_contrastive")),
    ("norm for squared norm", lambda z: L_C(z).sqrt(), value_of("sample_contrastive")),
    ("mean for sum", lambda z: off_diagonal(gram(z)).square().mean(), value_of("sample_contrastive")),
    ("upper triangle only", lambda z: gram(z).triu(1).square().sum(), value_of("sample_contrastive")),
    (
        "diagonal of the other matrix",
        lambda z: FULL(z) - criteria.dimension_fourth_powers(z),
        value_of("sample_contrastive"),
    ),
    (
        "norms squared once",
        lambda z: FULL(z) - criteria.dimension_energies(z).sum(),
        value_of("dimension_contrastive"),
    ),
    (
        "fourth powers added",
        lambda z: FULL(z) + criteria.dimension_fourth_powers(z),
        value_of("dimension_contrastive"),
    ),
    (
        "square of the trace for its diagonal",
        lambda z: FULL(z) - criteria.sample_energies(z).sum() ** 2,
        value_of("sample_contrastive"),
    ),
    ("centred without being asked", dropped_mean, value_of("dimension_contrastive")),
    ("centred on the wrong axis", lambda z: L_C(z - z.mean(1, keepdim=True)), value_of("sample_contrastive")),
    ("divided by N", lambda z: L_NC(z) / max(len(z), 1), value_of("dimension_contrastive")),
    ("divided by M", lambda z: L_NC(z) / max(z.shape[1], 1), value_of("dimension_contrastive")),
    ("accumulated in bfloat16", half_accumulation, value_of("sample_contrastive")),
    ("off by 1e-4", lambda z: L_C(z) * (1 + 1e-4), value_of("sample_contrastive")),
    ("last sample dropped", lambda z: L_C(z[:-1]), value_of("sample_contrastive")),
    ("Gram norm by the trace", lambda z: criteria.sample_energies(z).sum() ** 2, value_of("gram_norm")),
    ("one factor detached", halved_gradient, gradient_of("sample_contrastive")),
    ("value detached", lambda z: L_C(z.detach()), gradient_of("sample_contrastive")),
    (
        "gradient of the diagonal missing",
        lambda z: FULL(z) - criteria.sample_fourth_powers(z.detach()),
        gradient_of("sample_contrastive"),
    ),
    (
        "gradient of the other diagonal",
        lambda z: L_C(z).detach() + L_NC(z) - L_NC(z).detach(),
        gradient_of("sample_contrastive"),
    ),
    ("gradient of the mean", lambda z: L_NC(z) / max(len(z), 1), gradient_of("dimension_contrastive")),
    ("in place on the input", in_place, leaves_input_alone),
    ("cross view, first view twice", lambda a, b: L_C(a), cross_value_of("cross_sample_contrastive")),
    (
        "cross view, the views' own diagonals",
        lambda a, b: (
            criteria.cross_gram_norm(a, b) - (criteria.sample_energies(a) * criteria.sample_energies(b)).sum()
        ),
        cross_value_of("cross_sample_contrastive"),
    ),
    (
        "Gram matrices of the wrong sides",
        lambda a, b: ((a @ a.T) * (b @ b.T)).sum(),
        cross_value_of("cross_gram_norm"),
    ),
    (
        "correlations for similarities",
        criteria.cross_sample_contrastive,
        cross_value_of("cross_dimension_contrastive"),
    ),
    ("product of the norms", lambda a, b: (FULL(a) * FULL(b)).sqrt(), cross_value_of("cross_covariance_norm")),
    ("squares for fourth powers", lambda z: z.square().sum(), fourth_powers_of("sample_fourth_powers")),
    ("fourth powers of entries", lambda z: z.pow(4).sum(), fourth_powers_of("sample_fourth_powers")),
    ("of dimensions for samples", criteria.dimension_fourth_powers, fourth_powers_of("sample_fourth_powers")),
    ("centred on the wrong axis", lambda z: z - z.mean(dim=1, keepdim=True), centers),
    ("centred on the grand mean", lambda z: z - z.mean(), centers),
    ("divided by N − 1 for the mean", lambda z: z - z.sum(dim=0) / max(len(z) - 1, 1), centers),
    ("constants become rounding noise", lambda z: z - z.sum(dim=0) * (1 / len(z)), constant_dimensions_vanish),
    ("units along dimensions", lambda z: torch.nn.functional.normalize(z, dim=0), unit_norms(samples=True)),
    ("divided by the squared norm", lambda z: z / z.square().sum(1, keepdim=True), unit_norms(samples=True)),
    ("divided by the l1 norm", lambda z: z / z.abs().sum(1, keepdim=True), unit_norms(samples=True)),
    ("norms that underflow", lambda z: z / z.square().sum(1, keepdim=True).sqrt(), directions_survive),
    ("eq. 14 without the root", standardized_with(lambda n, m: n / m), unit_norms(samples=False)),
    ("eq. 14 upside down", standardized_with(lambda n, m: (m / n) ** 0.5), unit_norms(samples=False)),
    ("eq. 14 as VICReg's √N", standardized_with(lambda n, m: n**0.5), unit_norms(samples=False)),
    ("eq. 14 as printed, on columns", normalization.unit_embeddings, unit_norms(samples=False)),
    ("eq. 14, unbiased", standardized_with(lambda n, m: m**-0.5, unbiased=True), unit_norms(samples=False)),
    (
        "eq. 14, not centred",
        lambda z: torch.nn.functional.normalize(z, dim=0) * (len(z) / z.shape[1]) ** 0.5,
        means_vanish,
    ),
    ("a single pass", one_pass, deviation_is_honest),
    ("stopped early", stopped_early, deviation_is_honest),
    ("Sinkhorn on entries, not squares", on_entries, deviation_is_honest),
    ("zeros filled in silently", never_refused, refuses_unscalable),
    ("lemma 3.4, N for M", lambda z: (norm4(z) * len(z), norm4(z) * len(z) ** 2), bounds_of_lemma),
    (
        "lemma 3.4, upper bound without the square",
        lambda z: (norm4(z) * len(z) ** 2 / z.shape[1], norm4(z) * len(z)),
        bounds_of_lemma,
    ),
    (
        "lemma 3.4, M² for N²",
        lambda z: (norm4(z) * z.shape[1] ** 2 / len(z), norm4(z) * z.shape[1] ** 2),
        bounds_of_lemma,
    ),
    ("corollary, signs swapped", lambda l_nc, n, m, spread: l_nc + n - Fraction(n**2, m) + spread, corollary),
    ("corollary, M for N", lambda l_nc, n, m, spread: l_nc - m + Fraction(m**2, n) + spread, corollary),
    ("corollary without the variance", lambda l_nc, n, m, spread: l_nc - n + Fraction(n**2, m), corollary),
    ("remark as printed: N − M", lambda n, m: Fraction(n - m), remark),
    ("remark with the opposite sign", lambda n, m: Fraction(n**2, m) - n, remark),
]


@pytest.mark.filterwarnings("ignore:std\\(\\)")
@pytest.mark.parametrize(("mutant", "check"), [pytest.param(*row, id=name) for name, *row in MUTANTS])
def test_mutant_is_caught(mutant, check):
    assert not check(mutant)


@pytest.mark.parametrize(("right", "check"), [pytest.param(*row, id=name) for name, *row in RIGHT])
def test_right_version_is_never_flagged(right, check):
    assert check(right)
