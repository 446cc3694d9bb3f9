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

from duality.experiments.claims.experiment import Experiment
from duality.experiments.infer.verdict import Judgement, Verdict
from duality.experiments.plan.arm import Arm
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
    "declared",
    "find_experiment",
    "judge_all",
]


class UnknownExperimentError(ValueError):
    """No experiment has this id."""


@cache
def all_experiments() -> tuple[Experiment, ...]:
    """Every experiment, in the paper's order."""
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

    return FIG_1A, FIG_1B, FIG_1C, FIG_1D, FIG_2, SUPP_C, SUPP_D, SUPP_E, SUPP_F, SUPP_G


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


def cells(experiments: Iterable[Experiment], scale: "Scale", look: int = 1) -> "tuple[Cell, ...]":
    """The training runs that the experiments rest on at a look, each once, in the order of the scale's blocks.

    Args:
        experiments: from `all_experiments` or `find_experiment`.
        scale: what each run is made of.
        look: the first, or a later one that the scale declares.
    """
    asked = {cell for experiment in experiments for cell in experiment.cells(scale, look)}
    arms = [arm for block in scale.preregistration.blocks for arm in block.arms]
    return tuple(sorted(asked, key=lambda cell: (arms.index(cell.arm), cell.seed)))


def declared(scale: "Scale") -> dict[str, list[str]]:
    """What each experiment tests at a scale, part by part: what its preregistration holds under ``statements``."""
    return {experiment.id: [str(part) for part in experiment.parts(scale)] for experiment in all_experiments()}


def judge_all(scale: "Scale", results: "Results") -> dict[str, Judgement]:
    """What the results of a scale say of every experiment, by its id."""
    return {experiment.id: experiment.judge(scale, results) for experiment in all_experiments()}
