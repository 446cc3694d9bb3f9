"""Figures of embeddings and of results: functions that take a matplotlib axis, draw on it and return it.

>>> with style("dark"):  # doctest: +SKIP
...     figure, axis = plt.subplots()
...     spectra(axis, z)

Embeddings are batch-first, ``z`` = Kᵀ of shape (N, M), as torch tensors on any device or numpy arrays. Accuracies
are in percent. Series are told apart by marker and line as well as by colour; the colours stay apart in every kind
of colour blindness and in grey. Each series has a label; the caller decides on a legend (``axis.legend()``).
"""

from duality.plots.accuracy import (
    LEVEL,
    Difference,
    accuracy_by_method,
    accuracy_curve,
    agreement,
    forest,
    mean_interval,
)
from duality.plots.bounds import between_bounds, through_training
from duality.plots.matrices import heat_map, off_diagonals, shared_limit, spectra, steps
from duality.plots.plane import circle, gradient_arrows
from duality.plots.style import THEMES, Look, Palette, Theme, look, palette, settings, style

__all__ = [
    "LEVEL",
    "THEMES",
    "Difference",
    "Look",
    "Palette",
    "Theme",
    "accuracy_by_method",
    "accuracy_curve",
    "agreement",
    "between_bounds",
    "circle",
    "forest",
    "gradient_arrows",
    "heat_map",
    "look",
    "mean_interval",
    "off_diagonals",
    "palette",
    "settings",
    "shared_limit",
    "spectra",
    "steps",
    "style",
    "through_training",
]
