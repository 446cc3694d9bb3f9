"""What the engines have checked. A `Fact` is made by an engine and by nothing else."""

from dataclasses import InitVar, dataclass
from typing import Any

_SEAL = object()


class NotProvedError(Exception):
    """A step that the engine could not derive: the statement is false, or beyond the engine."""


@dataclass(frozen=True)
class Derivative:
    """A side of a statement: the derivative of a function by an entry, or by a matrix along a direction."""

    function: Any
    by: Any
    along: Any = None

    @property
    def parts(self) -> tuple[Any, ...]:
        """What it is made of."""
        return (self.function, self.by) if self.along is None else (self.function, self.by, self.along)


@dataclass(frozen=True)
class Equation:
    """A side of an implication: ``left = right``, and where."""

    left: Any
    right: Any
    where: str

    @property
    def parts(self) -> tuple[Any, ...]:
        """What it is made of."""
        return self.left, self.right


@dataclass(frozen=True)
class Fact:
    """``left relation right`` under hypotheses, for all sizes and all values of what it mentions.

    Attributes:
        left: what the engine was given: a SymPy expression, traces, determinants; text for what has no type.
        relation: ``=``, ``≥``, ``>``, ``∝``, or ``⇒`` between statements.
        right: as ``left``.
        given: the hypotheses, as the engine was given them.
        how: what the engine found when it checked it, as text.

    Raises:
        TypeError: something else than an engine makes one.
    """

    left: Any
    relation: str
    right: Any
    given: tuple[Any, ...]
    how: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError(
                "only the engines make facts: let `sums`, `traces`, `inequalities` … check the statement"
            )


def established(left: Any, relation: str, right: Any, how: str, given: tuple[Any, ...] = ()) -> Fact:
    """The fact that an engine of this package has just checked. For the engines alone."""
    return Fact(left, relation, right, given, how, _SEAL)
