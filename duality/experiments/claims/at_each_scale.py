"""What all results in a folder say of the experiments, scale by scale."""

from collections.abc import Mapping
from pathlib import Path

from duality.experiments.claims.experiment import Experiment
from duality.experiments.infer.verdict import Judgement
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale, load_scale, scale_names
from duality.experiments.run.record import Results, load_results
from duality.training.errors import RunError

AtEachScale = Mapping[Scale, Results | RunError]
"""The results at each scale, the smallest first; where a file is damaged, what is wrong with it."""


def results_at_each_scale(folder: Path) -> dict[Scale, Results | RunError]:
    """The results in a folder, at every scale that comes with the package."""
    return {scale: _results(folder, scale) for scale in sorted(map(load_scale, scale_names()), key=_size)}


def judge_at_each_scale(experiment: Experiment, results: AtEachScale) -> dict[Scale, Judgement]:
    """The verdicts on an experiment, in the order of the results; ``not run`` where these are damaged."""
    return {
        scale: Judgement(verdict="not run", summary=str(found))
        if isinstance(found, RunError)
        else experiment.judge(scale, found)
        for scale, found in results.items()
    }


def telling_scale(judged: Mapping[Scale, Judgement]) -> Scale:
    """The scale whose verdict stands for the experiment: the largest that was run, or the smallest if none was."""
    run = [scale for scale, judgement in judged.items() if judgement.verdict != "not run"]
    return run[-1] if run else next(iter(judged))


def _size(scale: Scale) -> tuple[int, int]:
    recipe = Cell(scale, scale.baseline, scale.projector, 0).recipe_with([])  # tuned or not
    return scale.hidden, recipe.optimizer.epochs


def _results(folder: Path, scale: Scale) -> Results | RunError:
    try:
        return load_results(folder, scale)
    except RunError as error:
        return error
