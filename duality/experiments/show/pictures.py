"""The pictures of the experiments: drawn from results, as SVG.

The same results give the same bytes. A picture is drawn once all runs of its experiments have a result; until then
it is left out, and the reason kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from duality.experiments.claims.experiment import Experiment, runs_of
from duality.experiments.claims.fig_1a import FIG_1A
from duality.experiments.claims.fig_1b import FIG_1B
from duality.experiments.claims.fig_1c import FIG_1C
from duality.experiments.claims.fig_1d import FIG_1D
from duality.experiments.claims.fig_2 import FIG_2
from duality.experiments.claims.supp_c import SUPP_C
from duality.experiments.claims.supp_d import SUPP_D
from duality.experiments.claims.supp_e import SUPP_E
from duality.experiments.claims.supp_f import SUPP_F
from duality.experiments.claims.supp_g import SUPP_G
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import Results
from duality.experiments.show import drawings
from duality.experiments.show.drawings import Drawn
from duality.files import write_atomically
from duality.plots import style
from duality.plots.svg import as_svg, darkened
from duality.training.errors import RunError


@dataclass(frozen=True)
class Picture:
    """A picture that has been drawn.

    Attributes:
        name: its file's name without the ending.
        title: a few words.
        caption: what it shows and how to read it.
        alt: what there is to see, with the numbers, for those who cannot see it.
        experiments: ids of the claims that it belongs to.
        svg: the drawing, for light backgrounds; transparent.
    """

    name: str
    title: str
    caption: str
    alt: str
    experiments: tuple[str, ...]
    svg: str


@dataclass(frozen=True)
class Gallery:
    """All pictures of a scale: those drawn, and by name why the others are not."""

    pictures: tuple[Picture, ...]
    missing: dict[str, str]


@dataclass(frozen=True)
class _Plan:
    name: str
    title: str
    caption: str
    experiments: tuple[Experiment, ...]
    draw: Callable[[Scale, Results], Drawn]


_SEEDS = "Small dots are seeds, bars 95 % intervals of the mean."
_FOREST = (
    "Dots are contrasts of means over seeds, bars their intervals; within the shaded ±δ a difference is of no "
    "interest. What an interval says of the statement gives the mark; a contradiction is corrected for the number "
    "of parts. Crosses are the paper's."
)

_PLANS = (
    _Plan(
        "figure-1",
        "Accuracy over the embedding's dimension",
        "Figure 1: the paper's points above, ours below. Full markers: projectors with wide hidden layers "
        f"(8192-8192-d there); open markers: d-d-d. {_SEEDS}",
        (FIG_1C, FIG_1D),
        drawings.dimensions_and_projectors,
    ),
    _Plan(
        "figure-1-methods",
        "Methods behind the large projector",
        f"Figures 1a and 1b with the largest embeddings: the paper's points above, ours below. {_SEEDS}",
        (FIG_1A, FIG_1B),
        drawings.methods,
    ),
    _Plan(
        "figure-2",
        "SimCLR's normalisation",
        "Figure 2: plain, centred (A), and with standardised dimensions (B). The paper's text gives one of its "
        f"points, above, next to VICReg's. {_SEEDS}",
        (FIG_2,),
        drawings.normalisations,
    ),
    *(
        _Plan(
            f"differences-{experiment.id}",
            f"Differences: {experiment.title}",
            f"{experiment.source}. {_FOREST}",
            (experiment,),
            partial(drawings.differences, experiment),
        )
        for experiment in (FIG_1A, FIG_1B, FIG_1C, FIG_1D, FIG_2, SUPP_D)
    ),
    _Plan(
        "supp-c",
        "Online and offline probes",
        "Supplement C: one run, seed 0, for each method and projector. On the dotted diagonal, "
        "where in view, the two probes agree.",
        (SUPP_C,),
        drawings.probes,
    ),
    _Plan(
        "supp-d",
        "Similarities of negative pairs",
        "Supplement D: cosines between the embeddings of 1024 test images, all pairs, over seeds.",
        (SUPP_D,),
        drawings.similarities,
    ),
    _Plan(
        "supp-e",
        "Between the bounds of Lemma 3.4",
        "Supplement E: sums of fourth powers over their lower bounds through training, mean and range over seeds. "
        "Dotted: the bounds.",
        (SUPP_E,),
        drawings.bounds,
    ),
    _Plan(
        "supp-f",
        "The projector's capacity",
        f"Supplement F: accuracy over the number of weights in the projector's linear layers. {_SEEDS}",
        (SUPP_F,),
        drawings.capacity,
    ),
    _Plan(
        "supp-g",
        "Gram and covariance matrices",
        "Supplement G: centred representations of 64 test images sorted by class, and 64 of their dimensions, seed "
        "0; all on one scale.",
        (SUPP_G,),
        drawings.matrices,
    ),
)


def draw_all(scale: Scale, results: Results) -> Gallery:
    """Draw every picture of a scale whose runs are all there.

    Args:
        scale: the scale.
        results: of that scale.
    """
    there = {result.cell.name for result in results.cells}
    pictures, missing = [], {}
    for plan in _PLANS:
        arms = dict.fromkeys(arm for experiment in plan.experiments for arm in experiment.arms(scale))
        asked = [cell.name for cell in runs_of(scale, arms)]
        absent = [name for name in asked if name not in there]
        if absent:
            missing[plan.name] = f"{len(absent)} of {len(asked)} runs have no result yet, the first {absent[0]}"
        else:
            pictures.append(_drawn(plan, scale, results))
    return Gallery(tuple(pictures), missing)


def write_pictures(gallery: Gallery, folder: Path) -> list[Path]:
    """Write each picture as NAME.svg and, for dark backgrounds, NAME-dark.svg.

    Args:
        gallery: from `draw_all`.
        folder: where the files go; made if need be. Files of pictures that were not drawn are left alone.

    Raises:
        RunError: a file cannot be written.
    """
    written = []
    for picture in gallery.pictures:
        for path, svg in (
            (folder / f"{picture.name}.svg", picture.svg),
            (folder / f"{picture.name}-dark.svg", darkened(picture.svg)),
        ):
            _write(path, svg)
            written.append(path)
    return written


def _drawn(plan: _Plan, scale: Scale, results: Results) -> Picture:
    with style("light"):
        figure, alt = plan.draw(scale, results)
        svg = as_svg(figure, plan.name, plan.title, f"{plan.caption} {alt}")
    ids = tuple(experiment.id for experiment in plan.experiments)
    return Picture(plan.name, plan.title, plan.caption, alt, ids, svg)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:
        raise RunError(f"cannot write {path} ({error.strerror}): choose another folder for the figures") from None
