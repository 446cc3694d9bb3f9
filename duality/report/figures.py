"""Figures inside the page: drawn in the light theme, as SVG whose colours then follow the page's theme."""

from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.figure import Figure

from duality.experiments.claims.at_each_scale import AtEachScale
from duality.experiments.show.pictures import draw_all
from duality.numeric.embeddings import shipped_embeddings
from duality.plots import between_bounds, off_diagonals, spectra, style
from duality.plots.svg import as_svg, inlined
from duality.training.errors import RunError


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


def experiment_figures(results: AtEachScale) -> dict[str, list[Illustration]]:
    """The figures of each scale whose runs are there. One that several experiments share stands at the first."""
    found: dict[str, list[Illustration]] = {}
    for scale, loaded in results.items():
        if isinstance(loaded, RunError) or not loaded.cells:
            continue
        for drawn in draw_all(scale, loaded).pictures:
            svg = Markup(inlined(drawn.svg, f"{scale.name}-{drawn.name}"))
            illustration = Illustration(svg, f"{drawn.title}, {scale.name}. {drawn.caption}")
            found.setdefault(drawn.experiments[0], []).append(illustration)
    return found


def _drawn(figure: Figure, name: str, caption: str, description: str) -> list[Illustration]:
    return [Illustration(Markup(inlined(as_svg(figure, name, caption, description), name)), caption)]
