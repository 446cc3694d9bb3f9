"""Where a mean lies, judged from a few values of it: t-tests, t-intervals, and how many values would be enough.

Every statement here is that a mean lies in one of some regions, open intervals that may be unbounded: a tie is
(−margin, margin), a difference is (−∞, 0) or (0, ∞). Values are taken as independent and normal.
"""

import math
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy import special

Region = tuple[float, float]
Regions = tuple[Region, ...]

FEWEST = 3
"""Values below which nothing is decided."""
MOST = 10_000
"""Seeds beyond which nobody would go."""
POWER = 0.8
"""Chance of a decision that is asked of a number of seeds: the customary one."""
_NODES, _WEIGHTS = special.roots_sh_legendre(64)
"""Of an integral from 0 to 1."""


@dataclass(frozen=True)
class Sample:
    """What a test needs to know of some values.

    Attributes:
        n: how many.
        mean: NaN of none.
        sd: standard deviation, unbiased variance (n − 1); NaN of fewer than two.
    """

    n: int
    mean: float
    sd: float

    @classmethod
    def of(cls, values: Collection[float]) -> "Sample":
        """The sample of these values."""
        x = np.array([*values], dtype=float)
        mean = float(x.mean()) if x.size else math.nan
        return cls(x.size, mean, float(x.std(ddof=1)) if x.size > 1 else math.nan)

    def interval(self, level: float) -> Region:
        """The t-interval of the mean; unbounded for fewer than three values."""
        if self.n < FEWEST:
            return -math.inf, math.inf
        reach = float(special.stdtrit(self.n - 1, (1 + level) / 2)) * self.sd / math.sqrt(self.n)
        return self.mean - reach, self.mean + reach

    def p_value(self, regions: Regions) -> float:
        """The p-value of "the mean lies in one of these disjoint regions"; 1 for fewer than three values.

        For one region, two one-sided t-tests: the larger of their p-values, as both ends must be excluded
        (Schuirmann 1987). For several, the smallest, times their number (Bonferroni): for (−∞, 0) and (0, ∞) that
        is the two-sided t-test.
        """
        if self.n < FEWEST:
            return 1.0
        each = (max(self._p_apart(self.mean - low), self._p_apart(high - self.mean)) for low, high in regions)
        return min(1.0, len(regions) * min(each))

    def _p_apart(self, gap: float) -> float:
        """The p-value of "the mean lies on this side of a limit", ``gap`` away. Without spread: 0, ½ or 1."""
        error = self.sd / math.sqrt(self.n)
        t = gap / error if error else math.copysign(math.inf, gap) if gap else 0.0
        return float(special.stdtr(self.n - 1, -t))

    def power(self, n: int, regions: Regions, alpha: float) -> float:
        """The chance that n values of this mean and standard deviation give `p_value` ≤ ``alpha``. Exact.

        For each region, that the mean of the n values keeps t·s/√n away from both its ends, s being their standard
        deviation: a normal chance for given s, averaged over s/σ, whose square is χ²/(n − 1).
        """
        critical = float(special.stdtrit(n - 1, 1 - alpha / len(regions)))
        error = self.sd / math.sqrt(n)
        chance = 0.0
        for low, high in regions:
            low, high = (low - self.mean) / error, (high - self.mean) / error
            spread, weights = _relative_deviations(n - 1, (high - low) / (2 * critical))
            chance += weights @ (special.ndtr(high - critical * spread) - special.ndtr(low + critical * spread))
        return min(1.0, float(chance))

    def enough(self, statements: Collection[Regions], alpha: float) -> int | None:
        """How many values would decide for one of the statements with a power of 80 %, were these typical.

        More than there are. None where that is beyond 10,000, and where the values show no spread to go by.
        """
        if not self.sd > 0:
            return None
        candidates = range(max(self.n + 1, FEWEST), MOST + 1)
        index = bisect_left(
            candidates, POWER, key=lambda n: max(self.power(n, regions, alpha) for regions in statements)
        )
        return candidates[index] if index < len(candidates) else None


def _relative_deviations(degrees: int, largest: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of an average over s/σ up to ``largest``: Gauss–Legendre where there is any mass."""
    width = 8 / math.sqrt(2 * degrees)
    low = max(0.0, 1 - width)
    high = max(low, min(1 + width, largest))
    u = low + (high - low) * _NODES
    half = degrees / 2
    log_density = math.log(2) + half * math.log(half) - math.lgamma(half) + (degrees - 1) * np.log(u) - half * u**2
    return u, (high - low) * _WEIGHTS * np.exp(log_density)
