"""What a statement needs of a contrast: a region for it, and what its interval says of that region.

An outcome is one of

- ``supported``: the (1 − 2α) interval lies inside the region;
- ``contradicted``: the interval lies beyond the region, and beyond what is of no interest;
- ``smaller than δ``: of a statement "better", the gain may be there, but it is certain to be less than δ;
- ``open``: none of these;
- ``not run`` and ``not testable``: there is no interval, see `duality.experiments.infer.rule`.
"""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from jaxtyping import Float

Outcome = Literal["supported", "contradicted", "smaller than δ", "open", "not run", "not testable"]
Array = Float[np.ndarray, "..."]


class Judged(Protocol):
    """What a region asks of an estimate: `duality.experiments.infer.model` has two."""

    def p_above(self, limit: float) -> Array:
        """Of "the truth lies above the limit"."""
        ...

    def p_below(self, limit: float) -> Array:
        """Of "the truth lies below the limit"."""
        ...


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
