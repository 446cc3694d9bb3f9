"""Accuracies of several seeds, and differences between methods against a margin.

Accuracies are in percent, differences in points. A mean comes with Student's interval over seeds, the seeds
themselves as dots, and their number n.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy import stats

from duality.plots.style import look, palette

LEVEL = 0.95
"""Of the confidence intervals of means."""
_BESIDE = 0.08
"""How far a seed's dot stands beside the error bar, octaves."""


@runtime_checkable
class Difference(Protocol):
    """What `forest` needs of a comparison: `duality.experiments.infer.verdict.Finding` has it."""

    @property
    def label(self) -> str:
        """What is compared."""
        ...

    @property
    def n(self) -> int:
        """How many runs."""
        ...

    @property
    def value(self) -> float:
        """The mean difference, points."""
        ...

    @property
    def low(self) -> float:
        """The lower end of its interval, points."""
        ...

    @property
    def high(self) -> float:
        """The upper end of its interval, points."""
        ...

    @property
    def level(self) -> float:
        """The interval's confidence, 0 to 1."""
        ...

    @property
    def outcome(self) -> str:
        """``"supported"``, ``"contradicted"``, ``"smaller than δ"`` or ``"open"``."""
        ...


def mean_interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float, float]:
    """The mean and the ends of Student's interval around it, which are NaN for a single value."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = float(stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values))
    return mean, mean - half, mean + half


def accuracy_curve(
    axis: Axes,
    accuracies: Mapping[int, Sequence[float]] | Mapping[float, Sequence[float]],
    *,
    label: str,
    index: int | None = None,
    shift: float = 0.0,
    hollow: bool = False,
    over: str = "embedding dimension M",
    measure: str = "linear-probe accuracy",
) -> Axes:
    """Mean accuracy with its interval over a size, such as the embedding dimension, on a log axis; seeds as dots.

    Args:
        axis: where to draw.
        accuracies: by size, those of the seeds, percent.
        label: of the series; the number of seeds is added.
        index: of the series' look; the next one if not given.
        shift: moves the series along the axis, octaves, so that error bars do not hide each other.
        hollow: open markers and a thin line, for a method's second setting.
        over: what the sizes are.
        measure: what was measured.

    Raises:
        ValueError: there are no accuracies, or a size without any, or one that is not positive.
    """
    _check(accuracies)
    sizes, seeds = zip(*sorted(accuracies.items()), strict=True)
    if sizes[0] <= 0:
        raise ValueError(f"{over} is {sizes[0]}: the axis is logarithmic, give positive sizes")
    at = np.array(sizes) * 2.0**shift
    series = look(axis, index)
    mean, low, high = np.array([mean_interval(values) for values in seeds]).T
    axis.errorbar(
        at,
        mean,
        None if np.isnan(low).all() else np.stack([mean - low, high - mean]),
        capsize=2.5,
        elinewidth=1,
        linewidth=0.9 if hollow else 1.7,
        markerfacecolor="none" if hollow else series.color,
        label=f"{label} ({_count(accuracies)})",
        **series.line,
    )
    _seeds(axis, at * 2**_BESIDE, seeds, series.color)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter("{x:g}")
    axis.set(xlabel=over, ylabel=f"{measure} (%)")
    return axis


def accuracy_by_method(
    axis: Axes,
    accuracies: Mapping[str, Sequence[float]],
    *,
    looks: Sequence[int] | None = None,
    measure: str = "linear-probe accuracy",
) -> Axes:
    """A row for each method: mean accuracy with its interval, each seed as a dot, n beside the name.

    Args:
        axis: where to draw.
        accuracies: by method, from the top row down, those of the seeds, percent.
        looks: the index of each row's look; 0, 1, … if not given.
        measure: what was measured.

    Raises:
        ValueError: there are no accuracies, a method without any, or not a look for each row.
    """
    _check(accuracies)
    chosen = range(len(accuracies)) if looks is None else looks
    if len(chosen) != len(accuracies):
        raise ValueError(f"there are {len(chosen)} looks for {len(accuracies)} methods: give one for each")
    for row, (values, index) in enumerate(zip(accuracies.values(), chosen, strict=True)):
        series = look(axis, index)
        mean, low, high = mean_interval(values)
        axis.errorbar(
            mean, row, xerr=[[mean - low], [high - mean]], fmt=series.marker, color=series.color, capsize=3
        )
        _seeds(axis, [row + 0.28], [values], series.color, rows=True)
    axis.set_yticks(range(len(accuracies)), [f"{name} (n = {len(values)})" for name, values in accuracies.items()])
    axis.set_ylim(len(accuracies) - 0.4, -0.6)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(f"{measure} (%)")
    return axis


def agreement(axis: Axes, x: Sequence[float], y: Sequence[float], *, label: str, index: int | None = None) -> Axes:
    """Two measures of the same runs, percent, as points. The diagonal, where in view, is agreement.

    Args:
        axis: where to draw; the caller names what x and y are.
        x: one accuracy a run.
        y: the other, in the same order.
        label: of the series; the number of runs is added.
        index: of the series' look; the next one if not given.

    Raises:
        ValueError: none, or not as many of one as of the other.
    """
    if not len(x) or len(x) != len(y):
        raise ValueError(f"there are {len(x)} and {len(y)} accuracies: give both of each run, of at least one run")
    series = look(axis, index)
    axis.plot(x, y, series.marker, color=series.color, alpha=0.85, label=f"{label} (n = {len(x)})")
    if not any(line.get_gid() == "diagonal" for line in axis.lines):
        points = axis.dataLim.frozen()
        axis.axline((x[0], x[0]), slope=1, color=palette(axis).faint, linestyle=":", linewidth=1.2, gid="diagonal")
        axis.dataLim.set(points)  # the view is the points', and the diagonal need not be in it
    axis.set(xlabel="accuracy (%)", ylabel="accuracy (%)")
    return axis


def forest(
    axis: Axes, differences: Sequence[Difference], delta: float, *, published: Mapping[str, float] | None = None
) -> Axes:
    """A row for each difference: its effect and interval, in points, against ±δ (shaded).

    Filled circles are supported, diamonds contradicted, open circles open, open squares smaller than δ; n stands
    beside the label, which is broken after its first comma. An interval without ends is not drawn.

    Args:
        axis: where to draw.
        differences: from the top row down.
        delta: differences within ± this many points are of no interest.
        published: the paper's own differences by label, points, drawn as crosses: single runs, without intervals.

    Raises:
        ValueError: there are none, δ is not positive, or an outcome is unknown.
    """
    if not differences:
        raise ValueError("there are no differences: give at least one")
    if not delta > 0:
        raise ValueError(f"delta is {delta}: give a positive number of points")
    colors = palette(axis)
    axis.use_sticky_edges = False  # or the view would end where δ does
    axis.axvspan(-delta, delta, color=colors.faint, alpha=0.22, linewidth=0, label=f"±δ, {delta:g} points")
    axis.axvline(0, color=colors.faint, linewidth=1)
    for row, difference in enumerate(differences):
        _difference(axis, row, difference)
    theirs = published or {}
    known = [(theirs[item.label], row) for row, item in enumerate(differences) if item.label in theirs]
    if known:
        axis.plot(*zip(*known, strict=True), "x", color=colors.ink, markersize=6, label="published, one run each")
    names = [f"{_broken(item.label)} (n = {item.n})" for item in differences]
    axis.set_yticks(range(len(differences)), names, fontsize="small")
    axis.set_ylim(len(differences) - 0.4, -0.6)
    axis.grid(visible=False, axis="y")
    axis.xaxis.set_major_locator(MaxNLocator(6))  # more would touch beside long labels
    levels = " and ".join(f"{level:.0%}" for level in sorted({item.level for item in differences}))
    axis.set_xlabel(f"difference (points), {levels} interval")
    return axis


_OUTCOMES = {
    "supported": (0, "o", "full"),
    "contradicted": (1, "D", "full"),
    "smaller than δ": (2, "s", "none"),
    "open": (3, "o", "none"),
}
"""The index of each outcome's colour, its marker and whether it is filled."""


