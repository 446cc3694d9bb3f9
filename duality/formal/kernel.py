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

from duality.formal.sources import ANALYSIS, INTERVAL, LIBRARY, REALS, Source, closure, read_sources, uses

INSTALL = (
    "apt-get install coq libcoq-mathcomp libcoq-mathcomp-algebra-tactics libcoq-mathcomp-analysis "
    "libcoq-flocq libcoq-interval libcoq-gappa gappa"
)
CLASSICAL_AXIOMS = frozenset(
    {"propositional_extensionality", "functional_extensionality_dep", "constructive_indefinite_description"}
)
"""What mathcomp-analysis assumes of sets and functions; allowed to files that use it, and to no others."""
REAL_AXIOMS = frozenset(
    {"sig_not_dec", "sig_forall_dec", "functional_extensionality_dep", "classic", "epsilon_statement"}
)
"""What Coq's own real numbers assume; allowed to files that use Flocq, coq-interval or Gappa."""
MACHINE_INTEGERS = "PrimInt63"
"""The integers of the processor and what Coq assumes of them, under one name; allowed with coq-interval."""
TIME_LIMIT = 600.0
"""Seconds for one file, after which coqc is stopped."""

_JOBS = 2
_OPTIONS = ("-q", "-R", ".", LIBRARY, "-w", "none")
_SENTENCE_TIME = re.compile(r"^Chars (\d+) - \d+ \[.*\] ([\d.]+) secs", re.M)
_AXIOM = re.compile(r"^(\S+)\s+:|^(\S+)\n\s+:", re.M)
_KNOWN_MODULES = re.compile(r"^(boolp|ClassicalDedekindReals|FunctionalExtensionality|Classical_Prop|Epsilon)\.")
_MISSING_LIBRARY = re.compile(
    rf"Cannot find a physical path bound to logical path\s+\S+\s+with prefix (?!{LIBRARY})"
    r"|\bgappa: (?:command )?not found"
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
    """All files that were compiled, and the time that took.

    Attributes:
        files: each with its theorems.
        seconds: for everything.
        check: what the second checker, coqchk, says against the compiled files; empty where nothing.
        checked: whether coqchk ran at all.
    """

    files: tuple[File, ...]
    seconds: float
    check: str = ""
    checked: bool = False

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
                file = _compile(coqc, source, Path(clean), _allowed_axioms(sources, source))
            watch(file)
            return file

        try:
            for name, source in sources.items():
                if name in wanted:
                    futures[name] = pool.submit(run, source, [futures[need] for need in source.needs])
            files = tuple(future.result() for future in futures.values())
            check, checked = _check(files, Path(clean))
        except BaseException:
            # Whoever interrupts does not want to wait for the files that are still in line.
            pool.shutdown(cancel_futures=True)
            raise
    return Report(files, time.perf_counter() - start, check, checked)


def _check(files: tuple[File, ...], clean: Path) -> tuple[str, bool]:
    """What coqchk, which shares no code with coqc's elaboration, says of the compiled files; whether it ran."""
    compiled = [Path(file.name).stem for file in files if not file.problem]
    coqchk = shutil.which("coqchk")
    if coqchk is None:
        return f"coqchk is not installed: {INSTALL}", False
    if not compiled:
        return "coqchk had no compiled file to check", False
    # Libraries are admitted: checking mathcomp again would take an hour.
    modules = [word for name in compiled for word in ("-norec", f"{LIBRARY}.{name}")]
    command = [coqchk, "-silent", "-R", ".", LIBRARY, *modules]
    try:
        done = subprocess.run(
            command, cwd=clean, capture_output=True, text=True, encoding="utf-8", check=False, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"coqchk was stopped after {TIME_LIMIT:.0f} s", True
    if done.returncode:
        return f"coqchk refuses: {' '.join(done.stderr.split()) or done.returncode}", True
    return "", True


def _failed(source: Source, problem: str, missing: bool = False, seconds: float = 0.0) -> File:
    theorems = tuple(Theorem(name, source.path.name, problem=problem, missing=missing) for name in source.theorems)
    return File(source.path.name, seconds, theorems, problem=problem, missing=missing)


def _allowed_axioms(sources: dict[str, Source], source: Source) -> frozenset[str]:
    allowed = CLASSICAL_AXIOMS if uses(ANALYSIS, sources, source) else frozenset[str]()
    if uses(REALS, sources, source):
        allowed |= REAL_AXIOMS
    return allowed | {MACHINE_INTEGERS} if uses(INTERVAL, sources, source) else allowed


def _compile(coqc: str, source: Source, clean: Path, allowed: frozenset[str]) -> File:
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
    theorems = tuple(_read_theorem(source, name, clean, times[name], allowed) for name in source.theorems)
    definitions = tuple(_answer(clean, f"{name}.definition").partition("\n\n")[0] for name in source.definitions)
    return File(source.path.name, seconds, theorems, definitions)


def _read_theorem(source: Source, name: str, clean: Path, seconds: float, allowed: frozenset[str]) -> Theorem:
    _, _, statement = _answer(clean, f"{name}.statement").partition(": ")
    assumptions = _parse_assumptions(_answer(clean, f"{name}.assumptions"))
    extra = [axiom for axiom in assumptions if axiom not in allowed]
    problem = f"rests on {', '.join(extra)}, which nobody proved" if extra else ""
    return Theorem(name, source.path.name, statement.replace("\n       ", "\n"), assumptions, seconds, problem)


def _answer(clean: Path, question: str) -> str:
    return (clean / f"{question}.out").read_text(encoding="utf-8").rstrip()


def _parse_assumptions(printed: str) -> tuple[str, ...]:
    if printed == "Closed under the global context":
        return ()
    found = (same_line or line_above for same_line, line_above in _AXIOM.findall(printed))
    names = tuple(dict.fromkeys(map(_short, found)))
    # Whatever else Coq may say is no promise that there is no assumption.
    return names or (" ".join(printed.split()) or "an answer that Coq did not give",)


def _short(axiom: str) -> str:
    """An axiom without the module that Coq writes before what is required but not imported."""
    if axiom.startswith(("PrimInt63.", "Uint63.")):
        return MACHINE_INTEGERS
    return _KNOWN_MODULES.sub("", axiom)


def _theorem_times(source: Source, printed: str) -> dict[str, float]:
    """Seconds between each declaration and the next one, from what ``coqc -time`` prints for each sentence."""
    starts = sorted((place, name) for name, (_, place) in source.declarations.items())
    times = dict.fromkeys(source.declarations, 0.0)
    for place, seconds in _SENTENCE_TIME.findall(printed):
        before = [name for start, name in starts if start <= int(place) < len(source.text)]
        if before:
            times[before[-1]] += float(seconds)
    return times
