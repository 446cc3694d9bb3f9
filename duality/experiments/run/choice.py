"""Which of a search's trials is taken, and whether its ranges were wide enough.

One trial is one seed, scored on some thousand images: among the best few, the single best is the luckiest. A trial
whose neighbours do well too is the safer one. A plain mean of neighbours would not do: a dozen trials lie so far
apart that it costs more accuracy, by the surface's curvature, than it saves of the noise. So the neighbours decide
among those alone that are as good as the best.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float

TOLERANCE = 0.005
"""Accuracies this near to the best are as good: the sampling error of a difference on 10,000 images."""
NEIGHBOURHOOD = 3
"""A trial and the two nearest to it."""

_OUTER = 1 / 8
"""Of a range, on each side: an optimum there may go on beyond it."""

Ranges = Mapping[str, tuple[float, float]]


def positions(settings: Sequence[Mapping[str, float]], ranges: Ranges) -> Float[np.ndarray, "n d"]:
    """Settings as points of the unit cube that the logarithms of the ranges span."""
    low, high = (np.log([span[end] for span in ranges.values()]) for end in (0, 1))
    return (np.log([[each[key] for key in ranges] for each in settings]) - low) / (high - low)


def choose(
    places: Float[np.ndarray, "n d"], accuracies: Float[np.ndarray, " n"]
) -> tuple[int, Float[np.ndarray, " n"]]:
    """The trial that is taken, and every trial's neighbourhood's mean accuracy.

    Of the trials within `TOLERANCE` of the best, it is the one whose neighbourhood (itself and the two nearest in
    the unit cube) has the highest mean.

    Args:
        places: from `positions`.
        accuracies: in [0, 1]; NaN for a trial that diverged, which counts as the worst of the others.
    """
    filled = np.where(np.isnan(accuracies), np.nanmin(accuracies), accuracies)
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    nearest = apart.argsort(axis=1, kind="stable")[:, :NEIGHBOURHOOD]
    means = filled[nearest].mean(axis=1)
    good = accuracies >= np.nanmax(accuracies) - TOLERANCE
    return int(np.where(good, means, -np.inf).argmax()), means


def edges(
    places: Float[np.ndarray, "n d"], accuracies: Float[np.ndarray, " n"], chosen: int, names: Sequence[str]
) -> dict[str, Literal["low", "high"]]:
    """The settings whose range should be wider, and on which side.

    The trial taken lies in the outer eighth of the range, and a parabola in each setting, fitted to all trials,
    still rises at that end: going on might be better still.
    """
    filled = np.where(np.isnan(accuracies), np.nanmin(accuracies), accuracies)
    found: dict[str, Literal["low", "high"]] = {}
    for axis, name in enumerate(names):
        if places[chosen, axis] < _OUTER and _slope(places, filled, axis, 0.0) < 0:
            found[name] = "low"
        elif places[chosen, axis] > 1 - _OUTER and _slope(places, filled, axis, 1.0) > 0:
            found[name] = "high"
    return found


def _slope(places: Float[np.ndarray, "n d"], accuracies: Float[np.ndarray, " n"], axis: int, end: float) -> float:
    """Of the fitted sum of parabolas along an axis, at one end of its range."""
    design = np.hstack([np.ones((len(places), 1)), places, places**2])
    fitted = np.linalg.lstsq(design, accuracies, rcond=None)[0]
    linear, square = fitted[1 + axis], fitted[1 + places.shape[1] + axis]
    return float(linear + 2 * square * end)
