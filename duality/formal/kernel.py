"""Compiling the Coq proofs from clean, and asking Coq what it has proved.

Every file is copied to an empty folder, with a few lines put at its end that make Coq print the statement of
each theorem and the assumptions it rests on, and compiled there. Nothing that was compiled before is used.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from duality.formal.sources import LIBRARY, Source, closure, read_sources, uses_analysis

INSTALL = "apt-get install coq libcoq-mathcomp libcoq-mathcomp-algebra-tactics libcoq-mathcomp-analysis"
CLASSICAL_AXIOMS = frozenset(
    {"propositional_extensionality", "functional_extensionality_dep", "constructive_indefinite_description"}
)
"""What mathcomp-analysis assumes of sets and functions; allowed to files that use it, and to no others."""
TIME_LIMIT = 600.0
"""Seconds for one file, after which coqc is stopped."""

_JOBS = 2
_OPTIONS = ("-q", "-R", ".", LIBRARY, "-w", "none")
_SENTENCE_TIME = re.compile(r"^Chars (\d+) - \d+ \[.*\] ([\d.]+) secs", re.M)
_AXIOM = re.compile(r"^(\S+)\s+:|^(\S+)\n\s+:", re.M)
_MISSING_LIBRARY = re.compile(
    rf"Cannot find a physical path bound to logical path\s+\S+\s+with prefix (?!{LIBRARY})"
)


@dataclass(frozen=True)
class Theorem:
    """What Coq says of one theorem.

    Attributes:
        name: as declared in the source.
        file: the file that declares it, ``duality.v``; empty where none does.
        statement: as Coq prints it, sections closed.
        assumptions: the axioms that it rests on, with none it is closed under the global context.
        seconds: time that coqc took for its statement and proof.
        problem: why it does not count as proved, in one line.
        missing: the problem is that Coq or a library is not installed.
    """

    name: str
    file: str
    statement: str = ""
    assumptions: tuple[str, ...] = ()
    seconds: float = 0.0
    problem: str = ""
    missing: bool = False


@dataclass(frozen=True)
class File:
    """A file after its compilation: everything it declares, or the problem."""

    name: str
    seconds: float = 0.0
    theorems: tuple[Theorem, ...] = ()
    definitions: tuple[str, ...] = ()
    problem: str = ""
    missing: bool = False


@dataclass(frozen=True)
class Report:
    """All files that were compiled, and the time that took."""

    files: tuple[File, ...]
    seconds: float

    def theorem(self, name: str) -> Theorem:
        """The theorem of this name; with a problem where it is not proved."""
        found = [theorem for file in self.files for theorem in file.theorems if theorem.name == name]
        return found[0] if found else Theorem(name, "", problem=f"{name} is not a Theorem of any file")


def coq_version() -> str | None:
    """The version of the installed Coq; None without one."""
    coqc = shutil.which("coqc")
    if coqc is None:
        return None
    printed = subprocess.run([coqc, "--version"], capture_output=True, text=True, check=False).stdout
    return printed.partition("version ")[2].partition("\n")[0].strip() or "of unknown version"


def compile_proofs(
    theorems: Iterable[str] | None = None,
    folder: Path | None = None,
    watch: Callable[[File], None] = lambda file: None,
) -> Report:
    """Compile the files of these theorems and what they require, by default all files, two at a time.

    Without Coq, or without a library, the theorems come back with ``missing`` set.

    Args:
        theorems: names; an unknown one is no error here, but a problem in the report.
        folder: sources of the proofs.
        watch: called with each file when it is done, in another thread.

    Raises:
        ProofsError: as `read_sources` does.
    """
    start = time.perf_counter()
    sources = read_sources(folder)
    wanted = sources if theorems is None else closure(sources, frozenset(theorems))
    coqc = shutil.which("coqc")
    futures: dict[str, Future[File]] = {}
    with tempfile.TemporaryDirectory(prefix="duality-coq-") as clean, ThreadPoolExecutor(_JOBS) as pool:

        def run(source: Source, before: list[Future[File]]) -> File:
            failed = next((file for file in (future.result() for future in before) if file.problem), None)
            if coqc is None:
                file = _failed(source, f"Coq is not installed: {INSTALL}", missing=True)
            elif failed is not None:
                file = _failed(source, f"requires {failed.name}: {failed.problem}", failed.missing)
            else:
                file = _compile(coqc, source, Path(clean), uses_analysis(sources, source))
            watch(file)
            return file

        try:
            for name, source in sources.items():
                if name in wanted:
                    futures[name] = pool.submit(run, source, [futures[need] for need in source.needs])
            files = tuple(future.result() for future in futures.values())
        except BaseException:
            # Whoever interrupts does not want to wait for the files that are still in line.
            pool.shutdown(cancel_futures=True)
            raise
    return Report(files, time.perf_counter() - start)


def _failed(source: Source, problem: str, missing: bool = False, seconds: float = 0.0) -> File:
    theorems = tuple(Theorem(name, source.path.name, problem=problem, missing=missing) for name in source.theorems)
    return File(source.path.name, seconds, theorems, problem=problem, missing=missing)


def _compile(coqc: str, source: Source, clean: Path, classical: bool) -> File:
    if source.unproved:
        return _failed(source, f"{source.unproved}: finish the proof")
    questions = ["Set Printing Width 110.", "Set Printing Depth 1000."]
    questions += [f'Redirect "{name}.definition" Print {name}.' for name in source.definitions]
    for name in source.theorems:
        questions += [f'Redirect "{name}.statement" Check @{name}.']
        questions += [f'Redirect "{name}.assumptions" Print Assumptions {name}.']
    code = source.path.read_text(encoding="utf-8") + "\n" + "\n".join(questions) + "\n"
    (clean / source.path.name).write_text(code, encoding="utf-8")
    start = time.perf_counter()
    try:
        command = [coqc, *_OPTIONS, "-time", source.path.name]
        done = subprocess.run(
            command, cwd=clean, capture_output=True, text=True, encoding="utf-8", check=False, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        return _failed(source, f"coqc was stopped after {TIME_LIMIT:.0f} s", seconds=TIME_LIMIT)
    seconds = time.perf_counter() - start
    if done.returncode:
        message = " ".join(done.stderr.split()) or f"coqc ended with code {done.returncode}"
        missing = bool(_MISSING_LIBRARY.search(done.stderr))
        hint = f"a library of Coq is not installed: {INSTALL} ({message})"
        return _failed(source, hint if missing else message, missing, seconds)
    times = _theorem_times(source, done.stdout)
    theorems = tuple(_read_theorem(source, name, clean, times[name], classical) for name in source.theorems)
    definitions = tuple(_answer(clean, f"{name}.definition").partition("\n\n")[0] for name in source.definitions)
    return File(source.path.name, seconds, theorems, definitions)


def _read_theorem(source: Source, name: str, clean: Path, seconds: float, classical: bool) -> Theorem:
    _, _, statement = _answer(clean, f"{name}.statement").partition(": ")
    assumptions = _parse_assumptions(_answer(clean, f"{name}.assumptions"))
    allowed = CLASSICAL_AXIOMS if classical else frozenset()
    extra = [axiom for axiom in assumptions if axiom not in allowed]
    problem = f"rests on {', '.join(extra)}, which nobody proved" if extra else ""
    return Theorem(name, source.path.name, statement.replace("\n       ", "\n"), assumptions, seconds, problem)


def _answer(clean: Path, question: str) -> str:
    return (clean / f"{question}.out").read_text(encoding="utf-8").rstrip()


def _parse_assumptions(printed: str) -> tuple[str, ...]:
    if printed == "Closed under the global context":
        return ()
    # Coq writes `boolp.` before what is required but not imported.
    names = tuple(
        (same_line or line_above).removeprefix("boolp.") for same_line, line_above in _AXIOM.findall(printed)
    )
    # Whatever else Coq may say is no promise that there is no assumption.
    return names or (" ".join(printed.split()) or "an answer that Coq did not give",)


def _theorem_times(source: Source, printed: str) -> dict[str, float]:
    """Seconds between each declaration and the next one, from what ``coqc -time`` prints for each sentence."""
    starts = sorted((place, name) for name, (_, place) in source.declarations.items())
    times = dict.fromkeys(source.declarations, 0.0)
    for place, seconds in _SENTENCE_TIME.findall(printed):
        before = [name for start, name in starts if start <= int(place) < len(source.text)]
        if before:
            times[before[-1]] += float(seconds)
    return times
