"""Embeddings of two dimensions: on the circle, and where a loss pulls them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Integer
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from torch import Tensor

from duality.plots.inputs import Matrix, as_plane
from duality.plots.style import look, palette


def circle(
    axis: Axes,
    z: Matrix,
    labels: Sequence[int] | Integer[Tensor, " N"] | Integer[np.ndarray, " N"] | None = None,
    *,
    label: str = "embeddings",
    index: int | None = None,
) -> Axes:
    """Embeddings in the plane with the unit circle, on which normalised ones lie.

    Args:
        axis: where to draw; the plane's two axes get the same scale.
        z: N samples × 2 dimensions.
        labels: one integer for each sample: each class is a series with a look of its own.
        label: of the series; classes are numbered after it.
        index: of the series' look; the next one if not given.

    Raises:
        ValueError: ``z`` is no finite N × 2 matrix, or there are not N labels.
    """
    points = as_plane(z)
    classes = np.zeros(len(points), dtype=int) if labels is None else np.asarray(labels)
    if classes.shape != (len(points),):
        raise ValueError(f"there are {classes.shape} labels for {len(points)} samples: give one integer each")
    _plane(axis)
    for number in np.unique(classes):
        series = look(axis, index)
        name = label if labels is None else f"{label} {number}"
        axis.plot(*points[classes == number].T, series.marker, color=series.color, label=name)
    return axis


def gradient_arrows(
    axis: Axes,
    z: Matrix,
    gradient: Matrix,
    *,
    label: str,
    index: int | None = None,
    length: float = 0.5,
) -> Axes:
    """An arrow from each embedding along −gradient, where a step of gradient descent takes it.

    Args:
        axis: where to draw; the plane's two axes get the same scale.
        z: N samples × 2 dimensions.
        gradient: of a loss with respect to ``z``, N × 2.
        label: of the series; the largest norm of the gradients is added, which the longest arrow stands for.
        index: of the series' look; the next one if not given.
        length: of the longest arrow, in units of the axes.

    Raises:
        ValueError: ``z`` or ``gradient`` is no finite N × 2 matrix, or their shapes differ.
    """
    points, slopes = as_plane(z), as_plane(gradient)
    if points.shape != slopes.shape:
        raise ValueError(f"embeddings {points.shape} and gradient {slopes.shape}: give a gradient for each sample")
    largest = float(np.linalg.norm(slopes, axis=1).max())
    arrows = -slopes * length / (largest or 1)
    _plane(axis)
    series = look(axis, index)
    axis.plot(*points.T, series.marker, color=series.color, label=f"{label}, longest arrow {largest:.2g}")
    axis.quiver(
        *points.T,
        *arrows.T,
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.006,
        color=series.color,
    )
    axis.update_datalim(points + arrows)
    axis.autoscale_view()
    return axis


def _plane(axis: Axes) -> None:
    """Equal scales, and the unit circle once."""
    if not any(isinstance(patch, Circle) for patch in axis.patches):
        axis.add_patch(Circle((0, 0), 1, fill=False, color=palette(axis).faint, linestyle=":", linewidth=1.2))
    axis.set_aspect("equal")
    axis.autoscale_view()
    axis.set(xlabel="dimension 1", ylabel="dimension 2")
