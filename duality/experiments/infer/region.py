"""What a statement needs of a contrast: a region for it, and what an estimate says of that region."""

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from duality.experiments.infer.model import Array, Correlation, Estimate

Judged = Estimate | Correlation


class PValues(NamedTuple):
    """What an estimate says of a region.

    Attributes:
        inside: the p-value of "the truth lies inside".
        beyond: of "the truth lies beyond", on one side or the other.
        smaller: of "the gain is less than the smallest of interest"; 1 where no such size is named.
    """

    inside: Array
    beyond: Array
    smaller: Array


@dataclass(frozen=True)
class Region:
    """Where a statement puts a contrast.

    Attributes:
        low, high: the region, open; one end may be infinite.
        indifference: how far beyond an end a contrast must lie to contradict the statement.
        smallest: the smallest gain of interest, for statements "better"; zero where there is none.
        wording: the region in a reader's words: ``inside ± 0.88``.
    """

    low: float
    high: float
    wording: str
    indifference: float = 0.0
    smallest: float = 0.0

    @property
    def two_sided(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def typical(self) -> float:
        """A value well inside: the middle, or twice the smallest gain of interest."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        return sum(ends) / len(ends) + (2 * self.smallest if len(ends) == 1 else 0.0)

    def holds(self, value: float) -> bool:
        """Whether a value lies inside."""
        return self.low < value < self.high

    def p_values(self, estimate: Judged) -> PValues:
        """What the estimate says of the region.

        Inside: the larger of the two one-sided p-values (Schuirmann 1987). Beyond: for each finite end the
        one-sided one. The other end adds its own, which is next to nothing unless the region is narrow; of a region
        without width the sum is the two-sided test.
        """
        above = cache(estimate.p_above)  # each tail once: over many worlds they are what takes the time
        nothing = np.zeros_like(estimate.value)

        def below(limit: float) -> Array:
            return 1 - above(limit)

        out_low, out_high = math.isfinite(self.low), math.isfinite(self.high)
        inside = np.maximum(above(self.low) if out_low else nothing, below(self.high) if out_high else nothing)
        ends = [end for end in (self.low - self.indifference, self.high + self.indifference) if math.isfinite(end)]
        under = sum(below(end) for end in ends) if out_low else np.inf
        over = sum(above(end) for end in ends) if out_high else np.inf
        smaller = below(self.smallest) if self.smallest else nothing + 1
        return PValues(inside, np.minimum(1.0, np.minimum(under, over)), smaller)


def inside(delta: float) -> Region:
    """Alike: no more than δ apart. Contradicted by more than δ either way."""
    return Region(-delta, delta, f"within ±{delta:.2f}")


def above_zero(delta: float) -> Region:
    """Better. Contradicted only by worse; a gain that is certain to be less than δ is told apart."""
    return Region(0.0, math.inf, "above 0", smallest=delta)


def above(delta: float) -> Region:
    """Better by more than δ. Contradicted only by worse than nothing."""
    return Region(delta, math.inf, f"above {delta:.2f}", indifference=delta, smallest=delta)


def at_least(limit: float) -> Region:
    """Above a limit that has nothing to do with a gain. Contradicted below it."""
    return Region(limit, math.inf, f"above {limit:.2f}")


def at_most(limit: float) -> Region:
    """Below a limit. Contradicted above it."""
    return Region(-math.inf, limit, f"below {limit:.2f}")
