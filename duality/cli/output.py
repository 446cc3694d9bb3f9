"""How verdicts are shown: a table, progress, JSON; colours on a terminal, plain lines elsewhere."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from duality.claims import Claim, Evidence, Kind, Part, Verdict
from duality.claims.claim import GIVEN, LIMITED, given, marked
from duality.claims.evidence import Outcome
from duality.cli.tables import table

STYLES = {
    "holds": "green",
    "corrected": "yellow",
    "refuted": "bold red",
    "undecided": "yellow",
    "not testable here": "dim",
    "error": "bold red",
    "not run": "dim",
}
_PLAIN_WIDTH = 132


def console(stderr: bool = False) -> Console:
    """Where to print. Nothing is read as markup: formulas have brackets of their own."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal else _PLAIN_WIDTH
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def run_each(claims: Sequence[Claim], run: Callable[[Claim], Outcome]) -> list[Outcome]:
    """Run the claims one after the other: a progress bar on a terminal, a line for each elsewhere (on stderr)."""
    err = console(stderr=True)
    if not err.is_terminal:
        return [_with_line(err, f"{number}/{len(claims)}", run(claim)) for number, claim in enumerate(claims, 1)]
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    name = TextColumn("{task.description}", markup=False)
    outcomes = []
    with Progress(BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), name, console=err, transient=True) as bar:
        task = bar.add_task("", total=len(claims))
        for claim in claims:
            bar.update(task, description=claim.id)
            outcomes.append(run(claim))
            bar.advance(task)
    return outcomes


def _with_line(err: Console, place: str, outcome: Outcome) -> Outcome:
    err.print(
        f"{place:>6}  {outcome.claim.id:<24} {marked(outcome.claim, outcome.verdict):<12} {outcome.seconds:6.1f} s"
    )
    return outcome


def print_parts(out: Console, parts: dict[str, str]) -> None:
    """Named texts, one below the other, indented; an empty one is left out."""
    page = Table.grid(padding=(0, 2))
    page.add_column(style="dim", no_wrap=True)
    page.add_column(max_width=88)
    for name, text in parts.items():
        if text:
            page.add_row(name, text)
    out.print(Padding(page, (0, 0, 1, 2)))


def verdict_text(verdict: str, shown: str = "") -> Text:
    """A verdict on a claim, or on an experiment, in its colour; ``shown`` is how it is put."""
    return Text(shown or verdict, STYLES[verdict])


def print_marks(out: Console, verdicts: Iterable[tuple[Claim, str]]) -> None:
    """What the marks of these claims' verdicts stand for."""
    shown = [(claim, verdict, marked(claim, verdict)) for claim, verdict in verdicts]
    for claim, verdict, marks in shown:
        if GIVEN in marks:
            out.print(f"{GIVEN} {claim.id}: {given(verdict, claim.rests_on)}.")
    if any(LIMITED in marks for _, _, marks in shown):
        out.print(f"{LIMITED} There are limits to what is claimed: `duality-verify claims CLAIM` gives them.")


def print_outcomes(out: Console, outcomes: Sequence[Outcome], kinds: Sequence[Kind]) -> None:
    """A table of verdicts with a column for each of these kinds of evidence, what failed in full, and the sum."""
    names = ("Claim", "", "Verdict", *(kind.capitalize() for kind in kinds), "Time")
    lines = [
        [
            Text(outcome.claim.id),
            Text(outcome.claim.title),
            verdict_text(outcome.verdict, marked(outcome.claim, outcome.verdict)),
            *(_cell(outcome.of_kind(kind)) for kind in kinds),
            Text(f"{outcome.seconds:.1f} s"),
        ]
        for outcome in outcomes
    ]
    rows = table(out)
    for name in names:
        justify = "right" if name == "Time" else "left"
        rows.add_column(name, no_wrap=True, overflow="ellipsis", justify=justify)
    for line in lines:
        rows.add_row(*line)
    out.print(rows)
    out.print()
    for outcome in outcomes:
        for piece in outcome.evidence:
            if piece.kind in kinds and not piece.ok:
                failed = "failed" if piece.ok is False else "error" if piece.error else "not run"
                out.print(f"{outcome.claim.id}: {piece.kind} evidence {failed}: {piece.detail}", style="red")
    out.print(sum_of(outcomes), style="bold")
    out.print(sum_of_parts(outcomes))
    print_marks(out, ((outcome.claim, outcome.verdict) for outcome in outcomes))
    if any(outcome.verdict == "corrected" for outcome in outcomes):
        out.print(
            "Corrected: imprecise or wrong in the paper; `duality-verify claims CLAIM` says how it should read."
        )


