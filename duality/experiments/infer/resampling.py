"""The statistics put to the test on real runs: how often do they see a difference where there is none?

Two methods of the same mean are imagined whose seeds scatter as real ones do, and compared like any two methods. A
gap may be planted between them, to see that it is found.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from duality.experiments.infer.statistics import Verdict, compare
from duality.experiments.run.record import Results


@dataclass(frozen=True)
class Resampling:
    """The verdicts on two imagined methods, again and again.

    Attributes:
        gap: how much the first is better, in points; zero is the null experiment.
        n: seeds of either.
        pool: real runs whose scatter they have.
        draws: how often.
        verdicts: how often each verdict was given.
    """

    gap: float
    n: int
    pool: int
    draws: int
    verdicts: Mapping[Verdict, int]

    def __str__(self) -> str:
        what = f"methods {self.gap:g} points apart" if self.gap else "a method against itself"
        counts = ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items() if count)
        return f"{what}, {self.n} seeds resampled from {self.pool} runs: {counts} of {self.draws:,}"


def resample(results: Results, gap: float = 0.0, draws: int = 1000, seed: int = 0) -> Resampling | None:
    """Judge two methods with ``gap`` points between them whose seeds scatter as those behind the large projector.

    Every method's accuracies less their mean, in one pool; each draw deals two sets of seeds from it, none twice.
    For a single method that is the method against itself with other seeds, which takes twice as many seeds as a
    scale has: hence the pool. Single comparisons: a family's are corrected, and then less often "different".

    Args:
        results: of a scale, whose number of seeds, margin and projector are taken.
        gap: between the methods, in points.
        draws: how often they are compared.
        seed: of the draws.

    Returns:
        The verdicts; None while there are fewer runs than two sets of seeds.
    """
    scale = results.scale
    methods = dict.fromkeys(cell.method for cell in results.cells if cell.projector == scale.projector)
    pool = deviations(results.accuracy(method, scale.projector) for method in methods)
    if len(pool) < 2 * scale.seeds:
        return None
    rng = np.random.default_rng(seed)
    verdicts: dict[Verdict, int] = dict.fromkeys(get_args(Verdict), 0)
    for _ in range(draws):
        a, b = rng.choice(pool, (2, scale.seeds), replace=False).tolist()
        verdicts[
            compare("", {k: value + gap for k, value in enumerate(a)}, dict(enumerate(b)), scale.margin).verdict
        ] += 1
    return Resampling(gap, scale.seeds, len(pool), draws, verdicts)


def deviations(methods: Iterable[Mapping[int, float]]) -> list[float]:
    """Each method's values less their mean, scaled to the variance that single seeds have.

    k values less their own mean have (k − 1)/k of it. A method of one seed has no deviation.
    """
    pool = []
    for values in methods:
        k = len(values)
        if k > 1:
            mean = sum(values.values()) / k
            pool += [(value - mean) * math.sqrt(k / (k - 1)) for value in values.values()]
    return pool
