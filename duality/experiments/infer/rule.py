"""The rule: from estimates and regions to one verdict, for one world or for many at once.

All parts of a statement must hold, so ``holds`` needs each of them at the level α, uncorrected: an
intersection–union test (Berger 1982). One part contradicted refutes the statement, so ``refuted`` is corrected for
their number by Holm's method. A statement that holds is called refuted with a chance of at most α, and one that
does not hold is called true with a chance of at most α.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from duality.experiments.infer.region import Judged, Region

Tested = tuple[Region, Judged]


@dataclass(frozen=True)
class Decision:
    """What the rule says: arrays whose first axis runs over the parts, the others over worlds.

    Attributes:
        p_inside: of each part.
        p_beyond: of each part, adjusted.
        smaller: whether a gain is certain to be less than the smallest of interest.
        level: α.
    """

    p_inside: Float[np.ndarray, "parts ..."]
    p_beyond: Float[np.ndarray, "parts ..."]
    smaller: Bool[np.ndarray, "parts ..."]
    level: float

    @property
    def supported(self) -> Bool[np.ndarray, "parts ..."]:
        """Parts that the data grant."""
        return (self.p_inside <= self.level) & ~self.smaller

    @property
    def contradicted(self) -> Bool[np.ndarray, "parts ..."]:
        """Parts that the data contradict, corrected for the number of parts."""
        return self.p_beyond <= self.level

    @property
    def holds(self) -> Bool[np.ndarray, "..."] | np.bool_:
        """Every part is granted."""
        return self.supported.all(axis=0)

    @property
    def refuted(self) -> Bool[np.ndarray, "..."] | np.bool_:
        """Some part is contradicted."""
        return self.contradicted.any(axis=0)


def decide(tested: Sequence[Tested], level: float) -> Decision:
    """The rule, on the parts of one statement.

    Args:
        tested: each part's region and estimate.
        level: the one-sided level α of this look.
    """
    p_values = [region.p_values(estimate) for region, estimate in tested]
    inside, beyond, smaller = (np.stack(each) for each in zip(*p_values, strict=True))
    adjusted = holm(beyond)
    return Decision(inside, adjusted, (smaller <= level) & (adjusted > level), level)


def holm(p_values: Float[np.ndarray, "parts ..."]) -> Float[np.ndarray, "parts ..."]:
    """Adjusted p-values: the k-th smallest of m times m − k + 1, none below the one before it (Holm 1979)."""
    order = np.argsort(p_values, axis=0)
    m = len(p_values)
    factors = np.arange(m, 0, -1).reshape(-1, *[1] * (p_values.ndim - 1))
    ascending = np.maximum.accumulate(np.take_along_axis(p_values, order, 0) * factors, axis=0)
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, np.minimum(ascending, 1.0), 0)
    return adjusted
