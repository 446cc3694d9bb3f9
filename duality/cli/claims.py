"""``duality-verify claims``: what the statements are, without running anything."""

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from duality.claims import Claim, Evidence
from duality.claims.evidence import Outcome, kinds
from duality.cli.options import ClaimIds, Json, chosen_claims
from duality.cli.output import as_json, console, print_json, table, verdict_text


def claims(ids: ClaimIds = None, json: Json = False) -> None:
    """List the statements with wording, source and verdict; with CLAIM, a page for each."""
    chosen = chosen_claims(ids)
    if json:
        print_json([_as_json(claim) for claim in chosen])
        return
    out = console()
    if ids:
        for claim in chosen:
            _print_page(out, claim)
    else:
        _print_table(out, chosen)


def _as_json(claim: Claim) -> dict:
    not_run = tuple(Evidence(kind, None, 0.0, "not run by this command") for kind in kinds(claim))
    # Nothing was run, so the verdict is the one we assert, and ok is null.
    return as_json(Outcome(claim, not_run)) | {
        "verdict": claim.verdict,
        "wording": claim.wording,
        "statement": claim.statement,
        "remark": claim.remark,
        "formal": list(claim.formal),
    }


def _print_table(out: Console, chosen: tuple[Claim, ...]) -> None:
    rows = table(out, "Claim", "Verdict", "Source", "Evidence")
    rows.add_column("Statement", ratio=1)
    for claim in chosen:
        rows.add_row(claim.id, verdict_text(claim.verdict), claim.source, ", ".join(kinds(claim)), claim.statement)
    out.print(rows)
    out.print("\nA page for one of them, with the paper's wording: duality-verify claims CLAIM", style="dim")


def _print_page(out: Console, claim: Claim) -> None:
    out.print(Text.assemble((claim.id, "bold"), "  ", claim.title, "  ", verdict_text(claim.verdict)))
    parts = {
        "Source": claim.source,
        "Wording": claim.wording,
        "Statement": claim.statement,
        "Remark": claim.remark,
        "Evidence": ", ".join(kinds(claim)),
        "Coq": ", ".join(claim.formal),
    }
    page = Table.grid(padding=(0, 2))
    page.add_column(style="dim", no_wrap=True)
    page.add_column(max_width=88)
    for name, text in parts.items():
        if text:
            page.add_row(name, text)
    out.print(Padding(page, (0, 0, 1, 2)))
