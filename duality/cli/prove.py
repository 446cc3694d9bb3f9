"""``duality-verify prove``: the symbolic proofs, step by step."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from duality.claims.claim import marked
from duality.claims.evidence import Outcome, run_symbolic
from duality.cli.options import ClaimIds, Json, chosen_claims
from duality.cli.output import as_json, console, leave, print_json, print_marks, run_each, verdict_text


def prove(ids: ClaimIds = None, json: Json = False) -> None:
    """Derive the statements for all sizes M and N, and print each proof: what it concludes, and its steps."""
    outcomes = run_each(chosen_claims(ids, "symbolic"), lambda claim: Outcome(claim, (run_symbolic(claim),)))
    if json:
        print_json([as_json(outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            _print_proof(console(), outcome)
        print_marks(console(), ((outcome.claim, outcome.verdict) for outcome in outcomes))
    leave(outcomes)


def _print_proof(out: Console, outcome: Outcome) -> None:
    (evidence,) = outcome.evidence
    claim = outcome.claim
    verdict = verdict_text(outcome.verdict, marked(claim, outcome.verdict))
    out.print(Text.assemble((claim.id, "bold"), "  ", claim.title, "  ", verdict))
    out.print(Padding(evidence.detail, (0, 0, 0, 2)))
    lines = Table.grid(padding=(0, 1))
    lines.add_column(justify="right", style="dim", min_width=5)
    for conclusion in evidence.conclusions:
        lines.add_row("⊢", conclusion)
    for number, step in enumerate(evidence.steps, 1):
        lines.add_row(f"{number}.", step)
    for place, meaning in enumerate(evidence.notation):
        lines.add_row("" if place else "where", meaning)
    out.print(Padding(lines, (0, 0, 1, 0)))
