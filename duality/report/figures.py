"""Figures inside the page: drawn in the light theme, as SVG whose colours then follow the page's theme."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib
from markupsafe import Markup
from matplotlib.figure import Figure

from duality.experiments.plan.scale import load_scale
from duality.experiments.run.record import Results
from duality.experiments.show.pictures import draw_all
from duality.numeric.embeddings import shipped_embeddings
from duality.plots import THEMES, between_bounds, off_diagonals, spectra, style


@dataclass(frozen=True)
class Illustration:
    """A figure as a part of the page. The drawing itself says in words what there is to see."""

    svg: Markup
    caption: str


def theory_figures() -> dict[str, list[Illustration]]:
    """Figures of the shipped embeddings, by the id of the claim that they illustrate."""
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
        "spectral-duality": _drawn(
            spectrum,
            "spectra",
            f"The eigenvalues of the Gram matrix and of the covariance of {name}, {size}. The nonzero ones agree.",
            "Eigenvalues of both matrices by rank, largest first, on logarithmic axes.",
        ),
        "lemma-3.4": _drawn(
            bounds,
            "bounds",
            f"Where trained and untrained embeddings lie between the bounds, {size} each.",
            "For each set of embeddings, both sums of fourth powers as multiples of their lower bounds, each on a "
            "line from the lower to the upper bound.",
        ),
        "prop-3.1": _drawn(
            similarities,
            "similarities",
            f"Cosines between the embeddings of different images, {size} each.",
            "Histograms of the entries off the diagonal of the Gram matrix of unit embeddings, from −1 to 1.",
        ),
    }


def experiment_figures(results: Mapping[str, Results | str]) -> dict[str, list[Illustration]]:
    """The figures of each scale whose runs are there. One that several experiments share stands at the first."""
    found: dict[str, list[Illustration]] = {}
    with TemporaryDirectory() as folder:
        for scale, loaded in results.items():
            if isinstance(loaded, str) or not loaded.cells:
                continue
            for drawn in draw_all(load_scale(scale), loaded, Path(folder)).pictures:
                svg = _inlined(drawn.path.read_text("utf-8"), f"{scale}-{drawn.name}")
                illustration = Illustration(svg, f"{drawn.title}, {scale}. {drawn.caption}")
                found.setdefault(drawn.experiments[0], []).append(illustration)
    return found


def _drawn(figure: Figure, name: str, caption: str, description: str) -> list[Illustration]:
    file = io.StringIO()
    # Without a salt ids are random.
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path"}):
        figure.savefig(file, format="svg", transparent=True)
    described = f'<svg role="img"><title>{escape(caption)}</title><desc>{escape(description)}</desc>'
    attributes, _, content = file.getvalue().partition("<svg")[2].partition(">")
    return [Illustration(_inlined(described.replace(">", f"{attributes}>", 1) + content, name), caption)]


def _inlined(svg: str, name: str) -> Markup:
    """A drawing of the light theme as a part of the page: ids of its own, and the colours of the page's theme."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg)  # HTML knows them
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub("|".join(_COLORS), lambda found: f"light-dark({found[0]}, {_COLORS[found[0]]})", svg)
    return Markup(svg)


def _both_themes() -> dict[str, str]:
    """Every colour of the light theme with the one that takes its place in the dark theme."""
    light, dark = THEMES["light"], THEMES["dark"]
    return dict(zip((light.ink, light.faint, *light.series), (dark.ink, dark.faint, *dark.series), strict=True))


_COLORS = _both_themes()
