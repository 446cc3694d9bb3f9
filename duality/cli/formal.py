"""``duality-verify formal``: the Coq proofs, compiled from clean, each statement next to the paper's wording."""

from json import dumps
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from duality.claims import Claim
from duality.claims.claim import marked
from duality.claims.evidence import Outcome, run_formal
from duality.cli.options import BadInputError, ClaimIds, Json, chosen_claims
from duality.cli.output import as_json, console, leave, print_json, print_marks, sum_of, verdict_text
from duality.formal.kernel import INSTALL, File, Report, Theorem, compile_proofs, coq_version
from duality.formal.receipt import receipt as make_receipt
from duality.formal.record import assumptions_line
from duality.formal.sources import ProofsError
from duality.provenance import current_commit

Receipt = Annotated[
    Path | None,
    typer.Option(help="Write a receipt: SHA-256 of the sources, statements, axioms, tools.", dir_okay=False),
]


def formal(ids: ClaimIds = None, json: Json = False, receipt: Receipt = None) -> None:
    """Compile the Coq proofs from clean, check them again by coqchk: every theorem, its assumptions, its time."""
    chosen = chosen_claims(ids, "formal")
    report = compile_theorems(chosen)
    outcomes = [Outcome(claim, (run_formal(claim, report),)) for claim in chosen]
    if receipt is not None:
        text = dumps(make_receipt(report, current_commit()), ensure_ascii=False, indent=2)
        receipt.write_text(f"{text}\n", encoding="utf-8")
    if json:
        print_json([as_json(outcome, **_statements(outcome.claim, report)) for outcome in outcomes])
    else:
        out = console()
        for outcome in outcomes:
            _print_claim(out, outcome, report)
        for reason in dict.fromkeys(outcome.evidence[0].detail for outcome in outcomes if outcome.ok is None):
            out.print(f"Not run: {reason}")
        out.print(sum_of(outcomes), style="bold")
        print_marks(out, ((outcome.claim, outcome.verdict) for outcome in outcomes))
        if version := coq_version():
            checked = "checked again by coqchk" if not report.check else report.check
            out.print(f"Compiled from clean by Coq {version} in {report.seconds:.0f} s; {checked}.")
    if report.checked and report.check:
        raise typer.Exit(1)
    if not report.checked and all(outcome.ok for outcome in outcomes):
        raise typer.Exit(3)
    leave(outcomes)


def how_to_run() -> str:
    """Why a command that does not compile the proofs has none, and what to do."""
    if coq_version() is None:
        return f"Coq is not installed: {INSTALL}, then duality-verify formal"
    return "duality-verify formal compiles them from clean"


def compile_theorems(chosen: tuple[Claim, ...]) -> Report:
    """Compile the theorems of these claims from clean, with a line for each file on stderr.

    Raises:
        BadInputError: the sources are not there.
    """
    err = console(stderr=True)
    theorems = [name for claim in chosen for name in claim.formal]

    def watch(file: File) -> None:
        done = f"{file.seconds:6.1f} s" if not file.problem else "not run" if file.missing else "failed"
        err.print(f"{file.name:<24} {done}")

    try:
        with err.status("Compiling the proofs"):
            return compile_proofs(theorems, watch=watch)
    except ProofsError as error:
        raise BadInputError(str(error)) from None


def _statements(claim: Claim, report: Report) -> dict[str, Any]:
    theorems = [vars(report.theorem(name)) for name in claim.formal]
    return {"wording": claim.wording, "statement": claim.statement, "theorems": theorems}


def _print_claim(out: Console, outcome: Outcome, report: Report) -> None:
    claim, (evidence,) = outcome.claim, outcome.evidence
    verdict = verdict_text(outcome.verdict, marked(claim, outcome.verdict))
    out.print(Text.assemble((claim.id, "bold"), "  ", claim.title, "  ", verdict))
    page = Table.grid(padding=(0, 2))
    page.add_column(style="dim", no_wrap=True)
    page.add_column()
    page.add_row("Paper" if claim.source != "beyond the paper" else "Question", claim.wording)
    page.add_row("Claim", claim.statement)
    if evidence.ok is None:
        page.add_row("Coq", "not run")
    elif not evidence.ok:
        page.add_row("Coq", Text(evidence.detail, "red"))
    else:
        for name in claim.formal:
            page.add_row("Coq", _proved(report.theorem(name)))
    out.print(Padding(page, (0, 0, 1, 2)))


def _proved(theorem: Theorem) -> Text:
    where = f"{theorem.file}, {theorem.seconds:.2f} s, {assumptions_line(theorem)}"
    return Text.assemble((theorem.name, "bold"), f" ({where})\n{theorem.statement}")
