"""Running a claim's evidence: its symbolic proof, its theorems in Coq, its numeric checks on embeddings.

What was run is then dealt out to the parts: to each sentence the evidence that it names. Whatever goes wrong inside
a claim is that claim's and nobody else's. What fails refutes it; an exception does not, and is an ``error``.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from duality.claims.claim import Claim, Evidence, Item, Kind, Part, Verdict, given

if TYPE_CHECKING:
    from duality.formal.kernel import Report, Theorem
    from duality.numeric.check import Check
    from duality.numeric.ensembles import Sample

LARGEST_ON_ONE_THREAD = 2**16
"""Entries of a matrix up to which its checks run on one thread."""


@dataclass(frozen=True)
class PartOutcome:
    """A sentence with what came of the evidence that it names."""

    part: Part
    evidence: tuple[Evidence, ...]

    @property
    def ok(self) -> bool | None:
        """Whether all its evidence that was run agrees; None where none was, or after an exception."""
        results = {piece.ok for piece in self.evidence if piece.ok is not None}
        if False in results:
            return False
        return True if results and not self.error else None

    @property
    def error(self) -> bool:
        """Whether an exception left some of the evidence without a result."""
        return any(piece.error for piece in self.evidence)

    @property
    def verdict(self) -> Verdict:
        """``holds`` if the evidence that was run bears the sentence out, ``refuted`` if any of it does not."""
        if self.ok is None:
            return "error" if self.error else "not run"
        return "holds" if self.ok else "refuted"

    @property
    def shown(self) -> str:
        """The verdict with the theorems of others that it needs."""
        return given(self.verdict, self.part.rests_on)


@dataclass(frozen=True)
class Outcome:
    """A claim with the evidence that was run for it."""

    claim: Claim
    evidence: tuple[Evidence, ...]

    @cached_property
    def parts(self) -> tuple[PartOutcome, ...]:
        """Each sentence with its share of the evidence."""
        return tuple(
            PartOutcome(part, tuple(_share(part, piece) for piece in self.evidence if part.names(piece.kind)))
            for part in self.claim.parts
        )

    @property
    def ok(self) -> bool | None:
        """Whether the weakest part with a result stands, and no evidence fails; None where there is none."""
        if any(result.ok is False for result in (*self.evidence, *self.parts)):
            return False
        return True if not self.error and any(part.ok for part in self.parts) else None

    @property
    def error(self) -> bool:
        """Whether an exception left some of the evidence without a result."""
        return any(piece.error for piece in self.evidence)

    @property
    def verdict(self) -> Verdict:
        """The claim's own verdict if its parts bear it out, ``refuted`` if any of them, or any evidence, does not.

        Without either: ``error`` after an exception, ``not run`` where nothing was.
        """
        if self.ok is None:
            return "error" if self.error else "not run"
        return self.claim.verdict if self.ok else "refuted"

    @property
    def shown(self) -> str:
        """The verdict with the theorems of others that it needs."""
        return given(self.verdict, self.claim.rests_on)

    @property
    def seconds(self) -> float:
        """Time that all the evidence took."""
        return sum(piece.seconds for piece in self.evidence)

    def of_kind(self, kind: Kind) -> Evidence | None:
        """The evidence of this kind, if the claim has it."""
        return next((piece for piece in self.evidence if piece.kind == kind), None)


def _share(part: Part, piece: Evidence) -> Evidence:
    """What evidence of a claim says of one of its parts: that which the part names, and nothing else.

    An exception hides what else there was to find, a proof that fails proves nothing of what it was to conclude.
    """
    names = part.names(piece.kind)
    items = tuple(item for item in piece.items if item.name in names)
    results = {item.ok for item in items} | ({None} if len(items) < len(names) else set())
    if False in results:
        ok = False
    elif piece.ok is None or None in results:
        ok = False if piece.ok is False and not items else None
    else:
        ok = True
    shown = tuple(step for step in piece.steps if piece.kind == "formal" and step.partition(":")[0] in names)
    return replace(
        piece,
        ok=ok,
        error=piece.error and ok is None,
        steps=shown,
        checks=sum(item.checks for item in items),
        conclusions=tuple(text for text in piece.conclusions if text in names),
        notation=(),
        items=items,
        detail=_part_detail(piece, ok, items),
    )


def _part_detail(piece: Evidence, ok: bool | None, items: tuple[Item, ...]) -> str:
    if ok is None:
        lacking = next((f"no result for {item.name!r}" for item in items if item.ok is None), "no result for it")
        return piece.detail if piece.ok is None else lacking
    if not ok:
        return next((f"{item.name!r} fails" for item in items if item.ok is False), piece.detail)
    noun = {"symbolic": "conclusion", "formal": "theorem"}.get(piece.kind)
    if noun is not None:
        return _count(len(items), noun)
    return _count(sum(item.checks for item in items), "check")


def kinds(claim: Claim) -> tuple[Kind, ...]:
    """The kinds of evidence that a claim has."""
    has: dict[Kind, bool] = {
        "symbolic": claim.prove is not None,
        "formal": bool(claim.formal),
        "numeric": claim.numeric is not None or claim.constructed is not None,
    }
    return tuple(kind for kind, present in has.items() if present)


def run_symbolic(claim: Claim) -> Evidence:
    """Derive the claim for all M and N: its steps, and the statements that they end in.

    What is not proved fails; any exception but NotProvedError is an error.
    """
    if claim.prove is None:
        return Evidence("symbolic", None, 0.0, "has no symbolic proof")
    from duality.symbolic import NotProvedError  # loads SymPy, which a look at the claims' texts does not need

    start = time.perf_counter()
    try:
        proof = claim.prove()
        steps, conclusions, notation = proof.steps, proof.conclusions, proof.definitions
    except NotProvedError as error:
        return Evidence("symbolic", False, time.perf_counter() - start, _one_line(error))
    except Exception as error:
        return Evidence("symbolic", None, time.perf_counter() - start, describe(error), error=True)
    items = tuple(Item(name, name in conclusions) for name in claim.conclusions)
    missing = [item.name for item in items if not item.ok]
    if missing:
        detail = f"the proof does not conclude that {missing[0]}"
    elif conclusions:
        detail = f"{_count(len(conclusions), 'statement')} proved in {_count(len(steps), 'step')}"
    else:
        detail = f"{_count(len(steps), 'lemma')}, no conclusion" if steps else "no step"
    ok, seconds = bool(steps) and not missing, time.perf_counter() - start
    return Evidence("symbolic", ok, seconds, detail, steps, conclusions=conclusions, notation=notation, items=items)


def run_formal(claim: Claim, report: "Report") -> Evidence:
    """What Coq says of the claim's theorems; ``steps`` are their statements. Not run where Coq is not installed."""
    if not claim.formal:
        return Evidence("formal", None, 0.0, "has no theorem in Coq")
    theorems = [report.theorem(name) for name in claim.formal]
    seconds = sum(theorem.seconds for theorem in theorems)
    items = tuple(Item(name, _proved(theorem)) for name, theorem in zip(claim.formal, theorems, strict=True))
    # What is wrong says more than what is missing.
    problems = sorted((theorem.missing, theorem.name, theorem.problem) for theorem in theorems if theorem.problem)
    if problems:
        missing, name, problem = problems[0]
        detail = problem if missing else f"{name}: {problem}"
        return Evidence("formal", None if missing else False, seconds, detail, items=items)
    axioms = len({axiom for theorem in theorems for axiom in theorem.assumptions})
    rests = f"on {_count(axioms, 'axiom')} of mathcomp-analysis" if axioms else "no axioms"
    statements = tuple(f"{theorem.name}: {' '.join(theorem.statement.split())}" for theorem in theorems)
    return Evidence(
        "formal", True, seconds, f"{_count(len(theorems), 'theorem')}, {rests}", statements, items=items
    )


