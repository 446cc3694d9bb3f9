"""An experiment: one empirical claim of the paper, the grid that tests it, and the judgement of what came out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from duality.experiments.infer.statistics import Bound, Comparison, Correlation
    from duality.experiments.plan.scale import Scale
    from duality.experiments.run.record import Results

Verdict = Literal["holds", "refuted", "undecided", "not run"]


@dataclass(frozen=True)
class Arm:
    """One method with one projector, trained with the seeds 0, 1, … ``seeds`` − 1."""

    method: str
    projector: str
    seeds: int

    @property
    def runs(self) -> tuple[str, ...]:
        """Their names, METHOD/PROJECTOR/seed-K."""
        return tuple(f"{self.method}/{self.projector}/seed-{seed}" for seed in range(self.seeds))


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the results of one scale say of an experiment.

    Attributes:
        verdict: ``holds`` if all that the statement needs is decided in its favour, ``refuted`` if any of it is
            decided against it, else ``undecided``; ``not run`` where no run has a result.
        summary: one line: how much is decided which way, and the least clear effect with its interval and n.
        comparisons: what the verdict rests on, each family corrected by Holm's method.
        besides: what the verdict does not rest on, but a reader will want to see.
        published: the paper's own value of a comparison, by its label, in points: differences of single runs.
        remark: what limits the conclusion.
    """

    verdict: Verdict
    summary: str
    comparisons: "tuple[Comparison | Bound | Correlation, ...]" = ()
    besides: "tuple[Comparison | Bound | Correlation, ...]" = ()
    published: Mapping[str, float] = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An empirical claim.

    Attributes:
        id: its place in the paper: ``fig-1a``, ``supp-c``.
        title: a few words.
        source: where it stands: ``Figure 1``, ``supplement C``.
        wording: what the paper says, in our words.
        statement: what is tested at every scale, written before there were data.
        remark: what limits any conclusion from it.
        arms: the grid, for a scale.
        test: what complete results say; `judge` asks it.
    """

    id: str
    title: str
    source: str
    wording: str
    statement: str
    remark: str
    arms: "Callable[[Scale], tuple[Arm, ...]]"
    test: "Callable[[Scale, Results], Judgement]"

    def runs(self, scale: "Scale") -> tuple[str, ...]:
        """Names of the runs that the experiment asks for, each once."""
        return tuple(dict.fromkeys(name for arm in self.arms(scale) for name in arm.runs))

    def judge(self, scale: "Scale", results: "Results") -> Judgement:
        """The verdict at a scale. Nothing is tested before all runs are there: their number was settled first.

        Args:
            scale: the scale.
            results: of that scale; results of other experiments may be among them.
        """
        there = {f"{cell.method}/{cell.projector}/seed-{cell.seed}" for cell in results.cells}
        asked = self.runs(scale)
        missing = [name for name in asked if name not in there]
        remark = f"{self.remark} {limits_of(scale)}"
        if not missing:
            return replace(self.test(scale, results), remark=remark)
        makes = f"`duality-verify reproduce {self.id} --scale {scale.name}` makes them"
        if len(missing) == len(asked):
            summary = f"none of its {len(asked)} runs has a result: they need {scale.needs}; {makes}"
            return Judgement(verdict="not run", summary=summary, remark=remark)
        summary = f"{len(missing)} of {len(asked)} runs have no result yet, the first {missing[0]}; {makes}"
        return Judgement(verdict="undecided", summary=summary, remark=remark)


def limits_of(scale: "Scale") -> str:
    """What a scale is, next to the paper's, in one sentence."""
    from duality.experiments.plan.cell import Cell

    recipe = Cell(scale, scale.baseline, scale.projector, 0).recipe()
    encoder, data, epochs = recipe.encoder, recipe.data, recipe.optimizer.epochs
    images = f"{data.train_size:,} images" if data.train_size else "all training images"
    return (
        f"Here: {encoder.name} of width {encoder.width}, {images} of {scale.recipe}, {epochs} epochs, batches of "
        f"{data.batch_size}. The paper: ResNet-50 of width 64, ImageNet, 100 epochs, one seed."
    )
