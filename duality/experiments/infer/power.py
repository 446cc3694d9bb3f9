"""The whole rule in imagined worlds: how often it says "holds" or "refuted", look by look, before anything is run.

A world has a true mean for each arm and measure and a spread over seeds; its values are drawn, the model fitted and
the rule applied as to real ones, at the declared looks and levels.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from duality.experiments.infer.model import Cell, Correlation, Model
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
    truth = [part.truth for part in design.parts] if truth is None else truth
    rng = np.random.default_rng(seed)
    cells = list(dict.fromkeys(cell for look in design.looks for cell in look))
    values = _values(design, truth, cells, worlds, rng)
    clouds = {i: _correlations(part, truth[i], worlds, rng) for i, part in _clouds(design)}
    holds, refuted = np.zeros(worlds, bool), np.zeros(worlds, bool)
    for look, level in zip(design.looks, design.levels, strict=True):
        model = Model(look) if values else None
        there = [cells.index(cell) for cell in look]
        tested = []
        for i, part in enumerate(design.parts):
            if isinstance(part, Cloud):
                tested.append((part.region, clouds[i]))
            elif model is not None:
                own = values[part.measure][:, there]
                tested.append((part.region, model.contrast(part.weights, own, part.pooled)))
        decision = decide(tested, level)
        undecided = ~(holds | refuted)
        holds |= undecided & decision.holds
        refuted |= undecided & decision.refuted
    return Rates(float(holds.mean()), float(refuted.mean()))


def attained(design: Design, truth: Truth) -> list[float]:
    """The values that the parts really have in the worlds of `rates`: those asked for, where they can be had."""
    means = _means(design, truth)
    return [
        truth[i]
        if isinstance(part, Cloud)
        else sum(weight * means[part.measure].get(arm, 0.0) for arm, weight in part.weights.items())
        for i, part in enumerate(design.parts)
    ]


def _clouds(design: Design) -> list[tuple[int, Cloud]]:
    return [(i, part) for i, part in enumerate(design.parts) if isinstance(part, Cloud)]


def _means(design: Design, truth: Truth) -> dict[str, dict[Hashable, float]]:
    """Arms' means that give the parts these values: the smallest that do, or come nearest."""
    means = {}
    lines = [(part, value) for part, value in zip(design.parts, truth, strict=True) if isinstance(part, Line)]
    for measure in dict.fromkeys(part.measure for part, _ in lines):
        own = [(part, value) for part, value in lines if part.measure == measure]
        arms = list(dict.fromkeys(arm for part, _ in own for arm in part.weights))
        rows = np.array([[part.weights.get(arm, 0.0) for arm in arms] for part, _ in own])
        found = np.linalg.lstsq(rows, np.array([value for _, value in own]), rcond=None)[0]
        means[measure] = dict(zip(arms, found.tolist(), strict=True))
    return means


def _values(
    design: Design, truth: Truth, cells: Sequence[Cell], worlds: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    values = {}
    for measure, means in _means(design, truth).items():
        mean = np.array([means.get(arm, 0.0) for arm, _ in cells])
        values[measure] = mean + design.spread[measure] * rng.standard_normal((worlds, len(cells)))
    return values


def _correlations(part: Cloud, truth: float, worlds: int, rng: np.random.Generator) -> Correlation:
    """Pearson's r of normal points that truly correlate so."""
    x, noise = rng.standard_normal((2, worlds, part.n))
    y = truth * x + (1 - truth**2) ** 0.5 * noise
    x, y = x - x.mean(-1, keepdims=True), y - y.mean(-1, keepdims=True)
    return Correlation((x * y).sum(-1) / np.sqrt((x**2).sum(-1) * (y**2).sum(-1)), part.n)
