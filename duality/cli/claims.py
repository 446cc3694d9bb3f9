"""``duality-verify claims``: what the statements are, without running anything; experiments by their results."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from duality.claims import Claim, Evidence
from duality.claims.evidence import Outcome, kinds
from duality.cli.empirical import experiments_as_json, judged_at_each_scale, print_experiment, print_experiments
from duality.cli.options import BadInputError, ClaimIds, Json, chosen_claims
from duality.cli.output import as_json, console, print_json, print_parts, table, verdict_text
from duality.cli.runs import Results
from duality.experiments import Experiment, all_experiments
from duality.experiments.run.committed import readable_results
from duality.words import nearest


def claims(ids: ClaimIds = None, results: Results = None, json: Json = False) -> None:
    """List the statements with wording, source and verdict; with CLAIM, a page for each.

    Empirical claims are judged by the results that are there.
    """
    theory, experiments = _chosen(ids)
    judged = judged_at_each_scale(experiments, readable_results(results))
    if json:
        print_json([*map(_as_json, theory), *experiments_as_json(judged)])
        return
    out = console()
    if ids:
        for claim in theory:
            _print_page(out, claim)
        for experiment, at_scales in judged:
            print_experiment(out, experiment, at_scales)
    else:
        _print_table(out, theory)
        print_experiments(out, judged)
        out.print("\nA page for one of them, with the paper's wording: duality-verify claims CLAIM", style="dim")


def _chosen(ids: Sequence[str] | None) -> tuple[tuple[Claim, ...], tuple[Experiment, ...]]:
    """The claims asked for, mathematical and empirical, or all.

    Raises:
        BadInputError: there is none of a name; the message names the nearest.
    """
    theory, experiments = chosen_claims(None), all_experiments()
    if not ids:
        return theory, experiments
    known = [each.id for each in (*theory, *experiments)]
    for id in ids:
        if id not in known:
            near = nearest(id, known, cutoff=0.4)
            hint = f"did you mean {near}? " if near else ""
            raise BadInputError(f"no claim is called {id!r}: {hint}`duality-verify claims` lists them all")
    return (
        tuple(claim for claim in theory if claim.id in ids),
        tuple(experiment for experiment in experiments if experiment.id in ids),
    )


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
    print_parts(out, parts)
