"""What the page says of a claim, whether it is proved or measured: one shape for both, ready to be set in HTML."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from duality.report.figures import Illustration
from duality.report.maths import to_html

SIGNS = {
    "holds": "✓",
    "corrected": "≠",
    "refuted": "✗",
    "undecided": "?",
    "not testable here": "∅",
    "error": "!",
    "not run": "–",
}
"""Every verdict with the sign that stands beside the word, so that no colour is needed."""

PARTS = {
    "paper": "Statements of the paper",
    "beyond": "Beyond the paper",
    "experiments": "Experiments of the paper",
}


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head; the first cell of a row names it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Markup, ...], ...]


@dataclass(frozen=True)
class Details:
    """What is shown on demand: the steps of a proof, theorems, a table."""

    summary: str
    items: tuple[Markup, ...] = ()
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One claim on the page; texts are HTML.

    Attributes:
        id: the claim's, and its anchor.
        title: a few words.
        source: where it stands in the paper.
        part: a key of `PARTS`.
        verdict: a key of `SIGNS`.
        shown: the verdict as it is put, with what it rests on; the same word where empty.
        marked: the verdict with marks for that and for limits.
        texts: what the paper says, what is verified, remarks, each under its label.
        evidence: a row for each kind, or each scale.
        details: steps, theorems, comparisons.
        commands: what gathers the evidence anew.
        figures: of it.
    """

    id: str
    title: str
    source: str
    part: str
    verdict: str
    texts: tuple[tuple[str, Markup], ...]
    evidence: Table
    details: tuple[Details, ...]
    commands: tuple[str, ...]
    figures: tuple[Illustration, ...] = ()
    shown: str = ""
    marked: str = ""


def html(text: str) -> Markup:
    """A sentence of a claim, its formulas as MathML."""
    return Markup(to_html(text))


def labelled(*texts: tuple[str, str]) -> tuple[tuple[str, Markup], ...]:
    """Texts that are not empty, under their labels."""
    return tuple((label, html(text)) for label, text in texts if text)


def verdict_mark(verdict: str, word: str = "") -> Markup:
    """A verdict, or another word for it, with its sign. The sign is not read aloud."""
    shown = Markup('<span class="verdict {}"><span aria-hidden="true">{}</span> {}</span>')
    return shown.format(verdict.replace(" ", "-"), SIGNS[verdict], word or verdict)


def count(entries: Iterable[Entry]) -> dict[str, int]:
    """How many entries have each verdict that occurs, in the order of `SIGNS`."""
    counts = Counter(entry.verdict for entry in entries)
    return {verdict: counts[verdict] for verdict in SIGNS if counts[verdict]}


def seconds(time: float) -> str:
    """A time as a reader wants it: ``< 0.1 s``, ``3.2 s``, ``74 s``, ``12 min``, ``3.4 h``."""
    if time < 0.1:
        return "< 0.1 s"
    if time < 100:
        return f"{time:.1f} s" if time < 10 else f"{time:.0f} s"
    return f"{time / 60:.0f} min" if time < 6000 else f"{time / 3600:.1f} h"
