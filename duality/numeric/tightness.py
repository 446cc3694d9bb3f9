"""How tight the bounds are: bound over actual error, per data type and size.

A bound far above the errors that happen cannot see a mistake. In float64 the bound follows the sums that `certify`
really runs. In lower precision it covers any order of summation, and grows with the length of the sums where the
errors hardly do: hence the certificate is in float64, and everything else is judged against it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from duality import criteria
from duality.numeric import exact
from duality.numeric.certify import Certified, certify
from duality.numeric.ensembles import standardised
from duality.numeric.precision import CRITERIA, SIDES, certified_value, judge
from duality.numeric.rounding import Ball

EXACT_SIZES = ((16, 8), (8, 16), (48, 24))
"""N and M at which exact rationals give the error of float64."""
SIZES = ((256, 64), (256, 2048), (2048, 512))
"""N and M at which the certified value gives the error of lower precision."""


@dataclass(frozen=True)
class Tightness:
    """The largest error and the largest bound over both criteria and the full square, on both sides; both relative.

    ``source`` says what computed the values: ``certify``, or the functions of ``criteria`` in ``dtype``.
    """

    source: str
    dtype: torch.dtype
    n: int
    m: int
    error: float
    bound: float

    @property
    def ratio(self) -> float:
        """Bound over error: 1 would be perfect, infinity means that no error was made."""
        return self.bound / self.error if self.error else math.inf


def tightness(
    exact_sizes: tuple[tuple[int, int], ...] = EXACT_SIZES,
    sizes: tuple[tuple[int, int], ...] = SIZES,
    seed: int = 0,
) -> Iterator[Tightness]:
    """Rows for standardised Gaussian embeddings (eq. 14).

    At ``exact_sizes`` float64 is held against exact rationals, at ``sizes`` lower precision against `certify`.
    """
    for n, m in exact_sizes:
        z = _batch(seed, n, m)
        rows = z.tolist()
        values = {criterion: getattr(exact, criterion)(rows) for criterion in CRITERIA}
        k = certify(z)
        yield _row("certify", z, _certified_errors(k, values))
        yield _row("criteria", z, _computed_errors(z, k, values))
    for n, m in sizes:
        for dtype in (torch.float32, torch.bfloat16, torch.float16):
            z = _batch(seed, n, m).to(dtype)
            k = certify(z)
            values = {criterion: certified_value(criterion, k).value for criterion in CRITERIA}
            yield _row("criteria", z, _computed_errors(z, k, values))


_Errors = Iterator[tuple[Fraction, Fraction]]
"""Relative error and relative bound of one value after another."""


def _batch(seed: int, n: int, m: int) -> Tensor:
    return torch.from_numpy(standardised(np.random.default_rng((seed, n, m)), n, m))


def _certified_errors(k: Certified, values: dict[str, Fraction]) -> _Errors:
    for criterion, value in values.items():
        for side in SIDES:
            ball: Ball = getattr(k, criterion)(side)
            yield abs(ball.value - value) / value, ball.radius / value


def _computed_errors(z: Tensor, k: Certified, values: dict[str, Fraction]) -> _Errors:
    for criterion in CRITERIA:
        function: Callable[..., Tensor] = getattr(criteria, criterion)
        for side in SIDES:
            computed = function(z, side=side)
            check = judge(criterion, computed, k, side)
            if check is not None:
                error = abs(Fraction(float(computed)) - values[criterion])
                yield error / values[criterion], Fraction(check.bound) / values[criterion]


def _row(source: str, z: Tensor, errors: _Errors) -> Tightness:
    relative, bounds = zip(*errors, strict=True)
    n, m = z.shape
    return Tightness(source, z.dtype, n, m, float(max(relative)), float(max(bounds)))
