"""The supplement's claims: probes (C), similarities (D), bounds in practice (E), capacity (F), dominance (G)."""

import math
from collections.abc import Callable
from itertools import pairwise
from statistics import fmean

from duality.experiments.claims.experiment import Arm, Experiment, Judgement
from duality.experiments.claims.figure_1 import FIG_1A, FIG_1B, FIG_1C, FIG_1D
from duality.experiments.claims.figure_2 import FIG_2
from duality.experiments.claims.published import difference_in_text
from duality.experiments.infer.judging import alike, compared, correlated, difference_label, inside, judgement
from duality.experiments.infer.statistics import Bound, Comparison, Correlation, bound, compare, correlation, holm
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import CellResult, Results

_ALPHA = 0.05
_SEEDS_OF_REPULSIONS = 3
_ALMOST_PERFECT = 0.9
_SINGLE_DIGIT = 10.0
_CONCENTRATED = 0.5
_ALIKE = 1.5
"""What "almost perfectly", "a single-digit factor", "concentrated" and "alike" mean here. The second is the
paper's, the others are ours, chosen before there were data."""


def _values(results: Results, arm: Arm, measure: Callable[[CellResult], float]) -> dict[int, float]:
    return {result.seed: measure(result) for result in results.of(arm.method, arm.projector)}


def _methods(scale: Scale) -> tuple[Arm, ...]:
    """The seven methods of figures 1a and 1b."""
    return tuple(dict.fromkeys((*FIG_1A.arms(scale), *FIG_1B.arms(scale))))


# C: probes


def _all_runs(scale: Scale) -> tuple[Arm, ...]:
    figures = (FIG_1A, FIG_1B, FIG_1C, FIG_1D, FIG_2)
    arms = [arm for experiment in figures for arm in experiment.arms(scale)]
    return tuple(dict.fromkeys((*arms, *_repulsions(scale))))


def _judge_probes(scale: Scale, results: Results) -> Judgement:
    arms = dict.fromkeys((arm.method, arm.projector) for arm in _all_runs(scale))
    runs = [result for arm in arms for result in results.of(*arm)]
    first = [result for result in runs if result.seed == 0]
    return judgement(
        [correlated(_between_probes("online and offline accuracy, seed 0", first), _ALMOST_PERFECT)],
        besides=(_between_probes("online and offline accuracy, all seeds", runs),),
    )


def _between_probes(label: str, runs: list[CellResult]) -> Correlation:
    return correlation(label, [run.accuracy("online") for run in runs], [run.accuracy("linear") for run in runs])


# D: similarities


def _repulsions(scale: Scale) -> tuple[Arm, ...]:
    seeds = min(_SEEDS_OF_REPULSIONS, scale.seeds)
    return tuple(Arm(method, scale.projector, seeds) for method in ("SimCLR", "SimCLR-sq", "SimCLR-abs"))


def _judge_similarities(scale: Scale, results: Results) -> Judgement:
    plain, squared, absolute = _repulsions(scale)
    variants = (squared, absolute)
    # Proposition 3.1: what independent directions would give.
    margin = 100 / math.sqrt(scale.dimensions[-1])
    spreads = {arm.method: _values(results, arm, _root_mean_square) for arm in (plain, *variants)}
    widths = [
        compare(f"{arm.method} − {plain.method}, 100 × width", spreads[arm.method], spreads[plain.method], margin)
        for arm in variants
    ]
    concentrated = [
        bound(f"{method}, 100 × width", values, at_most=100 * _CONCENTRATED) for method, values in spreads.items()
    ]
    accuracies = compared(scale, results, [(arm, plain) for arm in variants])
    return judgement(
        [*alike(accuracies), *alike(holm(widths)), *map(inside, holm(concentrated))],
        published={difference_label(absolute, plain): difference_in_text("SimCLR-abs", "SimCLR")},
    )


