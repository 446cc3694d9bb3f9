"""A proof as a list of steps that were each checked when they were written down."""

from dataclasses import dataclass, field


class NotProvedError(Exception):
    """A step that the engine could not derive: the statement is false, or beyond the engine."""


@dataclass
class Proof:
    """A statement and the checked steps that lead to it, readable with ``print``.

    The engines (`traces`, `sums`, `sphere`, `inequalities`) add steps through `record`, and raise NotProvedError
    before they would record a step that does not follow.
    """

    statement: str
    steps: list[str] = field(default_factory=list)

    def record(self, step: str) -> None:
        """Write down a step that has just been checked."""
        self.steps.append(step)

    def __str__(self) -> str:
        return "\n".join([self.statement, *(f"  {number}. {step}" for number, step in enumerate(self.steps, 1))])
