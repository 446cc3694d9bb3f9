"""What each picture of the experiments shows: functions that turn a scale's results into a figure.

Each returns the figure and, for those who cannot see it, what there is to see, with the numbers. All runs of the
picture's experiments are there: `duality.experiments.show.pictures` sees to that. Panels stand below one another,
so that a figure stays readable at a phone's width.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from duality import plots
from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.fig_1c import FIG_1C
from duality.experiments.claims.fig_1d import FIG_1D
from duality.experiments.claims.fig_2 import FIG_2
from duality.experiments.claims.parts import SEVEN, behind
from duality.experiments.claims.published import TABLE_S5, TEXT
from duality.experiments.claims.supp_c import SUPP_C
from duality.experiments.claims.supp_d import SUPP_D
from duality.experiments.claims.supp_e import SUPP_E
from duality.experiments.claims.supp_f import SUPP_F, projector_weights
from duality.experiments.infer.verdict import Finding
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import Results

Drawn = tuple[Figure, str]
Run = tuple[str, str, Sequence[float]]
"""A method, its projector, and its seeds' accuracies in percent."""

_WIDTH = 5.2
"""Inches: a column of text, and not much more than a phone."""
_LOOKS = {
    "VICReg": 0,
    "SimCLR": 1,
    "VICReg-ctr": 2,
    "VICReg-exp": 3,
    "SimCLR-original": 4,
    "SpectralContrastive": 5,
    "BarlowTwins": 6,
    "SimCLR-A": 7,
    "SimCLR-B": 8,
    "SimCLR-sq": 9,
    "SimCLR-abs": 10,
}
"""A method has the same look in every picture."""
_NAMES = {"SpectralContrastive": "Spectral Contrastive", "BarlowTwins": "Barlow Twins"}
"""What to call methods whose name here is one word."""
_ON_MAPS = ("VICReg", "VICReg-ctr", "SimCLR")
"""Methods whose matrices are shown."""


def dimensions_and_projectors(scale: Scale, results: Results) -> Drawn:
    """Figure 1: accuracy over the embedding's dimension behind both projectors, the paper's and ours."""
    figure = Figure(figsize=(_WIDTH, 8.2))
    upper, lower = figure.subfigures(2, squeeze=False)[:, 0]  # each with a legend
    theirs, ours = upper.subplots(), lower.subplots()
    _curves(theirs, [(run.method, run.projector, [run.accuracy]) for run in TABLE_S5])
    theirs.set(title="Published: ImageNet, one run each", ylabel="online-probe accuracy (%)")
    arms = _arms(scale, [FIG_1C, FIG_1D])
    measured = [
        (arm.method, arm.projector, _accuracies(results, arm)) for arm in arms if arm.projector.count("-") == 2
    ]
    _curves(ours, measured)
    ours.set_title(f"Here: {scale.name}")
    _legend(upper)
    _legend(lower)
    return figure, f"Here, means: {_listed({f'{m} {p}': fmean(a) for m, p, a in measured})} %."


def methods(scale: Scale, results: Results) -> Drawn:
    """Figures 1a and 1b: the methods behind the large projector with the largest embeddings."""
    largest = max(TABLE_S5, key=lambda run: run.dimension).projector
    published = {run.method: [run.accuracy] for run in TABLE_S5 if run.projector == largest}
    measured = {arm.method: _accuracies(results, arm) for arm in behind(scale.projector, SEVEN)}
    untrained = {"untrained network": list(results.untrained().values())} if results.untrained() else {}
    return _rows(scale, "Published: ImageNet", published, measured | untrained)


def normalisations(scale: Scale, results: Results) -> Drawn:
    """Figure 2: SimCLR's normalisations. Of the paper's points its text gives one, next to VICReg's."""
    published = {run.method: [run.accuracy] for run in TEXT if run.epochs == 1000}
    measured = {arm.method: _accuracies(results, arm) for arm in _arms(scale, [FIG_2])}
    return _rows(scale, "Published: ImageNet, 1000 epochs", published, measured)


def probes(scale: Scale, results: Results) -> Drawn:
    """Supplement C: the offline against the online probe, one run for each method and projector."""
    figure, (axis,) = _panels(4.2, legend=1.4)
    arms = _arms(scale, [SUPP_C])
    runs = [results.of(arm.method, arm.projector)[0] for arm in arms]
    for method in dict.fromkeys(run.cell.method for run in runs):
        own = [run for run in runs if run.cell.method == method]
        online, offline = [run.accuracy("online") for run in own], [run.accuracy("linear") for run in own]
        plots.agreement(axis, online, offline, label=_name(method), index=_LOOKS[method])
    axis.set(xlabel="online-probe accuracy (%)", ylabel="offline-probe accuracy (%)")
    _legend(figure)
    gap = fmean(run.accuracy("linear") - run.accuracy("online") for run in runs)
    return figure, f"{len(runs)} runs; the offline probe is {gap:+.1f} points above the online one on average."


