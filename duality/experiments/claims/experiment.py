"""An experiment: one empirical claim of the paper, what is tested of it, and why that is fair."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from duality.experiments.infer.verdict import Judgement
from duality.experiments.plan.arm import Arm

if TYPE_CHECKING:
    from duality.experiments.plan.cell import Cell
    from duality.experiments.plan.scale import Scale
    from duality.experiments.plan.statement import Part
    from duality.experiments.run.record import Results


def _nothing(scale: "Scale") -> "tuple[Part, ...]":
    return ()


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An empirical claim.

    Attributes:
        id: its place in the paper: ``fig-1a``, ``supp-c``.
        title: a few words.
        source: where it stands: ``Figure 1``, ``supplement C``.
        wording: what the paper says, in our words.
        statement: what is tested, at every scale.
        fair: why that is a fair test of what the paper says.
        parts: what must all be true, at a scale.
        besides: what is estimated too, and counts for nothing.
    """

    id: str
    title: str
    source: str
    wording: str
    statement: str
    fair: str
    parts: "Callable[[Scale], tuple[Part, ...]]"
    besides: "Callable[[Scale], tuple[Part, ...]]" = _nothing

    def arms(self, scale: "Scale") -> tuple[Arm, ...]:
        """The arms of its parts that the scale runs, each once."""
        asked = dict.fromkeys(arm for part in self.parts(scale) for arm in part.arms)
        return tuple(arm for arm in asked if scale.preregistration.block_of(arm))

    def cells(self, scale: "Scale", look: int = 1) -> "tuple[Cell, ...]":
        """The cells that its verdict rests on at a look: all of the blocks that its arms stand in."""
        return cells_of(scale, self.arms(scale), look)

    def judge(self, scale: "Scale", results: "Results") -> Judgement:
        """The verdict at a scale.

        Args:
            scale: the scale.
            results: of that scale; only what is declared there is looked at.
        """
        from duality.experiments.claims.judging import judge

        return judge(self, scale, results)


def cells_of(scale: "Scale", arms: Iterable[Arm], look: int = 1) -> "tuple[Cell, ...]":
    """The cells of all blocks that have any of these arms: one model needs them whole."""
    from duality.experiments.plan.cell import Cell

    wanted = set(arms)
    return tuple(
        Cell(scale, arm.method, arm.projector, seed)
        for block in scale.preregistration.blocks
        if wanted & set(block.arms)
        for seed in block.seeds_at(look)
        for arm in block.arms
    )


def runs_of(scale: "Scale", arms: Iterable[Arm]) -> "tuple[Cell, ...]":
    """The cells of these arms alone at the first look, as far as the scale runs them."""
    from duality.experiments.plan.cell import Cell

    return tuple(
        Cell(scale, arm.method, arm.projector, seed)
        for arm in arms
        if (block := scale.preregistration.block_of(arm)) is not None
        for seed in block.seeds_at(1)
    )


def limits_of(scale: "Scale") -> str:
    """What a scale is, next to the paper's, in one sentence."""
    from duality.experiments.plan.cell import Cell

    recipe = Cell(scale, scale.baseline, scale.projector, 0).recipe_with([])  # tuned or not
    encoder, data, epochs = recipe.encoder, recipe.data, recipe.optimizer.epochs
    images = f"{data.train_size:,} images" if data.train_size else "all training images"
    return (
        f"Here: {encoder.name} of width {encoder.width}, {images} of {scale.recipe}, {epochs} epochs, batches of "
        f"{data.batch_size}. The paper: ResNet-50 of width 64, ImageNet, 100 epochs, one seed."
    )
