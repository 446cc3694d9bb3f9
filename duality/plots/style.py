"""How figures look: two themes, and for each series a colour, a marker and a line of its own."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal, get_args

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Palette:
    """The colours of a theme.

    Attributes:
        background: what figures are drawn for; a saved figure may leave it out, being readable on it and near it.
        ink: text and axes.
        faint: grid lines and bounds, seen but not read.
        series: found by search around Okabe and Ito's colours: each has a contrast of at least 3 with the
            background, and every two are further apart under the three dichromacies than in that palette.
    """

    background: str
    ink: str
    faint: str
    series: tuple[str, ...]


THEMES: dict[Theme, Palette] = {
    "light": Palette(
        background="#ffffff",
        ink="#222222",
        faint="#8a8f98",
        series=("#332dd1", "#d9680a", "#00906d", "#925db2", "#6f3000", "#222222"),
    ),
    "dark": Palette(
        background="#14171c",
        ink="#f4f4f4",
        faint="#7d8590",
        series=("#8581ff", "#ff793d", "#2de094", "#fd8ee3", "#ffd413", "#f4f4f4"),
    ),
}
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
_LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


@dataclass(frozen=True)
class Look:
    """How one series is drawn: ``axis.plot(x, y, **look.line)``."""

    color: str
    marker: str
    linestyle: str | tuple[int, tuple[int, ...]]

    @property
    def line(self) -> dict[str, Any]:
        """As keywords for a line with markers."""
        return {"color": self.color, "marker": self.marker, "linestyle": self.linestyle}


def style(theme: Theme = "light") -> AbstractContextManager[None]:
    """A context in which new figures have the fonts, sizes and colours of a theme.

    Raises:
        ValueError: the theme is unknown.
    """
    return matplotlib.rc_context(settings(theme))


def settings(theme: Theme = "light") -> dict[Any, Any]:
    """The same as matplotlib's parameters, for a whole notebook: ``plt.rcParams.update(settings())``.

    Raises:
        ValueError: the theme is unknown.
    """
    if theme not in THEMES:
        raise ValueError(f"theme is {theme!r}: choose one of {', '.join(map(repr, get_args(Theme)))}")
    colors = THEMES[theme]
    return {
        "figure.facecolor": colors.background,
        "figure.figsize": (5.2, 3.6),
        "figure.dpi": 120,
        "figure.constrained_layout.use": True,
        "savefig.facecolor": colors.background,
        "axes.facecolor": "none",
        "axes.edgecolor": colors.ink,
        "axes.labelcolor": colors.ink,
        "axes.titlecolor": colors.ink,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=colors.series),
        "font.family": "DejaVu Sans",
        "font.size": 10,
        "grid.color": colors.faint,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.linewidth": 1.6,
        "lines.markersize": 5.5,
        "text.color": colors.ink,
        "xtick.color": colors.ink,
        "ytick.color": colors.ink,
    }


def palette(axis: Axes) -> Palette:
    """The colours that suit an axis, however it was made: the dark theme's where its labels are bright."""
    red, green, blue = to_rgb(axis.xaxis.label.get_color())
    return THEMES["dark" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5 else "light"]


def look(axis: Axes, index: int | None = None) -> Look:
    """The look of a series on an axis; without ``index`` the next one, after as many as have a label there."""
    if index is None:
        index = len(axis.get_legend_handles_labels()[1])
    series = palette(axis).series
    return Look(series[index % len(series)], _MARKERS[index % len(_MARKERS)], _LINES[index % len(_LINES)])
