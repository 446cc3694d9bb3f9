"""The Coq sources, as far as they can be read without Coq: what a file declares, requires and leaves unproved."""

import re
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

LIBRARY = "Duality"
"""The logical name of the folder: files say ``From Duality Require Import criteria``."""

_COMMENT = re.compile(r"\(\*(?:(?!\(\*|\*\)).)*\*\)", re.DOTALL)
_DECLARATION = re.compile(
    r"^(?:(?:Local|Global|Program) )?"
    r"(Theorem|Lemma|Corollary|Definition|Fixpoint|Inductive|Variant|Record|Structure)\s+([A-Za-z_][\w']*)",
    re.MULTILINE,
)
_REQUIRED = re.compile(rf"From\s+{LIBRARY}\s+Require\s+(?:Import\s+|Export\s+)?([^.]*)\.")
ANALYSIS = re.compile(r"\bFrom\s+mathcomp(?:\.analysis|\.classical|\s+Require[^.]*\b(?:boolp|reals|exp))\b")
REALS = re.compile(r"\bFrom\s+(?:Flocq|Interval|Gappa)\b|\bRequire\s+Import[^.]*\bReals\b")
INTERVAL = re.compile(r"\bFrom\s+Interval\b")
_UNPROVED = re.compile(r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Unset\s+\w+\s+Checking)\b")


class ProofsError(Exception):
    """The proofs cannot be read as a project: no files, an unknown or a circular requirement."""


@dataclass(frozen=True)
class Source:
    """A file of proofs, as far as it can be read without Coq: ``text`` is without its comments."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "Source":
        """Read a file and blank its comments, which nest."""
        # One character for each byte, because coqc counts bytes.
        text, blanked = path.read_bytes().decode("latin-1"), 1
        while blanked:
            text, blanked = _COMMENT.subn(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)
        return cls(path, text)

    @property
    def name(self) -> str:
        """The name by which other files require it."""
        return self.path.stem

    @cached_property
    def needs(self) -> frozenset[str]:
        """Files of this project that it requires."""
        return frozenset(name for names in _REQUIRED.findall(self.text) for name in names.split())

    @cached_property
    def declarations(self) -> dict[str, tuple[str, int]]:
        """Keyword and place of every definition, lemma and theorem."""
        return {found[2]: (found[1], found.start()) for found in _DECLARATION.finditer(self.text)}

    @property
    def theorems(self) -> tuple[str, ...]:
        """What it declares as a Theorem; lemmas are steps on the way."""
        return tuple(name for name, (keyword, _) in self.declarations.items() if keyword == "Theorem")

    @property
    def definitions(self) -> tuple[str, ...]:
        """What its statements are made of."""
        proved = ("Theorem", "Lemma", "Corollary")
        return tuple(name for name, (keyword, _) in self.declarations.items() if keyword not in proved)

    @property
    def unproved(self) -> str:
        """The first gap in its proofs, an axiom or an admission, with its line."""
        gap = _UNPROVED.search(self.text)
        return f"{gap[1]} in line {self.text.count(chr(10), 0, gap.start()) + 1}" if gap else ""


def proofs_folder() -> Path:
    """Where the Coq sources are: inside an installed package, or in the repository."""
    package = Path(__file__).parents[1]
    installed = package / "coq"
    return installed if installed.is_dir() else package.parent / "proofs" / "coq"


def read_sources(folder: Path | None = None) -> dict[str, Source]:
    """All files of proofs, each after those that it requires.

    Raises:
        ProofsError: there is none, or one requires a file that is not there, or itself in a circle.
    """
    folder = folder or proofs_folder()
    sources = {path.stem: Source.read(path) for path in sorted(folder.glob("*.v"))}
    if not sources:
        raise ProofsError(f"no .v file in {folder}: get the sources of the proofs from the repository")
    for source in sources.values():
        for name in source.needs - sources.keys():
            raise ProofsError(f"{source.path.name} requires {name}, which is not there: add {name}.v")
    graph = {name: sorted(source.needs) for name, source in sources.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ProofsError(f"files require each other in a circle: {', '.join(error.args[1])}") from None
    return {name: sources[name] for name in order}


def closure(sources: dict[str, Source], theorems: frozenset[str]) -> set[str]:
    """Names of the files that declare these theorems, and of all that they require; ``sources`` in order."""
    names: set[str] = set()
    for source in reversed(sources.values()):
        if source.name in names or theorems.intersection(source.theorems):
            names |= {source.name, *source.needs}
    return names


def uses(library: re.Pattern[str], sources: dict[str, Source], source: Source) -> bool:
    """Whether a file, or one that it requires, builds on `ANALYSIS`, `REALS` or `INTERVAL`, which need axioms."""
    return any(library.search(sources[name].text) for name in closure(sources, frozenset(source.theorems)))
