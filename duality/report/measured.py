"""The empirical claims on the page: each experiment with what the results at every scale say of it."""

import math
from pathlib import Path

from markupsafe import Markup, escape

from duality.experiments import Experiment, all_experiments
from duality.experiments.experiment import Judgement
from duality.experiments.judging import Statistic
from duality.experiments.result import Results, load_results
from duality.experiments.scale import Scale, load_scale, scale_names
from duality.experiments.statistics import Bound, Comparison
from duality.report.entries import Details, Entry, Table, html, labelled, seconds, verdict_mark
from duality.training.errors import RunError

_NOTHING = "–"


def results_by_scale(folder: Path) -> dict[str, Results | str]:
    """The results of every scale, the scale with most results first; where a file is damaged, what is wrong."""
    found = {name: _results(folder, load_scale(name)) for name in scale_names()}
    return dict(sorted(found.items(), key=lambda item: -_size(item[1])))


def _results(folder: Path, scale: Scale) -> Results | str:
    try:
        return load_results(folder, scale)
    except RunError as error:
        return str(error)


def _size(results: Results | str) -> int:
    return 0 if isinstance(results, str) else len(results.cells)


def measured_entries(results: dict[str, Results | str]) -> tuple[Entry, ...]:
    """Every experiment; its verdict is that of the scale with most results, the first."""
    return tuple(_entry(experiment, results) for experiment in all_experiments())


def _entry(experiment: Experiment, results: dict[str, Results | str]) -> Entry:
    judged = {name: _judge(experiment, name, found) for name, found in results.items()}
    (name, first), *_ = judged.items()
    return Entry(
        id=experiment.id,
        title=experiment.title,
        source=experiment.source,
        part="experiments",
        verdict=first.verdict,
        texts=labelled(
            ("The paper says", experiment.wording),
            ("What is tested", experiment.statement),
            ("Remark", first.remark or experiment.remark),
        ),
        evidence=Table(
            "Evidence by scale",
            ("Scale", "Verdict", "What came out", "Training"),
            tuple(_row(experiment, name, judgement, results[name]) for name, judgement in judged.items()),
        ),
        details=tuple(details for each in judged.items() for details in _details(*each)),
        commands=(f"duality-verify reproduce {experiment.id} --scale {name}",),
    )


def _judge(experiment: Experiment, scale: str, results: Results | str) -> Judgement:
    if isinstance(results, str):
        return Judgement(verdict="not run", summary=results)
    return experiment.judge(load_scale(scale), results)


def _row(experiment: Experiment, scale: str, judgement: Judgement, results: Results | str) -> tuple[Markup, ...]:
    arms = {(arm.method, arm.projector) for arm in experiment.arms(load_scale(scale))}
    cells = () if isinstance(results, str) else [c for c in results.cells if (c.method, c.projector) in arms]
    time = sum(cell.document["seconds"] for cell in cells)
    spent = f"{len(cells)} runs, {seconds(time)}" if cells else _NOTHING
    return escape(scale), verdict_mark(judgement.verdict), html(judgement.summary), escape(spent)


def _details(scale: str, judgement: Judgement) -> tuple[Details, ...]:
    """The comparisons that the verdict rests on, and those besides."""
    named = {"What the verdict rests on": judgement.comparisons, "Besides": judgement.besides}
    head = ("", "Effect", "95 % interval", "n", "Limits", "Verdict", "Paper")
    return tuple(
        Details(
            f"{title}, {scale} ({len(statistics)})",
            table=Table(
                f"{title}, {scale}", head, tuple(_statistic(each, judgement.published) for each in statistics)
            ),
        )
        for title, statistics in named.items()
        if statistics
    )


def _statistic(statistic: Statistic, published) -> tuple[Markup, ...]:
    theirs = published.get(statistic.label)
    cells = (
        statistic.label,
        _number(statistic.effect),
        f"{_number(statistic.low)} to {_number(statistic.high)}",
        str(statistic.n),
        _limits(statistic),
        getattr(statistic, "verdict", _NOTHING),
        _NOTHING if theirs is None else _number(theirs),
    )
    return tuple(map(escape, cells))


def _limits(statistic: Statistic) -> str:
    if isinstance(statistic, Comparison):
        return f"±{statistic.margin:g}"
    if not isinstance(statistic, Bound):
        return _NOTHING
    low, high = statistic.at_least, statistic.at_most
    if math.isinf(high):
        return f"≥ {low:g}"
    return f"≤ {high:g}" if math.isinf(low) else f"{low:g} to {high:g}"


def _number(value: float) -> str:
    """Two decimals with a sign; a minus that is one."""
    return f"{value:+.2f}".replace("-", "−").replace("inf", "∞").replace("nan", _NOTHING)
