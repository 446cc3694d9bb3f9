"""A proof: steps that were each checked when they were written down, and what they end in."""

from duality.symbolic.facts import Fact, NotProvedError
from duality.symbolic.writing import definitions, statement

__all__ = ["NotProvedError", "Proof"]

RELATIONS = frozenset("=≥≤≠<>≡∝⇒⇔")


class Proof:
    """Lemmas and conclusions, readable with ``print``.

    Every engine function that checks something (`sums.equality`, `traces.equality`, `inequalities.at_least` ...)
    returns a `Fact`, or raises. A proof is made of facts: its statement is written from its conclusions, and cannot
    be given as text. A proof that concludes nothing is a list of lemmas, and says so.
    """

    def __init__(self) -> None:
        self._steps: list[tuple[str, Fact]] = []
        self._conclusions: list[Fact] = []

    def lemma(self, remark: str, fact: Fact) -> Fact:
        """Write down a step on the way.

        Args:
            remark: what it is good for, in words: no formula, those are written from the fact.
            fact: what an engine has checked.

        Raises:
            TypeError: it is no fact.
            ValueError: the remark states something itself.
        """
        if not isinstance(fact, Fact):
            raise TypeError(f"{fact!r} is no fact: a step is what an engine has checked")
        if RELATIONS & set(remark):
            raise ValueError(f"{remark!r} states a formula: a remark is in words, the fact is written beside it")
        self._steps.append((remark, fact))
        return fact

    def concludes(self, remark: str, fact: Fact) -> Fact:
        """Write down what the proof is for: as `lemma`, and part of the statement."""
        self._conclusions.append(self.lemma(remark, fact))
        return fact

    @property
    def conclusions(self) -> tuple[str, ...]:
        """What is proved, each as text; nothing for a list of lemmas."""
        return tuple(map(statement, self._conclusions))

    @property
    def statement(self) -> str:
        """All that is proved in one line, or that it is lemmas only."""
        return "; ".join(self.conclusions) or "lemmas only, no conclusion"

    @property
    def steps(self) -> tuple[str, ...]:
        """Each step with its remark, its statement and what the engine found."""
        return tuple(f"{remark}: {statement(fact)}: {fact.how}" for remark, fact in self._steps)

    @property
    def definitions(self) -> tuple[str, ...]:
        """What the notation of the conclusions stands for, entry by entry."""
        return definitions(self._conclusions)

    def __str__(self) -> str:
        return "\n".join([self.statement, *(f"  {number}. {step}" for number, step in enumerate(self.steps, 1))])
