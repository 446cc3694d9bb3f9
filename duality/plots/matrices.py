"""The Gram matrix and the covariance of embeddings: their spectra, off-diagonal entries and heat maps."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float, Integer
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from duality.plots.inputs import Matrix, as_matrix
from duality.plots.style import look, palette

Which = Literal["gram", "covariance"]

_NAMES = {"gram": "Gram matrix $K^\\top K$", "covariance": "covariance $KK^\\top$"}
_VECTORS = {"gram": "sample", "covariance": "dimension"}


def spectra(axis: Axes, z: Matrix) -> Axes:
    """The eigenvalues of the Gram matrix KᵀK and of the covariance KKᵀ, each from its own matrix, on log axes.

    The nonzero ones agree (spectral-duality). Those below the rounding of float64, max(N, M)·eps of the largest,
    are drawn on a line marked as zero; the larger matrix has |N − M| more of them.

    Args:
        axis: where to draw.
        z: embeddings, N samples × M dimensions; centre them first if that is meant.

    Raises:
        ValueError: ``z`` is no finite matrix, or is zero.
    """
    array = as_matrix(z)
    if not array.any():
        raise ValueError("embeddings are all zero: they have no spectrum to draw")
    spectrum = {name: np.linalg.eigvalsh(product)[::-1] for name, product in _products(array).items()}
    threshold = max(array.shape) * np.finfo(float).eps * spectrum["gram"][0]
    floor = min(values[values > threshold].min() for values in spectrum.values()) / 10
    for index, (name, values) in enumerate(spectrum.items()):
        series = look(axis, index)
        axis.plot(
            np.arange(1, len(values) + 1),
            np.where(values > threshold, values, floor),
            color=series.color,
            linestyle=series.linestyle,
            linewidth=1.6 if index else 5,  # the wide line shows under the narrow one where they agree
            alpha=1 if index else 0.45,
            marker=series.marker if len(values) <= 32 else None,
            label=f"{_NAMES[name]}, {len(values)} × {len(values)}",
        )
    if any((values <= threshold).any() for values in spectrum.values()):
        axis.axhline(floor, color=palette(axis).faint, linestyle=":", linewidth=1)
        axis.annotate("zero, to rounding", (1, floor), (2, 3), textcoords="offset points", fontsize="small")
    axis.set(xscale="log", yscale="log", xlabel="number of the eigenvalue, largest first", ylabel="eigenvalue")
    return axis


def off_diagonals(
    axis: Axes, z: Matrix, which: Which = "gram", *, label: str, index: int | None = None, bins: int = 100
) -> Axes:
    """The histogram of the cosines between samples (Gram matrix) or between dimensions (covariance).

    Args:
        axis: where to draw.
        z: embeddings, N samples × M dimensions. Zero samples, or dimensions, are left out.
        which: ``"gram"``: of samples; ``"covariance"``: of dimensions, correlations where they are centred.
        label: of the series.
        index: of the series' look; the next one if not given.
        bins: how many, over −1 to 1.

    Raises:
        ValueError: ``z`` is no finite matrix or has fewer than two nonzero vectors; ``which`` is unknown.
    """
    vectors = as_matrix(z)
    if which not in _VECTORS:
        raise ValueError(f"which is {which!r}: choose 'gram' or 'covariance'")
    vectors = vectors if which == "gram" else vectors.T
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors[norms[:, 0] > 0] / norms[norms > 0][:, None]
    if len(unit) < 2:
        raise ValueError(f"there are {len(unit)} nonzero {_VECTORS[which]}s: cosines need two")
    cosines = (unit @ unit.T)[np.triu_indices(len(unit), k=1)]
    counts, edges = np.histogram(np.clip(cosines, -1, 1), bins=bins, range=(-1, 1))
    steps(axis, edges, counts, label=label, index=index)
    axis.set_xlabel(f"cosine of two {_VECTORS[which]}s")
    return axis


def steps(
    axis: Axes,
    edges: Sequence[float] | Float[np.ndarray, " B1"],
    counts: Sequence[float] | Sequence[int] | Float[np.ndarray, " B"] | Integer[np.ndarray, " B"],
    *,
    label: str,
    index: int | None = None,
) -> Axes:
    """A histogram of cosines that was counted before, as an outline, so that several can share an axis.

    Args:
        axis: where to draw.
        edges: of the bins, B + 1, from the lowest.
        counts: in each of the B bins; drawn as density, so that the area is 1.
        label: of the series.
        index: of the series' look; the next one if not given.

    Raises:
        ValueError: not one edge more than counts, or nothing was counted.
    """
    boundaries, heights = np.asarray(edges, dtype=float), np.asarray(counts, dtype=float)
    if heights.ndim != 1 or boundaries.shape != (len(heights) + 1,):
        raise ValueError(f"edges {boundaries.shape} and counts {heights.shape}: give one edge more than counts")
    if not heights.sum():
        raise ValueError("the histogram is empty: count at least one entry")
    series = look(axis, index)
    axis.stairs(
        heights / (heights.sum() * np.diff(boundaries)),
        boundaries,
        color=series.color,
        linestyle=series.linestyle,
        linewidth=1.6,
        label=label,
    )
    axis.set(xlabel="cosine of two samples", ylabel="density (per unit of cosine)")
    return axis


def heat_map(
    axis: Axes,
    matrix: Float[Tensor, "P P"] | Float[np.ndarray, "P P"],
    which: Which,
    *,
    limit: float | None = None,
    colorbar: bool = True,
    unit: str = "entry",
) -> Axes:
    """A Gram matrix or covariance as colours: 0 to the limit, or −limit to limit where entries are negative.

    Args:
        axis: where to draw.
        matrix: P × P, the Gram matrix of P samples or the covariance of P dimensions.
        which: ``"gram"`` or ``"covariance"``; names the axes.
        limit: the largest magnitude on the scale, the matrix's own if not given; `shared_limit` for several.
        colorbar: whether to draw the scale beside the axis.
        unit: what an entry is, on the scale: ``"cosine"``.

    Raises:
        ValueError: the matrix is not square or not finite, ``which`` is unknown, or the limit is not positive.
    """
    entries = as_matrix(matrix)
    if entries.shape[0] != entries.shape[1]:
        raise ValueError(f"the matrix has shape {entries.shape}: give a square one, such as z @ z.T or z.T @ z")
    if which not in _VECTORS:
        raise ValueError(f"which is {which!r}: choose 'gram' or 'covariance'")
    largest = shared_limit(entries) if limit is None else limit
    if not largest > 0:
        raise ValueError(f"limit is {largest}: give a positive one")
    signed = entries.min() < 0
    image = axis.imshow(
        entries,
        cmap="PuOr" if signed else "cividis",
        vmin=-largest if signed else 0,
        vmax=largest,
        interpolation="none",  # one pixel an entry in the file, however large it is shown
    )
    axis.set(xlabel=_VECTORS[which], ylabel=_VECTORS[which], title=_NAMES[which])
    axis.grid(visible=False)
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(MaxNLocator(nbins=5, integer=True))
    if colorbar:
        bar = axis.figure.colorbar(image, ax=axis, fraction=0.046, pad=0.03)  # as high as the square
        bar.set_label(unit)
        bar.outline.set_visible(False)  # pyright: ignore[reportCallIssue]
    return axis


def shared_limit(*matrices: Float[Tensor, "_ _"] | Float[np.ndarray, "_ _"]) -> float:
    """The largest magnitude in any of the matrices, the limit of one scale for all; 1 if all are zero."""
    return max(float(np.abs(as_matrix(matrix)).max()) for matrix in matrices) or 1.0


def _products(array: Float[np.ndarray, "N M"]) -> dict[Which, np.ndarray]:
    return {"gram": array @ array.T, "covariance": array.T @ array}
