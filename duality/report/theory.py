"""The theoretical claims on the page: each statement with the evidence that the record holds for it."""

import re
from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from duality.claims import Claim, Evidence, Kind, all_claims
from duality.claims.claim import marked
from duality.claims.evidence import Outcome, PartOutcome, kinds
from duality.report.entries import Details, Entry, Table, html, labelled, seconds, verdict_mark
from duality.report.figures import Illustration
from duality.report.record import Record

_NAMES: dict[Kind, str] = {"symbolic": "Symbolic", "formal": "Coq", "numeric": "Numeric"}
_COMMANDS = {"symbolic": "prove", "formal": "formal", "numeric": "numeric"}
_SUCCESS = {"symbolic": "proved", "formal": "checked", "numeric": "within bounds"}
_DERIVED = re.compile(r": (?=both sides are |left − right = |\S.*since its second derivative)")
"""Where in the step of a proof the algebra's own output begins."""


def theory_entries(record: Record | None, figures: Mapping[str, Sequence[Illustration]]) -> tuple[Entry, ...]:
    """Every theoretical claim; without a record none of them has been run.

    Args:
        record: from `read_record`.
        figures: by the id of the claim.
    """
    return tuple(_entry(claim, _outcome(claim, record), figures.get(claim.id, ())) for claim in all_claims())


def _outcome(claim: Claim, record: Record | None) -> Outcome:
    if record is not None:
        return record.outcome(claim)
    return Outcome(claim, tuple(Evidence(kind, None, 0.0, "there is no record") for kind in kinds(claim)))


def _entry(claim: Claim, outcome: Outcome, figures: Sequence[Illustration]) -> Entry:
    ours = claim.source == "beyond the paper"
    return Entry(
        id=claim.id,
        title=claim.title,
        source=claim.source,
        part="beyond" if ours else "paper",
        verdict=outcome.verdict,
        shown=outcome.shown,
        marked=marked(claim, outcome.verdict),
        texts=(
            *labelled(("The question" if ours else "The paper says", claim.wording)),
            *((_label(claim, number), _sentence(part)) for number, part in enumerate(outcome.parts, 1)),
            *labelled(("Why it is corrected" if claim.verdict == "corrected" else "Remark", claim.remark)),
        ),
        evidence=Table("Evidence", ("Evidence", "Result", "What was done", "Time"), _rows(outcome)),
        details=tuple(_details(piece) for piece in outcome.evidence if piece.steps),
        commands=tuple(f"duality-verify {_COMMANDS[kind]} {claim.id}" for kind in kinds(claim)),
        figures=tuple(figures),
    )


def _label(claim: Claim, number: int) -> str:
    return "What holds" if len(claim.parts) == 1 else f"What holds, sentence {number}"


def _sentence(outcome: PartOutcome) -> Markup:
    """A sentence; its verdict with what it rests on; how far each kind of evidence goes; its limits."""
    part = outcome.part
    covered = "; ".join(
        f"{_NAMES[kind]}: {part.coverage(kind)}" + (f", {part.partial[kind]}" if kind in part.partial else "")
        for kind in _NAMES
    )
    lines = [html(part.sentence), verdict_mark(outcome.verdict, outcome.shown) + ". " + html(covered)]
    if part.limits:
        lines.append(Markup("Limits: ") + html(part.limits))
    return Markup("<br>").join(lines)


def _rows(outcome: Outcome) -> tuple[tuple[Markup, ...], ...]:
    return tuple(
        (
            Markup(_NAMES[piece.kind]),
            _result(piece),
            _done(piece),
            escape(seconds(piece.seconds)) if piece.ok is not None else Markup("–"),
        )
        for piece in outcome.evidence
    )


def _result(piece: Evidence) -> Markup:
    if piece.ok is None:
        return verdict_mark("error" if piece.error else "not run")
    return verdict_mark("holds", _SUCCESS[piece.kind]) if piece.ok else verdict_mark("refuted", "failed")


def _done(piece: Evidence) -> Markup:
    if piece.kind == "symbolic" and piece.ok:
        return Markup("derived for all sizes in {} steps").format(len(piece.steps))
    return html(piece.detail)


def _details(piece: Evidence) -> Details:
    if piece.kind == "symbolic":
        return Details(f"Steps of the symbolic proof ({len(piece.steps)})", tuple(map(_step, piece.steps)))
    theorems = tuple(Markup("<code>{}</code>").format(theorem) for theorem in piece.steps)
    return Details(f"Theorems as Coq states them ({len(theorems)})", theorems)


def _step(step: str) -> Markup:
    """What the step shows, with its formulas set; what the algebra answered, as it did."""
    shown, *derived = _DERIVED.split(step, maxsplit=1)
    return html(shown) + Markup("").join(Markup("<br><code>{}</code>").format(answer) for answer in derived)
