"""The empirical claims on the page: each experiment with what the results at every scale say of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup, escape

from duality.experiments import Experiment, Judgement, all_experiments
from duality.experiments.plan.scale import Scale, load_scale, scale_names
from duality.experiments.run.record import Results, load_results
from duality.experiments.show.tables import COLUMNS, figures_line, finding_rows, spread_lines
from duality.report.entries import Details, Entry, Table, html, labelled, seconds, verdict_mark
from duality.report.figures import Illustration
from duality.training.errors import RunError


def results_by_scale(folder: Path) -> dict[str, Results | str]:
    """The results of every scale, the smallest first; where a file is damaged, what is wrong instead."""
    scales = sorted(map(load_scale, scale_names()), key=lambda scale: scale.hidden)
    return {scale.name: _results(folder, scale) for scale in scales}


def _results(folder: Path, scale: Scale) -> Results | str:
    try:
        return load_results(folder, scale)
    except RunError as error:
        return str(error)


def measured_entries(
    results: Mapping[str, Results | str], figures: Mapping[str, Sequence[Illustration]]
) -> tuple[Entry, ...]:
    """Every experiment; its verdict is that of the largest scale that was run.

    Args:
        results: from `results_by_scale`.
        figures: by the id of the experiment.
    """
    return tuple(_entry(experiment, results, figures.get(experiment.id, ())) for experiment in all_experiments())


def _entry(experiment: Experiment, results: Mapping[str, Results | str], figures: Sequence[Illustration]) -> Entry:
    judged = {name: _judge(experiment, name, found) for name, found in results.items()}
    run = [name for name, judgement in judged.items() if judgement.verdict != "not run"]
    scale = run[-1] if run else next(iter(judged))
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
            tuple(_row(experiment, name, judgement, results[name]) for name, judgement in judged.items()),
        ),
        details=tuple(details for each in judged.items() for details in _details(*each)),
        commands=(f"duality-verify reproduce {experiment.id} --scale {scale}",),
        figures=tuple(figures),
    )


def _how(judgement: Judgement) -> str:
    """δ, the level, the power, the spread over seeds, and what was declared when; nothing where nothing was run."""
    if not judgement.findings:
        return ""
    lines = [figures_line(judgement), *spread_lines(judgement)]
    return " ".join((*(f"{line}." for line in lines), judgement.declaration))


def _judge(experiment: Experiment, scale: str, results: Results | str) -> Judgement:
    if isinstance(results, str):
        return Judgement(verdict="not run", summary=results)
    return experiment.judge(load_scale(scale), results)


def _row(experiment: Experiment, scale: str, judgement: Judgement, results: Results | str) -> tuple[Markup, ...]:
    asked = {(cell.arm, cell.seed) for cell in experiment.cells(load_scale(scale))}
    found = () if isinstance(results, str) else results.cells
    cells = [cell for cell in found if (cell.arm, cell.seed) in asked]
    time = sum(cell.document["seconds"] for cell in cells)
    spent = f"{len(cells)} runs, {seconds(time)}" if cells else "–"
    return (
        escape(scale),
        verdict_mark(judgement.verdict),
        html("; ".join(filter(None, (judgement.reason, judgement.summary)))),
        escape(spent),
    )


def _details(scale: str, judgement: Judgement) -> tuple[Details, ...]:
    """What the verdict at a scale rests on, and what is shown besides."""
    rows = tuple(tuple(map(escape, row)) for row in finding_rows(judgement))
    if not rows:
        return ()
    title = f"Estimates and intervals, {scale}"
    return (Details(f"{title} ({len(rows)})", table=Table(title, COLUMNS, rows)),)
