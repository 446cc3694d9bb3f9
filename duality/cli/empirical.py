"""Empirical claims in ``duality-verify claims``: their verdict at each scale, by the results that are there."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from duality.claims import Evidence
from duality.cli.options import BadInputError
from duality.cli.output import evidence_as_json, print_parts, verdict_text
from duality.cli.tables import table

if TYPE_CHECKING:
    from duality.experiments import Experiment, Judgement
    from duality.experiments.plan.scale import Scale

    Judged = tuple[Experiment, dict[Scale, Judgement]]
    """An experiment with its judgement at each scale, the smallest first."""


def judged_at_each_scale(experiments: "Sequence[Experiment]", folder: Path) -> "list[Judged]":
    """What the results in a folder say of each experiment at each scale.

    Raises:
        BadInputError: a result is damaged.
    """
    if not experiments:
        return []
    from duality.experiments.claims.at_each_scale import judge_at_each_scale, results_at_each_scale
    from duality.training.errors import RunError

    results = results_at_each_scale(folder)
    for found in results.values():
        if isinstance(found, RunError):
            raise BadInputError(str(found))
    return [(experiment, judge_at_each_scale(experiment, results)) for experiment in experiments]


def print_experiments(out: Console, judged: "Sequence[Judged]") -> None:
    """A row for each experiment and each scale at which it was run, and why it was not run at others."""
    from duality.experiments.show.tables import said

    rows = table(out, "Claim", "Scale", "Verdict", "Source")
    rows.add_column("Found: how much is as stated; the least clear effect, its interval, n", ratio=1)
    for experiment, at_scales in judged:
        run = {scale: judgement for scale, judgement in at_scales.items() if judgement.verdict != "not run"}
        for scale, judgement in run.items():
            found = verdict_text(judgement.verdict), experiment.source, said(judgement)
            rows.add_row(experiment.id, scale.name, *found)
        if not run:
            rows.add_row(experiment.id, "–", verdict_text("not run"), experiment.source, experiment.title)
    out.print()
    out.print(rows)
    out.print()
    for scale in judged[0][1]:
        if all(at_scales[scale].verdict == "not run" for _, at_scales in judged):
            command = f"`duality-verify reproduce --scale {scale.name}`"
            out.print(f"{scale.name}: not run, no results here; {command} makes them, given {scale.needs}.")


def print_experiment(out: Console, experiment: "Experiment", at_scales: "dict[Scale, Judgement]") -> None:
    """A page: what is claimed and tested, then for each scale the verdict and the statistics behind it."""
    from duality.cli.judgements import print_statistics
    from duality.experiments.show.tables import said

    out.print(Text.assemble((experiment.id, "bold"), "  ", experiment.title))
    parts = {
        "Source": experiment.source,
        "Wording": experiment.wording,
        "Tested": experiment.statement,
        "Fair": experiment.fair,
    }
    print_parts(out, parts)
    for scale, judgement in at_scales.items():
        out.print(Text.assemble("  ", scale.name, "  ", verdict_text(judgement.verdict)))
        print_parts(out, {"Found": said(judgement), "Remark": judgement.remark if judgement.findings else ""})
        if judgement.findings:
            print_statistics(out, judgement)
            out.print()


def experiments_as_json(judged: "Sequence[Judged]") -> list[dict[str, Any]]:
    """A document for each experiment, with the keys that every command prints.

    ``verdict`` is that of the largest scale that was run; ``scales`` has each scale's judgement.
    """
    return [_as_json(experiment, at_scales) for experiment, at_scales in judged]


def _as_json(experiment: "Experiment", at_scales: "dict[Scale, Judgement]") -> dict[str, Any]:
    from duality.experiments.claims.at_each_scale import telling_scale
    from duality.experiments.show.document import judgement_document
    from duality.experiments.show.tables import said

    telling = at_scales[telling_scale(at_scales)]
    return {
        "id": experiment.id,
        "title": experiment.title,
        "source": experiment.source,
        "verdict": telling.verdict,
        "ok": telling.ok,
        "evidence": [
            evidence_as_json(Evidence("empirical", judgement.ok, 0.0, f"{scale.name}: {said(judgement)}"))
            for scale, judgement in at_scales.items()
        ],
        "wording": experiment.wording,
        "statement": experiment.statement,
        "fair": experiment.fair,
        "scales": {
            scale.name: judgement_document(experiment, scale, judgement) for scale, judgement in at_scales.items()
        },
    }
