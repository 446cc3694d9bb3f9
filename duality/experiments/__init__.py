"""The paper's empirical claims as experiments: grids of training runs, statistics that judge them, verdicts.

- `plan`: what is to be run and how it will be judged: scales, arms, cells, the preregistration.
- `run`: cells trained, measured, recorded; settings tuned.
- `infer`: from values to verdicts, by one model and one rule that know nothing of the paper.
- `claims`: the paper's sentences, one file each: what is tested, and why that is fair.
- `show`: verdicts as tables and pictures.

A scale is a folder ``scales/NAME`` with ``scale.toml`` (how a cell is made) and ``preregistration.toml`` (which
cells, and how they are judged). A statement is made of parts (`plan.statement`): a contrast of arms and the region
that the statement puts it in. `Experiment.judge` takes a scale and its results and gives a `Judgement`
(`infer.verdict`): one of five words, and behind it a `Finding` for each part.
"""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from duality.experiments.claims.experiment import Arm, Experiment, Judgement, Verdict
from duality.words import nearest

if TYPE_CHECKING:
    from duality.experiments.plan.cell import Cell
    from duality.experiments.plan.scale import Scale
    from duality.experiments.run.record import Results

__all__ = [
    "Arm",
    "Experiment",
    "Judgement",
    "UnknownExperimentError",
    "Verdict",
    "all_experiments",
    "cells",
    "find_experiment",
    "judge_all",
]


class UnknownExperimentError(ValueError):
    """No experiment has this id."""


@cache
def all_experiments() -> tuple[Experiment, ...]:
    """Every experiment, in the paper's order."""
    from duality.experiments.claims import figure_1, figure_2, supplement

    return (*figure_1.EXPERIMENTS, *figure_2.EXPERIMENTS, *supplement.EXPERIMENTS)


def find_experiment(id: str) -> Experiment:
    """The experiment with this id.

    Raises:
        UnknownExperimentError: there is none; the message names the nearest.
    """
    experiments = {experiment.id: experiment for experiment in all_experiments()}
    if id in experiments:
        return experiments[id]
    near = nearest(id, experiments, cutoff=0.4)
    hint = f"did you mean {near}? " if near else ""
    raise UnknownExperimentError(f"no experiment is called {id!r}: {hint}choose among {', '.join(experiments)}")


def cells(experiments: Iterable[Experiment], scale: "Scale", seeds: int | None = None) -> "tuple[Cell, ...]":
    """The training runs that the experiments need, each once, the first experiment's first.

    Args:
        experiments: from `all_experiments` or `find_experiment`.
        scale: what each run is made of.
        seeds: how many for each method and projector; by default as many as the experiments ask for.
    """
    from duality.experiments.plan.cell import Cell

    arms = [arm for experiment in experiments for arm in experiment.arms(scale)]
    runs = (Cell(scale, arm.method, arm.projector, seed) for arm in arms for seed in range(seeds or arm.seeds))
    return tuple(dict.fromkeys(runs))


def judge_all(scale: "Scale", results: "Results") -> dict[str, Judgement]:
    """What the results of a scale say of every experiment, by its id."""
    return {experiment.id: experiment.judge(scale, results) for experiment in all_experiments()}