def _proved(theorem: "Theorem") -> bool | None:
    """Whether Coq has proved it; None where what it needs is not installed."""
    return None if theorem.missing else not theorem.problem


def run_numeric(claim: Claim, samples: "Iterable[Sample]") -> Evidence:
    """Check the claim on every sample, and once on the matrices that it constructs itself.

    Only what is checked counts: a claim none of whose checks applies to the samples is not run. After an exception
    the other samples are checked all the same: a check that fails refutes, and else there is no result.
    """
    if claim.numeric is None and claim.constructed is None:
        return Evidence("numeric", None, 0.0, "has no numeric check")
    start = time.perf_counter()
    tally = _Tally(claim.checks)
    if claim.constructed is not None:
        tally.add("matrices of its own", claim.constructed)
    if claim.numeric is not None:
        for sample in samples:
            with _threads_for(sample):
                tally.add(_name(sample), partial(claim.numeric, sample.z))
    seconds, error = time.perf_counter() - start, bool(tally.errors and not tally.failures)
    return Evidence("numeric", tally.ok, seconds, str(tally), checks=tally.checks, error=error, items=tally.items)


@contextmanager
def _threads_for(sample: "Sample") -> Iterator[None]:
    """One thread for a small matrix: waking more costs ten times what it saves, where the cores are shared."""
    import torch

    threads = torch.get_num_threads()
    if sample.z.numel() <= LARGEST_ON_ONE_THREAD:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def describe(error: Exception) -> str:
    """An exception in one line, with its type."""
    return f"{type(error).__name__}: {_one_line(error)}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or "no message"


