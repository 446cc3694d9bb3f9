"""The empirical claims on the page: each experiment with what the results at every scale say of it."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from duality.experiments import Experiment, Judgement, all_experiments
from duality.experiments.claims.at_each_scale import AtEachScale, judge_at_each_scale, telling_scale
from duality.experiments.plan.scale import Scale
from duality.experiments.run.record import Results
from duality.experiments.show.tables import COLUMNS, figures_line, finding_rows, said, spread_lines
from duality.report.entries import Details, Entry, Table, html, labelled, seconds, verdict_mark
from duality.report.figures import Illustration
from duality.training.errors import RunError


def measured_entries(results: AtEachScale, figures: Mapping[str, Sequence[Illustration]]) -> tuple[Entry, ...]:
    """Every experiment; its verdict is that of the largest scale that was run.

    Args:
        results: from `results_at_each_scale`.
        figures: by the id of the experiment.
    """
    return tuple(_entry(experiment, results, figures.get(experiment.id, ())) for experiment in all_experiments())


def _entry(experiment: Experiment, results: AtEachScale, figures: Sequence[Illustration]) -> Entry:
    judged = judge_at_each_scale(experiment, results)
    scale = telling_scale(judged)
    return Entry(
        id=experiment.id,
        title=experiment.title,
        source=experiment.source,
        part="experiments",
        verdict=judged[scale].verdict,
        texts=labelled(
            ("The paper says", experiment.wording),
            ("What is tested", experiment.statement),
            ("Why that is fair", experiment.fair),
            ("How it was judged", _how(judged[scale])),
            ("Limits", judged[scale].remark),
        ),
        evidence=Table(
            "Evidence by scale",
            ("Scale", "Verdict", "What came out", "Training"),
            tuple(_row(experiment, *each, results[each[0]]) for each in judged.items()),
        ),
        details=tuple(details for each in judged.items() for details in _details(*each)),
        commands=(f"duality-verify reproduce {experiment.id} --scale {scale.name}",),
        figures=tuple(figures),
    )


def _how(judgement: Judgement) -> str:
    """δ, the level, the power, the spread over seeds, and what was declared when; nothing where nothing was run."""
    if not judgement.findings:
        return ""
    lines = [figures_line(judgement), *spread_lines(judgement)]
    return " ".join((*(f"{line}." for line in lines), judgement.declaration))


def _row(
    experiment: Experiment, scale: Scale, judgement: Judgement, results: Results | RunError
) -> tuple[Markup, ...]:
    asked = {cell.name for cell in experiment.cells(scale)}
    found = () if isinstance(results, RunError) else results.cells
    times = [result.document["seconds"] for result in found if result.cell.name in asked]
    spent = f"{len(times)} runs, {seconds(sum(times))}" if times else "–"
    return (
        escape(scale.name),
        verdict_mark(judgement.verdict),
        html(said(judgement)),
        escape(spent),
    )


def _details(scale: Scale, judgement: Judgement) -> tuple[Details, ...]:
    """What the verdict at a scale rests on, and what is shown besides."""
    rows = tuple(tuple(map(escape, row)) for row in finding_rows(judgement))
    if not rows:
        return ()
    title = f"Estimates and intervals, {scale.name}"
    return (Details(f"{title} ({len(rows)})", table=Table(title, COLUMNS, rows)),)