def _difference(axis: Axes, row: int, difference: Difference) -> None:
    if difference.outcome not in _OUTCOMES:
        raise ValueError(f"outcome is {difference.outcome!r}: choose one of {', '.join(_OUTCOMES)}")
    index, marker, fill = _OUTCOMES[difference.outcome]
    color, drawn = look(axis, index).color, axis.get_legend_handles_labels()[1]
    if np.isfinite([difference.low, difference.high]).all():
        axis.plot([difference.low, difference.high], [row, row], "|-", color=color, linewidth=1.4, markersize=7)
    axis.plot(
        difference.value,
        row,
        marker,
        color=color,
        fillstyle=fill,
        label=None if difference.outcome in drawn else difference.outcome,
    )


def _broken(label: str) -> str:
    return label.replace(", ", ",\n", 1)


def _check(accuracies: Mapping) -> None:
    if not accuracies:
        raise ValueError("there are no accuracies: give those of at least one seed")
    for name, values in accuracies.items():
        if not len(values):
            raise ValueError(f"{name} has no accuracies: leave it out")


def _count(accuracies: Mapping) -> str:
    """``n = 3``, or ``n = 3–5`` where the numbers of seeds differ."""
    counts = sorted({len(values) for values in accuracies.values()})
    return f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]}–{counts[-1]}"


def _seeds(
    axis: Axes, at: Iterable[float], accuracies: Iterable[Sequence[float]], color: str, rows: bool = False
) -> None:
    """A dot for each seed, where there are several."""
    dots = [(x, y) for x, values in zip(at, accuracies, strict=True) if len(values) > 1 for y in values]
    if dots:
        x, y = zip(*dots, strict=True)
        axis.plot(*((y, x) if rows else (x, y)), ".", color=color, alpha=0.55, markersize=4, zorder=1)