@dataclass
class _Tally:
    """Checks counted as they come in, in all and for each of the names that begin or end theirs."""

    names: tuple[str, ...]
    checks: int = 0
    failures: int = 0
    errors: int = 0
    sources: int = 0
    worst: float = 0.0
    first_failure: str = ""
    first_error: str = ""
    _checked: Counter[str] = field(default_factory=Counter)
    _failed: Counter[str] = field(default_factory=Counter)

    def add(self, source: str, checks: "Callable[[], Iterable[Check]]") -> None:
        """Count the checks of one matrix, or of the matrices that a claim constructs."""
        before = self.checks
        try:
            for check in checks():
                self.checks += 1
                self._checked[check.what] += 1
                if not check.ok:
                    self._failed[check.what] += 1
                    self.failures += 1
                    self.first_failure = self.first_failure or f"{source}: {check}"
                elif check.expect == "within" and check.bound > 0:
                    self.worst = max(self.worst, check.residual / check.bound)
        except Exception as error:
            self.errors += 1
            self.first_error = self.first_error or f"{source}: {describe(error)}"
        self.sources += self.checks > before

    @property
    def ok(self) -> bool | None:
        if self.failures:
            return False
        return True if self.checks and not self.errors else None

    @property
    def items(self) -> tuple[Item, ...]:
        """For each name how many checks it begins or ends, and whether they passed."""
        return tuple(self._item(name) for name in self.names)

    def _item(self, name: str) -> Item:
        checked, failed = (
            sum(count for what, count in counts.items() if names_check(name, what))
            for counts in (self._checked, self._failed)
        )
        return Item(name, False if failed else True if checked and not self.errors else None, checked)

    def __str__(self) -> str:
        if self.failures:
            return f"{self.failures:,} of {_count(self.checks, 'check')} failed, the first on {self.first_failure}"
        if self.errors:
            return f"{_count(self.errors, 'error')} after {_count(self.checks, 'check')}, on {self.first_error}"
        if not self.checks:
            return "no check applies to the matrices given"
        worst = f", the worst at {self.worst:.2g} of its bound" if self.worst else ""
        return f"{_count(self.checks, 'check')} on {_count(self.sources, 'matrix', 'matrices')}{worst}"


def names_check(name: str, what: str) -> bool:
    """Whether a check of this name, ``what``, is one that a part means by ``name``."""
    return what.startswith(name) or what.endswith(name)


def _name(sample: "Sample") -> str:
    """What finds this matrix again: its name and its type."""
    return f"{sample.name}, {str(sample.z.dtype).removeprefix('torch.')}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