def _root_mean_square(result: CellResult) -> float:
    """Of the cosines between different images' embeddings, in hundredths: their spread about zero."""
    histogram = result.document["gram_histogram"]
    return 100 * math.hypot(histogram["mean"], histogram["std"])


# E: the lower bounds of Lemma 3.4

_DIMENSION_NORMALISED = {"VICReg", "VICReg-exp", "BarlowTwins"}


def _judge_bounds(scale: Scale, results: Results) -> Judgement:
    family = [_near_lower_bound(results, arm) for arm in _methods(scale)]
    return judgement([inside(one) for one in holm(family)])


def _near_lower_bound(results: Results, arm: Arm) -> Bound:
    """How far the sum that Lemma 3.4 bounds for this method gets above its lower bound, as a logarithm."""
    side = "column" if arm.method in _DIMENSION_NORMALISED else "row"
    values = _values(
        results, arm, lambda result: math.log10(_largest_after_warmup(result, f"{side}_fourth_powers"))
    )
    return bound(f"{arm.method}, log₁₀ of {side}s over their bound", values, at_most=math.log10(_SINGLE_DIGIT))


def _largest_after_warmup(result: CellResult, measure: str) -> float:
    log, optimizer = result.document["log"], result.document["recipe"]["optimizer"]
    warm = optimizer["warmup_epochs"] / optimizer["epochs"] * log["step"][-1]
    return max(value for step, value in zip(log["step"], log[measure], strict=True) if step >= warm)


# F: capacity


def _judge_capacity(scale: Scale, results: Results) -> Judgement:
    arms = FIG_1C.arms(scale)
    methods = tuple(dict.fromkeys(arm.method for arm in arms))
    parts = []
    for method in methods:
        own = [arm for arm in arms if arm.method == method]
        weights = [math.log10(projector_weights(arm.projector, scale)) for arm in own]
        # The same seeds for every projector.
        accuracies = [
            fmean(results.accuracy(method, arm.projector)[seed] for seed in range(arm.seeds)) for arm in own
        ]
        # Three correlations: each interval at the level that Bonferroni asks for.
        found = correlation(f"{method}, log weights and accuracy", weights, accuracies, 1 - _ALPHA / len(methods))
        parts.append(correlated(found, above=0.0))
    return judgement(parts)


def projector_weights(projector: str, scale: Scale) -> int:
    """How many weights the linear layers of X-Y-Z have behind the scale's representations."""
    widths = [scale.dimensions[2], *map(int, projector.split("-"))]
    return sum(a * b for a, b in pairwise(widths))


# G: dominance

_MATRICES = {"gram_dominance": "Gram", "covariance_dominance": "covariance"}


def _judge_dominance(scale: Scale, results: Results) -> Judgement:
    arms = _methods(scale)
    reference = next(arm for arm in arms if arm.method == "VICReg")
    family = [
        _dominance_ratio(results, arm, reference, measure)
        for measure in _MATRICES
        for arm in arms
        if arm != reference
    ]
    shares = [_dominance(results, arm, measure) for measure in _MATRICES for arm in arms]
    return judgement(alike(holm(family)), besides=holm(shares))


def _dominance_ratio(results: Results, arm: Arm, reference: Arm, measure: str) -> Comparison:
    def logarithms(of: Arm) -> dict[int, float]:
        return _values(results, of, lambda result: 100 * math.log(result.document["representations"][measure]))

    label = f"{arm.method} − {reference.method}, {_MATRICES[measure]}, 100 ln share"
    return compare(label, logarithms(arm), logarithms(reference), 100 * math.log(_ALIKE))


def _dominance(results: Results, arm: Arm, measure: str) -> Bound:
    values = _values(results, arm, lambda result: 100 * result.document["representations"][measure])
    return bound(f"{arm.method}, {_MATRICES[measure]}, diagonal's share in %", values, at_least=50.0)


