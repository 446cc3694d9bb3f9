"""Running a claim's evidence: its symbolic proof, its theorems in Coq, its numeric checks on embeddings.

Whatever goes wrong inside a claim is that claim's and nobody else's. What fails refutes it; an exception does not,
and is an ``error``.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from duality.claims.claim import Claim, Evidence, Kind, Verdict

if TYPE_CHECKING:
    from duality.formal.kernel import Report
    from duality.numeric.check import Check
    from duality.numeric.ensembles import Sample

LARGEST_ON_ONE_THREAD = 2**16
"""Entries of a matrix up to which its checks run on one thread."""


@dataclass(frozen=True)
class Outcome:
    """A claim with the evidence that was run for it."""

    claim: Claim
    evidence: tuple[Evidence, ...]

    @property
    def ok(self) -> bool | None:
        """Whether all evidence that was run agrees; None where none was, or an exception hides what some says."""
        results = [piece.ok for piece in self.evidence if piece.ok is not None]
        if False in results:
            return False
        return True if results and not self.error else None

    @property
    def error(self) -> bool:
        """Whether an exception left some of the evidence without a result."""
        return any(piece.error for piece in self.evidence)

    @property
    def verdict(self) -> Verdict:
        """The claim's own verdict if the evidence bears it out, ``refuted`` if any of it does not.

        Without either: ``error`` after an exception, ``not run`` where nothing was.
        """
        if self.ok is None:
            return "error" if self.error else "not run"
        return self.claim.verdict if self.ok else "refuted"

    @property
    def seconds(self) -> float:
        """Time that all the evidence took."""
        return sum(piece.seconds for piece in self.evidence)

    def of_kind(self, kind: Kind) -> Evidence | None:
        """The evidence of this kind, if the claim has it."""
        return next((piece for piece in self.evidence if piece.kind == kind), None)


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
    if conclusions:
        detail = f"{_count(len(conclusions), 'statement')} proved in {_count(len(steps), 'step')}"
    else:
        detail = f"{_count(len(steps), 'lemma')}, no conclusion" if steps else "no step"
    seconds = time.perf_counter() - start
    return Evidence("symbolic", bool(steps), seconds, detail, steps, conclusions=conclusions, notation=notation)


def run_formal(claim: Claim, report: "Report") -> Evidence:
    """What Coq says of the claim's theorems; ``steps`` are their statements. Not run where Coq is not installed."""
    if not claim.formal:
        return Evidence("formal", None, 0.0, "has no theorem in Coq")
    theorems = [report.theorem(name) for name in claim.formal]
    seconds = sum(theorem.seconds for theorem in theorems)
    # What is wrong says more than what is missing.
    problems = sorted((theorem.missing, theorem.name, theorem.problem) for theorem in theorems if theorem.problem)
    if problems:
        missing, name, problem = problems[0]
        return Evidence("formal", None if missing else False, seconds, problem if missing else f"{name}: {problem}")
    axioms = len({axiom for theorem in theorems for axiom in theorem.assumptions})
    rests = f"on {_count(axioms, 'axiom')} of mathcomp-analysis" if axioms else "no axioms"
    statements = tuple(f"{theorem.name}: {' '.join(theorem.statement.split())}" for theorem in theorems)
    return Evidence("formal", True, seconds, f"{_count(len(theorems), 'theorem')}, {rests}", statements)


def run_numeric(claim: Claim, samples: "Iterable[Sample]") -> Evidence:
    """Check the claim on every sample, and once on the matrices that it constructs itself.

    Only what is checked counts: a claim none of whose checks applies to the samples is not run. After an exception
    the other samples are checked all the same: a check that fails refutes, and else there is no result.
    """
    if claim.numeric is None and claim.constructed is None:
        return Evidence("numeric", None, 0.0, "has no numeric check")
    start = time.perf_counter()
    tally = _Tally()
    if claim.constructed is not None:
        tally.add("matrices of its own", claim.constructed)
    if claim.numeric is not None:
        for sample in samples:
            with _threads_for(sample):
                tally.add(_name(sample), partial(claim.numeric, sample.z))
    seconds, error = time.perf_counter() - start, bool(tally.errors and not tally.failures)
    return Evidence("numeric", tally.ok, seconds, str(tally), checks=tally.checks, error=error)


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
    """Checks counted as they come in."""

    checks: int = 0
    failures: int = 0
    errors: int = 0
    sources: int = 0
    worst: float = 0.0
    first_failure: str = ""
    first_error: str = ""

    def add(self, source: str, checks: "Callable[[], Iterable[Check]]") -> None:
        """Count the checks of one matrix, or of the matrices that a claim constructs."""
        before = self.checks
        try:
            for check in checks():
                self.checks += 1
                if not check.ok:
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

    def __str__(self) -> str:
        if self.failures:
            return f"{self.failures:,} of {_count(self.checks, 'check')} failed, the first on {self.first_failure}"
        if self.errors:
            return f"{_count(self.errors, 'error')} after {_count(self.checks, 'check')}, on {self.first_error}"
        if not self.checks:
            return "no check applies to the matrices given"
        worst = f", the worst at {self.worst:.2g} of its bound" if self.worst else ""
        return f"{_count(self.checks, 'check')} on {_count(self.sources, 'matrix', 'matrices')}{worst}"


def _name(sample: "Sample") -> str:
    """What finds this matrix again: its name and its type."""
    return f"{sample.name}, {str(sample.z.dtype).removeprefix('torch.')}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
