"""The whole rule in imagined worlds: how often it says "holds" or "refuted", look by look, before anything is run.

A world has a true mean for each arm and measure and a spread over seeds; its values are drawn, the model fitted and
the rule applied as to real ones, at the declared looks and levels.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from duality.experiments.infer.model import Cell, Correlation, Estimate, Model
from duality.experiments.infer.region import Region
from duality.experiments.infer.rule import decide

ENOUGH = 0.8
"""The power that is asked of a design: the customary one."""
WORLDS = 2000


@dataclass(frozen=True)
class Line:
    """A part that is a contrast: ``weights`` of arms' means of ``measure``, in ``region``.

    ``pooled`` is as in `Model`; ``truth`` is its value where the statement is true as it is meant.
    """

    measure: str
    weights: Mapping[Hashable, float]
    region: Region
    truth: float
    pooled: bool = True


@dataclass(frozen=True)
class Cloud:
    """A part that is a correlation over ``n`` points, which is ``truth`` where the statement is true."""

    n: int
    region: Region
    truth: float


@dataclass(frozen=True)
class Design:
    """A statement's parts, the cells of each look with its level, and each measure's spread over seeds."""

    parts: Sequence[Line | Cloud]
    looks: Sequence[Sequence[Cell]]
    levels: Sequence[float]
    spread: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rates:
    """Shares of worlds in which the rule said ``holds``, and ``refuted``, at whichever look came to it first."""

    holds: float
    refuted: float


Truth = Sequence[float]
"""The true value of each part."""


def rates(design: Design, truth: Truth | None = None, worlds: int = WORLDS, seed: int = 0) -> Rates:
    """What the rule says in worlds where the parts have these values; by default those of the statement itself.

    Contrasts that depend on each other take the nearest values that can be had together (`attained`).
    """
    return Worlds(design, worlds, seed).rates(truth)


class Worlds:
    """Worlds drawn for a design: the errors of its estimates, which are the same whatever the truth.

    Attributes:
        design: the design.
    """

    def __init__(self, design: Design, worlds: int = WORLDS, seed: int = 0) -> None:
        self.design = design
        rng = np.random.default_rng(seed)
        cells = list(dict.fromkeys(cell for look in design.looks for cell in look))
        measures = dict.fromkeys(part.measure for part in design.parts if isinstance(part, Line))
        noise = {each: design.spread[each] * rng.standard_normal((worlds, len(cells))) for each in measures}
        self._clouds = {
            i: rng.standard_normal((2, worlds, part.n))
            for i, part in enumerate(design.parts)
            if isinstance(part, Cloud)
        }
        self._errors = [_errors(design.parts, look, cells, noise) for look in design.looks]
        self._count = worlds

    def rates(self, truth: Truth | None = None) -> Rates:
        """As `rates`."""
        design = self.design
        truth = [part.truth for part in design.parts] if truth is None else truth
        values = attained(design, truth)
        correlations = {i: _correlation(points, values[i]) for i, points in self._clouds.items()}
        holds, refuted = np.zeros(self._count, bool), np.zeros(self._count, bool)
        for errors, level in zip(self._errors, design.levels, strict=True):
            moved = {i: replace(error, value=values[i] + error.value) for i, error in errors.items()}
            estimates = correlations | moved
            decision = decide([(part.region, estimates[i]) for i, part in enumerate(design.parts)], level)
            undecided = ~(holds | refuted)
            holds |= undecided & decision.holds
            refuted |= undecided & decision.refuted
        return Rates(float(holds.mean()), float(refuted.mean()))


def attained(design: Design, truth: Truth) -> list[float]:
    """The values that the parts really have in the worlds of `rates`: those asked for, where they can be had."""
    found = list(truth)
    lines = [(i, part) for i, part in enumerate(design.parts) if isinstance(part, Line)]
    for measure in dict.fromkeys(part.measure for _, part in lines):
        own = [(i, part) for i, part in lines if part.measure == measure]
        arms = list(dict.fromkeys(arm for _, part in own for arm in part.weights))
        rows = np.array([[part.weights.get(arm, 0.0) for arm in arms] for _, part in own])
        # The smallest means of arms that give the parts these values, or come nearest.
        means = np.linalg.lstsq(rows, np.array([truth[i] for i, _ in own]), rcond=None)[0]
        for (i, _), value in zip(own, (rows @ means).tolist(), strict=True):
            found[i] = value
    return found


def _errors(
    parts: Sequence[Line | Cloud], look: Sequence[Cell], cells: Sequence[Cell], noise: Mapping[str, np.ndarray]
) -> dict[int, Estimate]:
    """The estimates of the contrasts at a look in worlds where each of them is truly zero."""
    if not noise:
        return {}
    model, place = Model(look), {cell: i for i, cell in enumerate(cells)}
    there = [place[cell] for cell in look]
    values = {measure: each[:, there] for measure, each in noise.items()}
    return {
        i: model.contrast(part.weights, values[part.measure], part.pooled)
        for i, part in enumerate(parts)
        if isinstance(part, Line)
    }


def _correlation(points: np.ndarray, truth: float) -> Correlation:
    """Pearson's r of normal points that truly correlate so; of independent ones made such."""
    x, noise = points
    y = truth * x + (1 - truth**2) ** 0.5 * noise
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    return Correlation((x * y).sum(-1) / np.sqrt((x**2).sum(-1) * (y**2).sum(-1)), points.shape[-1])
