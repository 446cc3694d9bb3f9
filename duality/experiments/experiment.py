"""An experiment: one empirical claim of the paper, the grid that tests it, and the judgement of what came out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from duality.experiments.scale import Scale

Verdict = Literal["holds", "refuted", "undecided", "not run"]


@dataclass(frozen=True)
class Arm:
    """One method with one projector, trained with the seeds 0, 1, … ``seeds`` − 1."""

    method: str
    projector: str
    seeds: int

    def __str__(self) -> str:
        return f"{self.method}, {self.projector}"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An empirical claim.

    Attributes:
        id: its place in the paper: ``fig-1a``, ``supp-c``.
        title: a few words.
        source: where it stands: ``Figure 1``, ``supplement C``.
        wording: what the paper says, in our words.
        statement: what is tested at a scale, settled before there were data.
        remark: what limits any conclusion from it.
        arms: the grid, for a scale.
    """

    id: str
    title: str
    source: str
    wording: str = ""
    statement: str = ""
    remark: str = ""
    arms: "Callable[[Scale], tuple[Arm, ...]]"
