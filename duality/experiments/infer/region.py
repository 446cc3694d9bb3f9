"""What a statement needs of a contrast: a region for it, and what an estimate says of that region."""

import math
from dataclasses import dataclass

import numpy as np

from duality.experiments.infer.model import Array, Correlation, Estimate

Judged = Estimate | Correlation


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

    def p_inside(self, estimate: Judged) -> Array:
        """The p-value of "the truth lies inside": the larger of two one-sided ones (Schuirmann 1987)."""
        return np.maximum(_p(estimate.p_above, self.low), _p(estimate.p_below, self.high))

    def p_beyond(self, estimate: Judged) -> Array:
        """The p-value of "the truth lies beyond", on one side or the other.

        For each finite end the one-sided p-value. The other end adds its own, which is next to nothing unless the
        region is narrow; of a region without width the sum is the two-sided test.
        """
        ends = [end for end in (self.low - self.indifference, self.high + self.indifference) if math.isfinite(end)]
        below = sum(estimate.p_below(end) for end in ends) if math.isfinite(self.low) else np.inf
        over = sum(estimate.p_above(end) for end in ends) if math.isfinite(self.high) else np.inf
        return np.minimum(1.0, np.minimum(below, over))

    def p_smaller(self, estimate: Judged) -> Array:
        """The p-value of "the gain is less than the smallest of interest"; 1 where no such size is named."""
        p = estimate.p_below(self.smallest)
        return p if self.smallest else np.ones_like(p)


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


def _p(tail, limit: float) -> Array:
    """The p-value of a tail; zero at an infinite end, which excludes nothing."""
    p = tail(limit if math.isfinite(limit) else 0.0)
    return p if math.isfinite(limit) else np.zeros_like(p)
