"""A proof as a list of steps that were each checked when they were written down."""

from dataclasses import dataclass, field


class NotProvedError(Exception):
    """A step that the engine could not derive: the statement is false, or beyond the engine."""


@dataclass
class Proof:
    """A statement and the checked steps that lead to it, readable with ``print``.

    Every engine function that checks something (`sums.equality`, `traces.equality`, `inequalities.at_least` ...)
    returns what it found as a line of text, or raises NotProvedError; `record` writes the line down.
    """

    statement: str
    steps: list[str] = field(default_factory=list)

    def record(self, claim: str, found: str) -> None:
        """Write down a step: what is claimed, and what the engine found when it checked it."""
        self.steps.append(f"{claim}: {found}")

    def __str__(self) -> str:
        return "\n".join([self.statement, *(f"  {number}. {step}" for number, step in enumerate(self.steps, 1))])