def similarities(scale: Scale, results: Results) -> Drawn:
    """Supplement D: histograms of the cosines between different images' embeddings."""
    figure, (axis,) = _panels(3.6)
    widths = {}
    for arm in _arms(scale, [SUPP_D]):
        histograms = [run.document["gram_histogram"] for run in results.of(arm.method, arm.projector)]
        counts = np.sum([histogram["counts"] for histogram in histograms], axis=0)
        low, high = histograms[0]["edges"]
        edges = np.linspace(low, high, len(counts) + 1)
        plots.steps(axis, edges, counts, label=f"{arm.method} (n = {len(histograms)})", index=_LOOKS[arm.method])
        widths[arm.method] = fmean(histogram["std"] for histogram in histograms)
    axis.set_xlabel("cosine of two images' embeddings")
    axis.legend()
    return figure, f"Standard deviations of the cosines: {_listed(widths, '.2f')}."


def bounds(scale: Scale, results: Results) -> Drawn:
    """Supplement E: both sums of fourth powers over their lower bounds through training."""
    figure, (dimensions, samples) = _panels(3.4, 3.4, legend=1.1)
    last = {}
    for arm in _arms(scale, [SUPP_E]):
        runs = results.of(arm.method, arm.projector)
        logs = [run.document["log"] for run in runs]
        batch = runs[0].document["recipe"]["data"]["batch_size"]
        for axis, sums, upper in ((dimensions, "row", scale.dimensions[-1]), (samples, "column", batch)):
            factors = np.array([log[f"{sums}_fourth_powers"] for log in logs])
            steps, series = logs[0]["step"], _LOOKS[arm.method]
            plots.through_training(axis, steps, factors, label=_name(arm.method), upper=upper, index=series)
            last[f"{arm.method} {sums}s"] = fmean(factors[:, -1])
    dimensions.set(title="Dimensions (rows), bounds 1 and M", xlabel="")
    samples.set_title("Samples (columns), bounds 1 and N")
    _legend(figure)
    return figure, f"Factors above the lower bound at the end: {_listed(last, '.2f')}."


def capacity(scale: Scale, results: Results) -> Drawn:
    """Supplement F: accuracy over the number of the projector's weights."""
    figure, (axis,) = _panels(3.8, legend=0.6)
    arms = _arms(scale, [SUPP_F])
    for order, method in enumerate(dict.fromkeys(arm.method for arm in arms)):
        by_weights = {
            projector_weights(arm.projector, scale) / 1000: _accuracies(results, arm)
            for arm in arms
            if arm.method == method
        }
        plots.accuracy_curve(
            axis,
            by_weights,
            label=method,
            index=_LOOKS[method],
            shift=0.06 * (order - 1),
            over="weights of the projector (thousands)",
        )
    _legend(figure)
    means = {f"{arm.method} {arm.projector}": fmean(_accuracies(results, arm)) for arm in arms}
    return figure, f"Means: {_listed(means)} %."


def matrices(scale: Scale, results: Results) -> Drawn:
    """Supplement G: Gram and covariance matrices of representations, absolute cosines on one scale."""
    figure = Figure(figsize=(_WIDTH, 2.3 * len(_ON_MAPS)))
    axes = figure.subplots(len(_ON_MAPS), 2)
    dominance = {}
    for row, method in zip(axes, _ON_MAPS, strict=True):
        document = results.of(method, scale.projector)[0].document
        for axis, which in zip(row, ("gram", "covariance"), strict=True):
            levels = np.array(document["heat_maps"][which]) / 255
            plots.heat_map(axis, levels, which, limit=1.0, colorbar=False)
            axis.set(title="", xlabel="", ylabel="", xticks=[], yticks=[])
            dominance[f"{method} {which}"] = document["representations"][f"{which}_dominance"]
        row[0].set_ylabel(method)
    axes[0, 0].set_title("Gram matrix")
    axes[0, 1].set_title("Covariance")
    axes[-1, 0].set_xlabel("64 images, by class")
    axes[-1, 1].set_xlabel("64 dimensions")
    bar = figure.colorbar(axes[0, 0].images[0], ax=axes, location="bottom", shrink=0.7, aspect=40)
    bar.set_label("absolute cosine (0 to 1)")
    return figure, f"Share of the diagonal in its row's absolute sum, mean: {_listed(dominance, '.3f')}."


