"""Figures inside the page: drawn once in the light theme, as SVG whose colours follow the page's theme."""

import io
import re
from dataclasses import dataclass

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from duality.numeric.embeddings import shipped_embeddings
from duality.plots import THEMES, between_bounds, off_diagonals, spectra, style


@dataclass(frozen=True)
class Picture:
    """A figure of a claim: ``description`` says in words what is drawn, for those who do not see it."""

    svg: Markup
    caption: str
    description: str


def theory_pictures() -> dict[str, Picture]:
    """Figures of the shipped embeddings, each by the id of the claim that it illustrates."""
    embeddings = {each.name.removesuffix(".safetensors"): each.z for each in shipped_embeddings()}
    name, z = next(iter(embeddings.items()))
    size = f"{z.shape[0]} samples × {z.shape[1]} dimensions"
    with style("light"):
        spectrum, bounds, similarities = Figure(), Figure(), Figure()
        spectra(spectrum.subplots(), z).legend()
        between_bounds(bounds.subplots(), embeddings).legend()
        axis = similarities.subplots()
        for label, each in embeddings.items():
            off_diagonals(axis, each, label=label)
        axis.legend()
    return {
        "spectral-duality": picture(
            spectrum,
            "spectral-duality",
            f"The eigenvalues of the Gram matrix and of the covariance of {name}, {size}: the nonzero ones agree.",
            "Eigenvalues of both matrices by rank, largest first, on logarithmic axes.",
        ),
        "lemma-3.4": picture(
            bounds,
            "lemma-3.4",
            f"Where trained and untrained embeddings lie between the bounds, {size} each.",
            "For each set of embeddings, both sums of fourth powers as multiples of their lower bounds, each on "
            "a line from the lower to the upper bound.",
        ),
        "prop-3.1": picture(
            similarities,
            "prop-3.1",
            f"Cosines between the embeddings of different images, {size} each.",
            "Histograms of the off-diagonal entries of the Gram matrix of unit embeddings, from −1 to 1.",
        ),
    }


def picture(figure: Figure, name: str, caption: str, description: str) -> Picture:
    """A figure drawn in the light theme, as a part of the page; ``name`` sets its ids apart from other figures'."""
    return Picture(_as_svg(figure, name), caption, description)


def _as_svg(figure: Figure, name: str) -> Markup:
    text = io.StringIO()
    # Without salt and date the same figure gives the same page.
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)  # HTML knows the namespace
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for light, dark in _COLORS.items():
        svg = svg.replace(light, f"light-dark({light}, {dark})")
    return Markup(svg)


def _both_themes() -> dict[str, str]:
    """Every colour of the light theme with the one that takes its place in the dark theme."""
    light, dark = THEMES["light"], THEMES["dark"]
    return dict(zip((light.ink, light.faint, *light.series), (dark.ink, dark.faint, *dark.series), strict=True))


_COLORS = _both_themes()
