"""A claim: one statement, where it comes from, our verdict, and what backs the verdict."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor

    from duality.numeric.check import Check
    from duality.symbolic.proof import Proof

Verdict = Literal["holds", "corrected", "refuted", "error", "not run"]
Kind = Literal["symbolic", "formal", "numeric", "empirical"]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement with its evidence.

    The verdict is what we assert; `duality.claims.evidence` runs what backs it, and the claim stands only if
    every piece of evidence does. ``corrected`` means: imprecise or false as printed, the corrected ``statement``
    holds, and ``constructed`` shows the counterexample.

    Attributes:
        id: as in the paper, ``thm-3.3``, or a name for a statement of ours, ``rank-bound``.
        title: a few words.
        source: where it stands: ``Theorem 3.3``, ``equation 14``, ``beyond the paper``.
        wording: what the source says, in our words.
        statement: the statement that we verify; for a corrected claim, the right one.
        verdict: what we assert.
        remark: for a corrected claim, what is imprecise; else anything a reader should know.
        prove: derives the statement for all M and N; raises NotProvedError.
        formal: names of the theorems of ``proofs/coq`` that state it.
        numeric: checks on one matrix of embeddings (N × M, any floating type and device).
        constructed: checks on matrices that the claim makes itself: counterexamples, equality cases.
    """

    id: str
    title: str
    source: str
    wording: str
    statement: str
    verdict: Verdict
    remark: str = ""
    prove: "Callable[[], Proof] | None" = None
    formal: tuple[str, ...] = ()
    numeric: "Callable[[Tensor], Iterable[Check]] | None" = None
    constructed: "Callable[[], Iterable[Check]] | None" = None


@dataclass(frozen=True)
class Evidence:
    """The outcome of one kind of evidence: ``ok`` is None where there is no result, and ``detail`` says why.

    ``error``: it was run, and an exception left it without a result, a fault of the program and not of the claim.
    ``steps`` are those of a proof, ``conclusions`` what it ends in, ``notation`` what the names in these stand for:
    a symbolic proof without conclusions is a list of lemmas. ``checks`` counts the comparisons of numeric evidence.
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
