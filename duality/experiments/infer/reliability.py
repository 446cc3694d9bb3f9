"""How much of what a measure shows between arms is the arms, and not their seeds.

A correlation cannot exceed the square root of the product of both measures' reliabilities (Spearman 1904): where
they are low, no correlation is seen, whatever the truth.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ENOUGH = 0.8
"""Below this no correlation is judged."""


def reliability(arms: Mapping[Any, Sequence[float]]) -> float:
    """Of arms' means over seeds: one minus the share of their variance that the seeds leave (an intraclass
    correlation of means). Negative where the arms differ by less than seeds alone would make them.

    Args:
        arms: each one's values over seeds.
    """
    means = np.array([np.mean(values) for values in arms.values()])
    noise = seed_variance(arms) * np.mean([1 / len(values) for values in arms.values()])
    return float(1 - noise / means.var(ddof=1))


def reliability_of_single(values: Sequence[float], seed_variance: float) -> float:
    """Of values that have one seed each, with the variance over seeds from elsewhere."""
    return float(1 - seed_variance / np.var(values, ddof=1))


def seed_variance(arms: Mapping[Any, Sequence[float]]) -> float:
    """The variance over seeds within an arm, pooled."""
    several = [np.asarray(values) for values in arms.values() if len(values) > 1]
    squares = sum(((values - values.mean()) ** 2).sum() for values in several)
    return float(squares / sum(len(values) - 1 for values in several))
