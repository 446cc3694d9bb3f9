"""What a right implementation of `criteria` and `normalization` must pass: each check says whether one does.

A check is a function of the implementation alone. Its verdict rests on exact rational arithmetic and on derived
rounding bounds (`tests.oracle`), never on a tolerance chosen by hand.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import torch
from torch import Tensor

from duality import normalization
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.rounding import growth, unit_roundoff
from tests import oracle

Implementation = Callable[..., Tensor]
Check = Callable[[Implementation], bool]


def batches(dtype: torch.dtype = torch.float32) -> Iterator[Tensor]:
    """Wide, tall and square batches, at a small and a large scale, none of them centred or symmetric."""
    generator = torch.Generator().manual_seed(0)
    for shape in ((3, 5), (5, 3), (4, 4), (1, 3), (3, 1)):
        for scale in (2.0**-7, 1.0, 2.0**5):
            yield (scale * (torch.randn(shape, generator=generator) + 0.5)).to(dtype)


def value_of(criterion: str) -> Check:
    return lambda function: all(
        function(z).item() in oracle.value_ball(criterion, z)
        for dtype in (torch.float16, torch.bfloat16, torch.float32, torch.float64)
        for z in batches(dtype)
    )


def gradient_of(criterion: str) -> Check:
    def passes(function: Implementation) -> bool:
        for z in batches():
            leaf = z.clone().requires_grad_()
            value = function(leaf)
            if not value.requires_grad:
                return False
            (gradient,) = torch.autograd.grad(value, leaf)
            if not oracle.contains(oracle.gradient_balls(criterion, z), gradient):
                return False
        return True

    return passes


def leaves_input_alone(function: Implementation) -> bool:
    return all(torch.equal(z, before) for z in batches() for before in [z.clone()] if function(z) is not None)


def cross_value_of(criterion: str) -> Check:
    return lambda function: all(
        function(a, b).item() in oracle.cross_value_ball(criterion, a, b)
        for a in batches()
        for b in [a.flip(0, 1) + a.abs().max()]
    )


def fourth_powers_of(criterion: str) -> Check:
    def passes(function: Implementation) -> bool:
        for z in batches():
            error = Fraction(growth(4 * max(z.shape), unit_roundoff(z.dtype)))
            expected = getattr(exact, criterion)(z.tolist())
            if abs(Fraction(function(z).item()) - expected) > error * expected:
                return False
        return True

    return passes


def unit_norms(samples: bool) -> Check:
    """Squared norms of samples 1, or of dimensions N/M, where they are not zero."""

    def passes(normalize: Implementation) -> bool:
        for z in batches():
            n, m = z.shape
            energies = exact.sample_energies if samples else exact.dimension_energies
            target = Fraction(1) if samples else Fraction(n, m)
            error = Fraction(growth(2 * max(z.shape) + 12, unit_roundoff(z.dtype)))
            result = normalize(z)
            if result.shape != z.shape or not torch.isfinite(result).all():
                return False
            if any(energy and abs(energy - target) > error * target for energy in energies(result.tolist())):
                return False
        return True

    return passes


def means_vanish(normalize: Implementation) -> bool:
    """Every dimension sums to zero, up to the rounding of a mean and a difference, and is not zeroed altogether."""
    for z in batches():
        result = normalize(z)
        if result.shape != z.shape or (z.shape[0] > 1 and not result.any()):
            return False
        n, largest = z.shape[0], Fraction(max(z.abs().max().item(), result.abs().max().item()))
        bound = 4 * n * largest * Fraction(growth(n + 8, unit_roundoff(z.dtype)))
        if any(abs(sum(map(Fraction, dimension), Fraction(0))) > bound for dimension in result.T.tolist()):
            return False
    return True


def centers(function: Implementation) -> bool:
    """Each entry less the mean of its dimension."""
    for z in batches():
        bound = 4 * Fraction(z.abs().max().item()) * Fraction(growth(z.shape[0] + 4, unit_roundoff(z.dtype)))
        expected = exact.center(z.tolist())
        if any(
            abs(Fraction(entry) - right) > bound
            for row in zip(function(z).tolist(), expected, strict=True)
            for entry, right in zip(*row, strict=True)
        ):
            return False
    return True


def constant_dimensions_vanish(function: Implementation) -> bool:
    return not any(function(torch.full((n, 3), 0.1)).any() for n in range(1, 30))


def directions_survive(function: Implementation) -> bool:
    """Samples of any scale keep their direction and reach norm 1: powers of two change nothing at all."""
    z = torch.tensor([[3.0, 4.0], [-5.0, 12.0]])
    return all(torch.equal(function(z * 2.0**power), function(z)) for power in (-100, -20, 20, 100))


def deviation_is_honest(function: Callable) -> bool:
    """The reported deviation is what exact arithmetic finds on the result, converged only if within tolerance."""
    for z in batches(torch.float64):
        n, m = z.shape
        result = function(z, tolerance=1e-13)
        rows = result.z.tolist()
        errors = [abs(energy - 1) for energy in exact.sample_energies(rows)]
        errors += [abs(energy * m / n - 1) for energy in exact.dimension_energies(rows)]
        rounding = Fraction(growth(n + m + 8, unit_roundoff(z.dtype))) * (1 + max(errors))
        if (
            abs(Fraction(result.deviation) - max(errors)) > rounding
            or not max(errors) <= Fraction(1e-13) + rounding
        ):
            return False
    return True


def refuses_unscalable(function: Callable) -> bool:
    for support in ([[1, 1], [0, 1]], [[1, 0], [0, 0]], [[1, 1, 1], [1, 0, 0], [1, 0, 0]]):
        try:
            function(torch.tensor(support, dtype=torch.float64))
        except normalization.NotScalableError:
            continue
        return False
    return True


def bounds_of_lemma(function: Callable[[Tensor], tuple[Fraction, Fraction]]) -> bool:
    """Bounds of Σ_j‖K_j·‖⁴ hold for samples of equal norm, and each is reached by its equality case."""
    eye = torch.eye(3, dtype=torch.float64)
    spread, collapsed = 2 * eye.repeat(2, 1), 2 * eye[:1].repeat(5, 1)
    between = torch.tensor(
        [[1.0, 2.0, 3.0], [1.0, 3.0, 2.0], [2.0, 1.0, 3.0], [1.0, 2.0, 3.0]], dtype=torch.float64
    )
    powers = {z: certify(z).dimension_fourth_powers.value for z in (spread, collapsed, between)}
    return (
        function(spread)[0] == powers[spread]
        and function(collapsed)[1] == powers[collapsed]
        and function(between)[0] < powers[between] < function(between)[1]
    )


def corollary(function: Callable[[Fraction, int, int, Fraction], Fraction]) -> bool:
    """L_c from L_nc, N, M and the variance of the dimension energies, for unit samples."""
    for samples in ([[1, 0, 0], [0, 1, 0], [1, 0, 0]], [[0, 1], [1, 0], [0, 1], [0, -1]], [[0, 1, 0, 0, 0]] * 2):
        n, m = len(samples), len(samples[0])
        spread = sum((energy - Fraction(n, m)) ** 2 for energy in exact.dimension_energies(samples))
        if function(exact.dimension_contrastive(samples), n, m, spread) != exact.sample_contrastive(samples):
            return False
    return True


def remark(function: Callable[[int, int], Fraction]) -> bool:
    """L_nc − L_c for unit samples and dimensions of norm √(N/M): copies of an orthonormal basis have both."""
    for copies, m in ((1, 3), (2, 3), (4, 2)):
        z = [[int(i % m == j) for j in range(m)] for i in range(copies * m)]
        if function(copies * m, m) != exact.dimension_contrastive(z) - exact.sample_contrastive(z):
            return False
    return True
