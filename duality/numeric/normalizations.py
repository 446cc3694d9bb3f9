"""What `duality.normalization` returns where it rounds nothing, and where its result is known otherwise."""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import torch
from scipy.linalg import hadamard
from torch import Tensor

from duality import normalization
from duality.normalization import DoubleNormalization, NotScalableError
from duality.numeric import exact
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.rounding import growth, unit_roundoff

_TINY, _HUGE = 2.0**-600, 2.0**600


def centred_values() -> Iterator[Check]:
    """``center`` of four samples, whose means are exact, and of a constant, whose mean is not."""
    z = [[3, -1, 0], [7, 5, 0], [-2, 1, 0], [4, 3, 0]]
    yield from _same("center", normalization.center(_tensor(z)), exact.center(z))
    constants = torch.full((7, 2), 0.1, dtype=torch.float64)
    yield from _same("center of a constant", normalization.center(constants), [[0, 0]] * 7)
    empty = normalization.center(torch.zeros(0, 3))
    yield Check.exact("center of no sample: entries", empty.numel(), 0)


def unit_values() -> Iterator[Check]:
    """``unit_embeddings`` of embeddings whose norms are powers of two, at any scale; zero stays zero."""
    halves = [[1, 1, -1, 1], [1, -1, 1, 1], [-1, -1, 1, 1]]
    rows = [[scale * x for x in row] for scale, row in zip((1.0, _TINY, _HUGE), halves, strict=True)]
    units = [[Fraction(x, 2) for x in row] for row in halves]
    others = [[0, 0, -1, 0], [0, 0, 0, 0]]
    uneven = normalization.unit_embeddings(_tensor([[1, 1, _TINY, -1, 1], [_HUGE, _HUGE, 1, _HUGE, -_HUGE]]))
    half, small = Fraction(1, 2), Fraction(_TINY) / 2
    expected = [[half, half, small, -half, half], [half, half, small, half, -half]]
    yield from _same("unit_embeddings of uneven rows", uneven, expected)
    yield from _same("unit_embeddings", normalization.unit_embeddings(_tensor(rows + others)), units + others)


def standardised_values() -> Iterator[Check]:
    """``standardize_dimensions`` of a Hadamard matrix's columns, shifted and scaled: ±1/√M; constants vanish."""
    for n, m in ((4, 1), (4, 4), (4, 16), (16, 4), (64, 16)):
        signs = hadamard(n)[:, [1 + j % (n - 1) for j in range(m)]]
        z = signs * 2.0 ** np.arange(m) + 3.0 * np.arange(1, m + 1)
        found = normalization.standardize_dimensions(torch.from_numpy(z))
        root = Fraction(2) ** -{1: 0, 4: 1, 16: 2}[m]
        expected = [[int(sign) * root for sign in row] for row in signs]
        yield from _same(f"standardize_dimensions, {n} × {m}", found, expected)
    constants = normalization.standardize_dimensions(torch.full((7, 3), 0.1, dtype=torch.float64))
    yield from _same("standardize_dimensions of a constant", constants, [[0] * 3] * 7)


def doubly_normalised_values() -> Iterator[Check]:
    """``double_normalize``: a known limit is reached, what is reported is true, what has no scaling is refused."""
    signs = hadamard(8)[:4]
    scales = 2.0 ** np.array([[3], [-2], [0], [5]]), 3.0 ** np.array([[0, 2, -1, 1, 0, -2, 1, 3]])
    peaked = torch.from_numpy(scales[0] * signs * scales[1])
    found = normalization.double_normalize(peaked)
    tolerance = 64 * torch.finfo(torch.float64).eps
    # An entry squared is off by three deviations at most, and by the rounding of logarithms below ten.
    distance = float((found.z.square() - 1 / 8).abs().max()) * 8
    yield Check("double_normalize of signs, rows and columns scaled: all entries ±1/√M", distance, 4 * tolerance)
    yield Check.exact("double_normalize of signs keeps them", int(torch.equal(found.z.sign(), peaked.sign())), 1)
    yield from _honest("of signs", found, tolerance)
    z = torch.from_numpy(np.random.default_rng(0).standard_normal((7, 5)))
    yield from _honest("of random numbers", normalization.double_normalize(z), tolerance)
    loose = normalization.double_normalize(z, tolerance=1e-3)
    yield from _honest("to 1e-3", loose, 1e-3)
    yield Check("double_normalize to 1e-3 stops there", loose.deviation, 1e-6, "beyond")
    once = normalization.double_normalize(z, max_iterations=1)
    yield Check.exact("double_normalize after one iteration: not converged", int(once.converged), 0)
    yield Check.exact("double_normalize after one iteration: one iteration", once.iterations, 1)
    yield from _honest("after one iteration", once, 10.0)
    for pattern in ([[1, 0], [0, 1]], [[1, 2, 0], [0, 1, 2], [2, 0, 1]], [[1, 1, 0, 0], [0, 0, 1, 1]]):
        scaled = normalization.double_normalize(_tensor(pattern))
        yield from _honest(f"of {pattern}", scaled, tolerance)
        zeros = int(((scaled.z == 0) == (_tensor(pattern) == 0)).all())
        yield Check.exact(f"double_normalize of {pattern}: the same zeros", zeros, 1)
    for name, pattern in (
        ("a triangular matrix", [[1, 0], [1, 1]]),
        ("a zero sample", [[1, 1], [0, 0]]),
        ("a zero dimension", [[1, 0], [1, 0]]),
        ("two samples on one dimension", [[1, 0, 0], [1, 0, 0], [1, 1, 1]]),
    ):
        yield Check.exact(f"double_normalize refuses {name}", int(_refused(pattern)), 1)


def _honest(what: str, found: DoubleNormalization, tolerance: float) -> Iterator[Check]:
    yield from reported_norms(f" {what}", found)
    yield Check(f"double_normalize {what}: deviation", found.deviation, tolerance)


def reported_norms(what: str, found: DoubleNormalization) -> Iterator[Check]:
    """Squared norms are as near to 1 and N/M as ``deviation`` says, and no nearer."""
    k, (n, m) = certify(found.z), found.z.shape
    rounding = 4 * growth(max(n, m) + 4, unit_roundoff(torch.float64))
    farthest = Fraction(0)
    for ball, target in ((k.sample_energy_range, Fraction(1)), (k.dimension_energy_range, Fraction(n, m))):
        farthest = max(farthest, abs(ball.lower / target - 1), abs(ball.upper / target - 1))
    gap = abs(float(farthest) - found.deviation)
    yield Check(f"double_normalize{what}: norms as reported", gap, rounding * (1 + found.deviation))


def _refused(pattern: exact.Matrix) -> bool:
    try:
        normalization.double_normalize(_tensor(pattern), max_iterations=100)
    except NotScalableError:
        return True
    return False


def _same(what: str, found: Tensor, expected: exact.Matrix) -> Iterator[Check]:
    """A check for each entry, without rounding."""
    for i, (row, true) in enumerate(zip(found.tolist(), exact.rationals(expected), strict=True)):
        for j, (entry, number) in enumerate(zip(row, true, strict=True)):
            yield Check.exact(f"{what}: entry ({i}, {j})", Fraction(entry), number)


def _tensor(z: exact.Matrix) -> Tensor:
    return torch.tensor([[float(entry) for entry in row] for row in z], dtype=torch.float64)
