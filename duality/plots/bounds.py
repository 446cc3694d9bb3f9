"""Where the sums of fourth powers lie between the bounds of Lemma 3.4.

T²/M ≤ Σ_j‖K_j·‖⁴ ≤ T² over the M dimensions and T²/N ≤ Σ_i‖K_·i‖⁴ ≤ T² over the N samples, T = ‖K‖²_F. Over its
lower bound a sum is a factor from 1, all norms equal, to M or N, all but one norm zero.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from duality.plots.inputs import Matrix, as_matrix, as_runs
from duality.plots.style import look, palette


def between_bounds(axis: Axes, embeddings: Mapping[str, Matrix]) -> Axes:
    """A row for each matrix of embeddings: both sums of fourth powers over their lower bounds, on a log axis.

    A line runs from the lower bound, 1, to the upper, M for the dimensions and N for the samples.

    Args:
        axis: where to draw.
        embeddings: by name, from the top row down; each N samples × M dimensions.

    Raises:
        ValueError: there are none, or one is no finite matrix, or is zero.
    """
    if not embeddings:
        raise ValueError("there are no embeddings: give at least one matrix by name")
    matrices = {name: as_matrix(z) for name, z in embeddings.items()}
    for name, matrix in matrices.items():
        if not matrix.any():
            raise ValueError(f"{name}: embeddings are all zero, so both bounds are zero: leave them out")
    rows = np.arange(len(matrices))
    _rows(axis, rows - 0.16, [m.T for m in matrices.values()], "dimensions, $\\Sigma_j\\Vert K_{j\\cdot}\\Vert^4$")
    _rows(axis, rows + 0.16, list(matrices.values()), "samples, $\\Sigma_i\\Vert K_{\\cdot i}\\Vert^4$")
    axis.axvline(1, color=palette(axis).faint, linestyle=":", linewidth=1)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set_yticks(rows, list(matrices))
    axis.set_ylim(len(matrices) + 0.3, -0.5)  # room for a legend below the last row
    axis.grid(visible=False, axis="y")
    axis.set_xlabel("sum of fourth powers over its lower bound (ratio)")
    return axis


def through_training(
    axis: Axes,
    step: Sequence[float] | Sequence[int],
    factors: Sequence[Sequence[float]] | Float[np.ndarray, "S T"],
    *,
    label: str,
    upper: int | None = None,
    index: int | None = None,
) -> Axes:
    """A sum of fourth powers over its lower bound through training: the mean over seeds, and their range shaded.

    Args:
        axis: where to draw; its ratio is on a log axis.
        step: T optimiser steps.
        factors: S seeds × T steps, each at least 1.
        label: of the series; the number of seeds is added.
        upper: the upper bound, M for the dimensions and N for the samples; drawn if given.
        index: of the series' look; the next one if not given.

    Raises:
        ValueError: ``factors`` is not S × T, not finite, or below the lower bound.
    """
    values = as_runs(factors, len(step))
    if values.min() < 1 - 1e-3:
        raise ValueError(f"a factor is {values.min():.3g}, below the lower bound 1: divide by T²/M (samples: T²/N)")
    series = look(axis, index)
    if len(values) > 1:
        axis.fill_between(step, values.min(axis=0), values.max(axis=0), color=series.color, alpha=0.14, linewidth=0)
    every = max(1, len(step) // 8)
    axis.plot(step, values.mean(axis=0), label=f"{label} (n = {len(values)})", markevery=every, **series.line)
    bounds = palette(axis).faint
    axis.axhline(1, color=bounds, linestyle=":", linewidth=1.2)
    if upper is not None:
        axis.axhline(upper, color=bounds, linestyle=":", linewidth=1.2)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set(xlabel="optimiser step", ylabel="sum over its lower bound (ratio)")
    return axis


def _rows(axis: Axes, rows: np.ndarray, vectors: list[np.ndarray], label: str) -> None:
    """One kind of norms, those of the rows of each matrix in ``vectors``."""
    energies = [np.square(matrix).sum(axis=1) for matrix in vectors]
    factors = [len(e) * np.square(e).sum() / e.sum() ** 2 for e in energies]
    upper = [len(e) for e in energies]
    series = look(axis)
    axis.hlines(rows, 1, upper, color=series.color, linewidth=1, alpha=0.6)
    axis.plot(upper, rows, "|", color=series.color, markersize=9)
    axis.plot(factors, rows, series.marker, color=series.color, label=label)