def differences(experiment: Experiment, scale: Scale, results: Results) -> Drawn:
    """An experiment's differences of accuracy against δ: those the verdict rests on, then the others."""
    judgement = experiment.judge(scale, results)
    parts = [_in_points(judgement.findings), _in_points(judgement.besides)]
    shown = [part for part in parts if part]
    published = {one.label: one.published for part in shown for one in part if one.published is not None}
    figure, axes = _panels(*(0.5 + 0.42 * len(part) for part in shown), legend=1.2, sharex=True)
    for axis, part, title in zip(axes, shown, ("What the verdict rests on", "Besides"), strict=False):
        plots.forest(axis, part, scale.delta, published=published)
        axis.set_title(title)
    _legend(figure)
    return figure, "; ".join(str(one) for part in shown for one in part) + "."


def _panels(*heights: float, legend: float = 0.0, sharex: bool = False) -> tuple[Figure, Sequence[Axes]]:
    """A figure with panels of these heights in inches, one below the other, and room for a legend."""
    figure = Figure(figsize=(_WIDTH, sum(heights) + legend))
    axes = figure.subplots(len(heights), squeeze=False, height_ratios=heights, sharex=sharex)
    return figure, list(axes[:, 0])


def _legend(figure: Figure | SubFigure) -> None:
    """One legend for all panels, below them."""
    named = {}
    for axis in figure.axes:
        handles, labels = axis.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=2)


def _name(method: str) -> str:
    return _NAMES.get(method, method)


def _arms(scale: Scale, experiments: Iterable[Experiment]) -> list[Arm]:
    """The methods and projectors of experiments, each once."""
    arms = [arm for experiment in experiments for arm in experiment.arms(scale)]
    return list({(arm.method, arm.projector): arm for arm in arms}.values())


def _accuracies(results: Results, arm: Arm) -> list[float]:
    return list(results.accuracy(arm.method, arm.projector).values())


def _listed(values: Mapping[str, float], form: str = ".1f") -> str:
    return ", ".join(f"{name} {value:{form}}" for name, value in values.items())


def _in_points(findings: Iterable[Finding]) -> list[Finding]:
    """Of an experiment's findings, those of accuracy that were estimated."""
    return [one for one in findings if one.unit == "points" and one.n]


def _rows(
    scale: Scale, title: str, published: Mapping[str, list[float]], measured: Mapping[str, list[float]]
) -> Drawn:
    """Methods as rows, the paper's above ours."""
    figure, (theirs, ours) = _panels(0.9 + 0.3 * len(published), 0.9 + 0.36 * len(measured))
    for axis, accuracies in ((theirs, published), (ours, measured)):
        named = {_name(method): values for method, values in accuracies.items()}
        plots.accuracy_by_method(axis, named, looks=[_LOOKS.get(method, 10) for method in accuracies])
    theirs.set(title=title, xlabel="online-probe accuracy (%)")
    ours.set_title(f"Here: {scale.name}")
    return figure, f"Here, means: {_listed({name: fmean(values) for name, values in measured.items()})} %."


def _curves(axis: Axes, runs: Iterable[Run]) -> None:
    """A curve over the embedding's dimension for each method and kind of projector: X-X-d full, d-d-d hollow.

    At its largest dimension X-X-d is d-d-d as well, and ends both curves.
    """
    curves: dict[tuple[str, bool], dict[float, Sequence[float]]] = {}
    widest = max(int(projector.split("-")[0]) for _, projector, _ in runs)
    for method, projector, accuracies in runs:
        hidden, _, dimension = map(int, projector.split("-"))
        if hidden == widest:
            curves.setdefault((method, False), {})[dimension] = accuracies
        if hidden == dimension:
            curves.setdefault((method, True), {})[dimension] = accuracies
    for (method, hollow), points in sorted(curves.items(), key=lambda curve: (_LOOKS[curve[0][0]], curve[0][1])):
        if hollow and len(points) == 1:
            continue
        look, label = _LOOKS[method], f"{method}, d-d-d" if hollow else method
        several = any(len(accuracies) > 1 for accuracies in points.values())
        shift = 0.07 * (look - 1) if several else 0.0
        plots.accuracy_curve(axis, points, label=label, index=look, shift=shift, hollow=hollow)
