"""A claim: one statement, where it comes from, our verdict, and what backs each of its sentences."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from duality.claims.citations import Citation

if TYPE_CHECKING:
    from torch import Tensor

    from duality.numeric.check import Check
    from duality.symbolic.proof import Proof

Verdict = Literal["holds", "corrected", "refuted", "error", "not run"]
Kind = Literal["symbolic", "formal", "numeric", "empirical"]
Coverage = Literal["full", "partial", "none"]

GIVEN, LIMITED = "†", "*"
"""Marks beside a verdict where there is little room: it rests on theorems of others; what is claimed has limits."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One sentence of a claim, with the evidence for it, by name.

    Attributes:
        sentence: what is asserted.
        symbolic: conclusions of the claim's proof, as the engine writes them.
        formal: names of the theorems of ``proofs/coq`` that state it.
        numeric: how the names of its checks begin or end.
        partial: for a kind of evidence that covers less than the sentence, what it covers.
        rests_on: theorems of others that the sentence needs and that are not proved here.
        limits: what the sentence does not say, or what of it no evidence here shows.

    Raises:
        ValueError: there is no evidence at all, or what covers a part of the sentence is not there.
    """

    sentence: str
    symbolic: tuple[str, ...] = ()
    formal: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    partial: Mapping[Kind, str] = field(default_factory=dict)
    rests_on: tuple[Citation, ...] = ()
    limits: str = ""

    def __post_init__(self) -> None:
        if not self.kinds:
            raise ValueError(f"no evidence for {self.sentence!r}: name a conclusion, a theorem or a check")
        if absent := self.partial.keys() - set(self.kinds):
            raise ValueError(f"{self.sentence!r} has no {min(absent)} evidence, and so none that is partial")

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of evidence that it has."""
        kinds: tuple[Kind, ...] = ("symbolic", "formal", "numeric")
        return tuple(kind for kind in kinds if self.names(kind))

    def names(self, kind: Kind) -> tuple[str, ...]:
        """What it names as evidence of this kind."""
        return {"symbolic": self.symbolic, "formal": self.formal, "numeric": self.numeric}.get(kind, ())

    def coverage(self, kind: Kind) -> Coverage:
        """How much of the sentence the evidence of this kind covers."""
        if not self.names(kind):
            return "none"
        return "partial" if kind in self.partial else "full"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement, sentence by sentence, with its evidence.

    The verdict is what we assert; `duality.claims.evidence` runs what backs it, and the claim stands only if
    every piece of evidence of every part does. ``corrected`` means: imprecise or false as printed, the corrected
    ``statement`` holds, and ``constructed`` shows the counterexample.

    Attributes:
        id: as in the paper, ``thm-3.3``, or a name for a statement of ours, ``rank-bound``.
        title: a few words.
        source: where it stands: ``Theorem 3.3``, ``equation 14``, ``beyond the paper``.
        wording: what the source says, in our words.
        parts: the sentences that we verify; for a corrected claim, the right ones.
        verdict: what we assert.
        remark: for a corrected claim, what is imprecise; else anything a reader should know.
        prove: derives what the parts name as conclusions, for all M and N; raises NotProvedError.
        numeric: checks on one matrix of embeddings (N × M, any floating type and device).
        constructed: checks on matrices that the claim makes itself: counterexamples, equality cases.

    Raises:
        ValueError: it has no part, or a part names evidence that the claim cannot gather.
    """

    id: str
    title: str
    source: str
    wording: str
    parts: tuple[Part, ...]
    verdict: Verdict
    remark: str = ""
    prove: "Callable[[], Proof] | None" = None
    numeric: "Callable[[Tensor], Iterable[Check]] | None" = None
    constructed: "Callable[[], Iterable[Check]] | None" = None

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError(f"{self.id} says nothing: give it a part")
        if self.prove is None and self._named("symbolic"):
            raise ValueError(f"{self.id} names conclusions and has no proof")
        if self.numeric is None and self.constructed is None and self._named("numeric"):
            raise ValueError(f"{self.id} names checks and has none")

    @property
    def statement(self) -> str:
        """All its sentences."""
        return " ".join(part.sentence for part in self.parts)

    @property
    def formal(self) -> tuple[str, ...]:
        """The theorems of all its parts."""
        return self._named("formal")

    @property
    def checks(self) -> tuple[str, ...]:
        """How the names of the checks of all its parts begin or end."""
        return self._named("numeric")

    @property
    def conclusions(self) -> tuple[str, ...]:
        """The conclusions that its parts name."""
        return self._named("symbolic")

    @property
    def rests_on(self) -> tuple[Citation, ...]:
        """The theorems of others that some part needs."""
        return tuple(dict.fromkeys(citation for part in self.parts for citation in part.rests_on))

    @property
    def limits(self) -> tuple[str, ...]:
        """What its sentences do not say."""
        return tuple(part.limits for part in self.parts if part.limits)

    def _named(self, kind: Kind) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for part in self.parts for name in part.names(kind)))


@dataclass(frozen=True)
class Item:
    """What a part names, and what came of it: a conclusion, a theorem, or the checks of one name.

    ``ok`` is None where there is no result.
    """

    name: str
    ok: bool | None
    checks: int = 0


@dataclass(frozen=True)
class Evidence:
    """The outcome of one kind of evidence: ``ok`` is None where there is no result, and ``detail`` says why.

    ``error``: it was run, and an exception left it without a result, a fault of the program and not of the claim.
    ``steps`` are those of a proof, ``conclusions`` what it ends in, ``notation`` what the names in these stand for:
    a symbolic proof without conclusions is a list of lemmas. ``checks`` counts the comparisons of numeric evidence.
    ``items`` says the same of each name that a part of the claim gives as evidence.
    """

    kind: Kind
    ok: bool | None
    seconds: float
    detail: str
    steps: tuple[str, ...] = ()
    checks: int = 0
    error: bool = False
    conclusions: tuple[str, ...] = ()
    notation: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()


def given(verdict: str, rests_on: Iterable[Citation]) -> str:
    """A verdict with the theorems of others that it needs: ``holds, given Wang & Isola 2020, Theorem 1``."""
    cited = " and ".join(map(str, rests_on))
    return f"{verdict}, given {cited}" if cited and verdict in ("holds", "corrected") else verdict


def marked(claim: Claim, verdict: str) -> str:
    """A claim's verdict with the marks of what it rests on and of its limits."""
    marks = GIVEN * (given(verdict, claim.rests_on) != verdict) + LIMITED * bool(claim.limits)
    return f"{verdict} {marks}" if marks else verdict
