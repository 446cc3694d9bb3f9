"""Themes and looks: seen on their backgrounds, told apart by every eye and without colour."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from duality import plots


@pytest.fixture
def axis():
    with plots.style("light"):
        return Figure().subplots()


def linear(color: str) -> np.ndarray:
    rgb = np.array(to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """The Web Content Accessibility Guidelines' contrast ratio, 1 to 21."""
    darker, lighter = sorted(float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


VISION = {
    "normal": np.eye(3),
    # Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
OKABE_ITO = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB, whose Euclidean distance is about what the eye sees."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ rgb / to_xyz.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colors: tuple[str, ...], vision: str) -> float:
    """How far apart the two most similar colours look."""
    seen = [lab(np.clip(VISION[vision] @ linear(color), 0, 1)) for color in colors]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))


@pytest.mark.parametrize("theme", plots.THEMES)
def test_colours_stand_out_from_the_background(theme):
    colors = plots.THEMES[theme]
    # What the guidelines ask of graphics, and of text at its strictest.
    assert all(contrast(color, colors.background) >= 3 for color in (*colors.series, colors.faint))
    assert contrast(colors.ink, colors.background) >= 7


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", plots.THEMES)
def test_colours_are_further_apart_than_okabe_and_itos_for_every_eye(theme, vision):
    assert nearest(plots.THEMES[theme].series, vision) > nearest(OKABE_ITO, vision)


@pytest.mark.parametrize("theme", plots.THEMES)
def test_no_two_colours_have_the_same_grey(theme):
    greys = sorted(lab(linear(color))[0] for color in plots.THEMES[theme].series)
    # The just noticeable difference of Mahy, Van Eycken and Oosterlinck 1994.
    assert min(np.diff(greys)) > 2.3


def test_looks_differ_in_more_than_colour(axis):
    looks = [plots.look(axis, index) for index in range(11)]
    assert len({look.marker for look in looks}) == 11
    assert all(a.linestyle != b.linestyle and a.color != b.color for a, b in pairwise(looks))


def test_a_series_takes_the_next_look(axis):
    plots.agreement(axis, [80.0], [81.0], label="first")
    plots.agreement(axis, [80.0], [81.0], label="second")
    first, second = (line for line in axis.lines if line.get_gid() != "diagonal")
    assert (first.get_color(), first.get_marker()) != (second.get_color(), second.get_marker())


def test_an_axis_of_a_dark_figure_gets_the_dark_palette_after_the_context_too():
    with plots.style("dark"):
        dark = Figure().subplots()
    assert plots.palette(dark) == plots.THEMES["dark"]
    assert plots.palette(Figure().subplots()) == plots.THEMES["light"]


def test_an_unknown_theme_is_refused(unchecked):
    with pytest.raises(ValueError, match="choose one of 'light', 'dark'"):
        plots.style("sepia")  # pyright: ignore[reportArgumentType]
