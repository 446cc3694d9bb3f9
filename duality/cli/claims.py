"""``duality-verify claims``: what the statements are, without running anything; experiments by their results."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from duality.claims import Claim, Evidence, Kind, Part
from duality.claims.claim import given, marked
from duality.claims.evidence import Outcome, kinds
from duality.cli.empirical import experiments_as_json, judged_at_each_scale, print_experiment, print_experiments
from duality.cli.options import BadInputError, ClaimIds, Json, chosen_claims
from duality.cli.output import (
    as_json,
    console,
    part_as_json,
    print_json,
    print_marks,
    print_parts,
    verdict_text,
)
from duality.cli.runs import Results
from duality.cli.tables import table
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
    outcome = Outcome(claim, tuple(_not_run(kind) for kind in kinds(claim)))
    # Nothing was run, so the verdicts are those that we assert, and ok is null.
    return as_json(outcome) | {
        "verdict": claim.verdict,
        "shown": given(claim.verdict, claim.rests_on),
        "parts": [part_as_json(part, "holds", map(_not_run, part.kinds)) for part in claim.parts],
        "wording": claim.wording,
        "statement": claim.statement,
        "remark": claim.remark,
        "formal": list(claim.formal),
    }


def _not_run(kind: Kind) -> Evidence:
    return Evidence(kind, None, 0.0, "not run by this command")


def _print_table(out: Console, chosen: tuple[Claim, ...]) -> None:
    rows = table(out, "Claim", "Verdict", "Source", "Evidence")
    rows.add_column("Statement", ratio=1)
    for claim in chosen:
        verdict = verdict_text(claim.verdict, marked(claim, claim.verdict))
        rows.add_row(claim.id, verdict, claim.source, ", ".join(kinds(claim)), claim.statement)
    out.print(rows)
    print_marks(out, ((claim, claim.verdict) for claim in chosen))


def _print_page(out: Console, claim: Claim) -> None:
    verdict = verdict_text(claim.verdict, given(claim.verdict, claim.rests_on))
    out.print(Text.assemble((claim.id, "bold"), "  ", claim.title, "  ", verdict))
    sentences = {f"Sentence {number}": _sentence(part) for number, part in enumerate(claim.parts, 1)}
    parts = {
        "Source": claim.source,
        "Evidence": ", ".join(kinds(claim)),
        "Wording": claim.wording,
        **sentences,
        "Remark": claim.remark,
    }
    print_parts(out, parts)


def _sentence(part: Part) -> str:
    """The sentence, what establishes it, what it needs and what it leaves open; a line each."""
    lines = [part.sentence, f"→ {given('holds', part.rests_on)}"]
    for kind in part.kinds:
        covers = f", partial ({part.partial[kind]})" if kind in part.partial else ""
        separator = "; " if kind == "symbolic" else ", "
        lines.append(f"{'Coq' if kind == 'formal' else kind}{covers}: {separator.join(part.names(kind))}")
    return "\n".join([*lines, *([f"limits: {part.limits}"] if part.limits else [])])
