"""What of a cell's record is judged, by name: how it is read, in which unit, and with whose variance."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

DIMENSION_NORMALISED = {"VICReg", "VICReg-exp", "BarlowTwins"}
"""Methods that normalise dimensions: of these Lemma 3.4 bounds the columns' sum, of the others the rows'."""


@dataclass(frozen=True)
class Measure:
    """A number of each cell.

    Attributes:
        unit: ``points`` of accuracy; or ``factor``, whose values are natural logarithms.
        of: reads it from a cell's record; KeyError where older records lack it.
        pooled: whether all arms share one variance. Settled beforehand: seeds move accuracies and dominances alike,
            but widths and norms of one method many times as much as of another.
    """

    unit: str
    of: Callable[[Mapping[str, Any]], float]
    pooled: bool = True


def _accuracy(probe: str, document: Mapping[str, Any]) -> float:
    return 100 * document["accuracy"][probe]


def _width(document: Mapping[str, Any]) -> float:
    """Root mean square of the cosines between different images' embeddings: their spread about zero."""
    histogram = document["gram_histogram"]
    return math.log(math.hypot(histogram["mean"], histogram["std"]))


def _near_bound(document: Mapping[str, Any]) -> float:
    """How far the sum that Lemma 3.4 bounds gets above its lower bound, at most, once the warm-up is over."""
    side = "column" if document["method"] in DIMENSION_NORMALISED else "row"
    log, optimizer = document["log"], document["recipe"]["optimizer"]
    warm = optimizer["warmup_epochs"] / optimizer["epochs"] * log["step"][-1]
    sums = zip(log["step"], log[f"{side}_fourth_powers"], strict=True)
    return math.log(max(value for step, value in sums if step >= warm))


def _dominance(matrix: str, document: Mapping[str, Any]) -> float:
    """The diagonal's share in its row's absolute sum, mean over rows."""
    return math.log(document["representations"][matrix])


MEASURES: dict[str, Measure] = {
    "linear": Measure("points", partial(_accuracy, "linear")),
    "online": Measure("points", partial(_accuracy, "online")),
    "width": Measure("factor", _width, pooled=False),
    "fourth powers": Measure("factor", _near_bound, pooled=False),
    "Gram dominance": Measure("factor", partial(_dominance, "centered_gram_dominance")),
    "covariance dominance": Measure("factor", partial(_dominance, "covariance_dominance")),
}