SUPP_C = Experiment(
    id="supp-c",
    title="Online and offline probes",
    source="section 5, supplement C",
    wording="The accuracy of the online linear probe correlates almost perfectly with that of the offline one.",
    statement="Over one run (seed 0) of every method and projector of the other experiments, the 95 % interval of "
    "Pearson's correlation between the online and the offline probe's accuracy lies above 0.9.",
    remark="One run for each method and projector, as in the paper: the seeds of one arm are not independent "
    "points. A correlation over arms that differ widely says little of arms that differ by less than a point. The "
    "online probe learns as long as the pretraining lasts: a short one leaves it far behind the offline probe.",
    arms=_all_runs,
    test=_judge_probes,
)

SUPP_D = Experiment(
    id="supp-d",
    title="Similarities of negative pairs",
    source="supplement D",
    wording="The off-diagonal entries of the Gram matrix concentrate at zero alike for SimCLR, SimCLR-sq and "
    "SimCLR-abs, and accuracy is unchanged: 68.71 % for SimCLR-abs against 68.61 %.",
    statement="Behind the large projector with the largest embeddings, for SimCLR-sq and SimCLR-abs each against "
    "SimCLR: accuracy is equivalent within the margin; the width (root mean square) of the cosines between 1024 "
    "test images' embeddings is equivalent within 1/√M, what independent directions in M dimensions have. The "
    "width of each of the three is below 1/2.",
    remark="The paper shows histograms: both limits on the width are ours, and a variant that concentrates more "
    "than SimCLR is not alike either. The variants take SimCLR's temperature.",
    arms=_repulsions,
    test=_judge_similarities,
)

SUPP_E = Experiment(
    id="supp-e",
    title="Near the lower bounds",
    source="section 3, supplement E",
    wording="In all practical scenarios the sums of fourth powers of Lemma 3.4 are very close to their lower "
    "bounds, within a single-digit factor.",
    statement="At every logged step after the warm-up, the sum that Lemma 3.4 bounds is below ten times its lower "
    "bound: over rows for methods that normalise embeddings, over columns for those that normalise dimensions "
    "(VICReg, VICReg-exp, Barlow Twins). Tested on the largest ratio of each run, on a logarithmic scale.",
    remark="Measured on the embeddings of a batch as the network gives them, before a loss centres or normalises "
    "them; the lower bound is the one for any norms, T²/M or T²/N.",
    arms=_methods,
    test=_judge_bounds,
)

SUPP_F = Experiment(
    id="supp-f",
    title="The projector's capacity",
    source="section 5, supplement F",
    wording="Accuracy follows the projector's capacity: it increases with the number of parameters for every "
    "method.",
    statement="For each of VICReg, VICReg-ctr and SimCLR, over all projectors, the mean accuracy over the seeds "
    "correlates with the logarithm of the number of weights: the interval of Pearson's r, corrected for three "
    "methods, lies above zero.",
    remark="Few projectors, and capacity varies together with the embedding's dimension.",
    arms=FIG_1C.arms,
    test=_judge_capacity,
)

SUPP_G = Experiment(
    id="supp-g",
    title="Dominance of the diagonals",
    source="section 4, supplement G",
    wording="Gram and covariance matrices of the representations are diagonally dominant alike across methods: no "
    "differences are easily visible.",
    statement="For each method and either matrix of 1024 test images' representations, the diagonal's share (the "
    "mean over rows of |A_ii| / Σ_k |A_ik|) is equivalent to VICReg's within a factor of 1.5.",
    remark="The factor is ours: the paper shows pictures. The covariance is centred, the Gram matrix is not: "
    "behind a ReLU all its entries are positive and of like size, so its shares stay near 1/N and can hardly "
    "differ. Shown besides: the shares themselves next to 1/2, above which a matrix is diagonally dominant in the "
    "strict sense.",
    arms=_methods,
    test=_judge_dominance,
)

EXPERIMENTS = (SUPP_C, SUPP_D, SUPP_E, SUPP_F, SUPP_G)