def _cell(piece: Evidence | None) -> Text:
    if piece is not None and piece.error:
        return Text("error", "bold red")
    if piece is None or piece.ok is None:
        return Text("–", "dim")
    if not piece.ok:
        return Text("failed", "bold red")
    step = "lemma" if piece.kind == "symbolic" and not piece.conclusions else "step"
    count, name = (len(piece.steps), step) if piece.steps else (piece.checks, "check")
    return Text(f"{count:,} {name}{'' if count == 1 else 's'}", "green")


def sum_of(outcomes: Sequence[Outcome]) -> str:
    """How many claims there are of each verdict: ``31 claims: 18 hold, 13 corrected, 0 refuted``."""
    counts = Counter(outcome.verdict for outcome in outcomes)
    hold, corrected, refuted, errors, left = (counts[verdict] for verdict in get_args(Verdict))
    more = "".join(f", {count} {name}" for count, name in ((errors, "error"), (left, "not run")) if count)
    return f"{len(outcomes)} claims: {hold} hold, {corrected} corrected, {refuted} refuted{more}"


def sum_of_parts(outcomes: Sequence[Outcome]) -> str:
    """How many sentences these claims have, and what came of them: ``9 sentences: 8 hold, 1 not run here``."""
    parts = [part for outcome in outcomes for part in outcome.parts]
    counts = Counter(part.verdict for part in parts)
    cited = sum(part.shown != part.verdict for part in parts)
    hold = f"{counts['holds']} hold" + (f" ({cited} given a theorem of others)" if cited else "")
    names: dict[Verdict, str] = {"refuted": "refuted", "error": "error", "not run": "not run here"}
    rest = [f"{counts[verdict]} {name}" for verdict, name in names.items() if counts[verdict]]
    return f"{len(parts)} sentences: {', '.join([hold, *rest])}"


def print_json(document: Any) -> None:
    """One JSON document on stdout; NaN and infinity, which JSON lacks, must have been replaced by None.

    Where stdout cannot show a character of it, such as a byte of a file's name that is no text, all are escaped.
    """
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(document, allow_nan=False, indent=2)
    print(text)


def as_json(outcome: Outcome, **more: Any) -> dict[str, Any]:
    """An outcome with the keys that every command prints."""
    claim = outcome.claim
    return {
        "id": claim.id,
        "title": claim.title,
        "source": claim.source,
        "verdict": outcome.verdict,
        "shown": outcome.shown,
        "ok": outcome.ok,
        "rests_on": list(map(str, claim.rests_on)),
        "limits": list(claim.limits),
        "parts": [part_as_json(each.part, each.verdict, each.evidence) for each in outcome.parts],
        "evidence": [evidence_as_json(piece) for piece in outcome.evidence],
        **more,
    }


def part_as_json(part: Part, verdict: str, evidence: Iterable[Evidence]) -> dict[str, Any]:
    """A sentence with its verdict and its share of the evidence; what ran is timed with the whole claim."""
    return {
        "sentence": part.sentence,
        "verdict": verdict,
        "shown": given(verdict, part.rests_on),
        "rests_on": list(map(str, part.rests_on)),
        "limits": part.limits,
        "evidence": [
            evidence_as_json(piece)
            | {
                "coverage": part.coverage(piece.kind),
                "covers": part.partial.get(piece.kind, ""),
                "names": list(part.names(piece.kind)),
            }
            for piece in evidence
        ],
    }


def evidence_as_json(piece: Evidence) -> dict[str, Any]:
    """One piece of evidence with the keys that every command prints."""
    return {
        "kind": piece.kind,
        "ok": piece.ok,
        "seconds": round(piece.seconds, 3),
        "detail": piece.detail,
        "conclusions": list(piece.conclusions),
        "notation": list(piece.notation),
        "steps": list(piece.steps),
        "error": piece.error,
    }


def leave(outcomes: Iterable[Outcome]) -> None:
    """Exit with 0 if every outcome is as claimed, 3 if only errors or what was not run stand against it, else 1."""
    verdicts = {outcome.verdict for outcome in outcomes if not outcome.ok}
    raise typer.Exit((3 if verdicts <= {"error", "not run"} else 1) if verdicts else 0)
