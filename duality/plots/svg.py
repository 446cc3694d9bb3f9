"""Figures as SVG text: the same bytes from the same figure, readable without it, in either theme."""

import io
import re
from xml.sax.saxutils import escape

import matplotlib
from matplotlib.figure import Figure

from duality.plots.style import THEMES


def as_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """A figure of the light theme, transparent, with text as paths so that it looks the same everywhere.

    Args:
        figure: drawn within ``style("light")``.
        name: another for each figure: ids are made from it.
        title: a few words.
        description: what there is to see, for those who cannot see it.
    """
    # Without a salt ids are random; with metadata, the date and the version of matplotlib go in.
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        file = io.StringIO()
        metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(file, format="svg", transparent=True, metadata=metadata)
    _, _, drawing = re.sub(r"\n\s*", "\n", file.getvalue()).partition("<svg")
    attributes, _, content = drawing.partition(">")
    described = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    return f'<svg role="img"{attributes}>{described}{content}'


def darkened(svg: str) -> str:
    """The same drawing in the dark theme's colours."""
    return _COLORS.sub(lambda found: _DARK[found[0]], svg)


def inlined(svg: str, name: str) -> str:
    """The drawing as a part of an HTML page: ids of its own, and the colours of the page's theme."""
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)  # HTML knows them
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return _COLORS.sub(lambda found: f"light-dark({found[0]}, {_DARK[found[0]]})", svg)


def _dark_by_light() -> dict[str, str]:
    """Every colour of the light theme with the one that takes its place in the dark theme."""
    light, dark = THEMES["light"], THEMES["dark"]
    return dict(zip((*light.series, light.faint, light.ink), (*dark.series, dark.faint, dark.ink), strict=True))


_DARK = _dark_by_light()
_COLORS = re.compile("|".join(_DARK))
