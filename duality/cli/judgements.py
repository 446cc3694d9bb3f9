"""How the judgements of experiments are shown: a table, the comparisons behind each verdict, JSON."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from duality.cli.grids import reasons
from duality.cli.output import console, print_json, table, verdict_text
from duality.experiments import Experiment, Judgement
from duality.experiments.plan.scale import Scale
from duality.experiments.run.queue import Failure
from duality.experiments.run.record import load_results
from duality.experiments.show.pictures import draw_all
from duality.experiments.show.tables import COLUMNS, figures_line, finding_rows, spread_lines


def present(
    experiments: Sequence[Experiment],
    scale: Scale,
    results: Path,
    figures: Path,
    counts: dict[str, int],
    failures: Sequence[Failure],
    json: bool,
) -> None:
    """Judge the experiments by the results that are there, draw the figures, print it all.

    Args:
        experiments: which.
        scale: at which size.
        results: the folder of results.
        figures: the folder of figures, of those that can be drawn.
        counts: the cells: ``total`` and ``done``.
        failures: the cells that could not be run.
        json: print one JSON document instead of text.

    Raises:
        RunError: a result is damaged, or a figure cannot be written.
    """
    loaded = load_results(results, scale)
    judged = [(experiment, experiment.judge(scale, loaded)) for experiment in experiments]
    gallery = draw_all(scale, loaded, figures)
    if json:
        document = {
            "scale": scale.name,
            "cells": {
                **counts,
                "failed": [{"cell": failure.name, "reason": failure.reason} for failure in failures],
            },
            "experiments": [as_json(*each) for each in judged],
            "figures": [str(path) for picture in gallery.pictures for path in (picture.path, picture.dark)],
        }
        print_json(document)
        return
    out = console()
    for line in reasons(failures):
        out.print(line, style="red")
    _print_table(out, judged)
    for experiment, judgement in judged:
        _print_behind(out, experiment, judgement)
    out.print()
    for name, reason in gallery.missing.items():
        out.print(f"Figure {name} not drawn: {reason}", style="dim")
    if gallery.pictures:
        out.print(f"{len(gallery.pictures)} figures, each for light and dark backgrounds, in {figures}")
    out.print(f"{scale.name}: {counts['done']} of {counts['total']} cells have a result", style="bold")


def _print_table(out: Console, judged: Sequence[tuple[Experiment, Judgement]]) -> None:
    rows = table(out, "Claim", "", "Verdict")
    rows.add_column("")
    for experiment, judgement in judged:
        rows.add_row(
            experiment.id,
            experiment.title,
            verdict_text(judgement.verdict),
            Text(said(judgement), overflow="fold"),
        )
    out.print(rows)


def _print_behind(out: Console, experiment: Experiment, judgement: Judgement) -> None:
    """The findings that a verdict rests on, with the paper's own value where it has one."""
    if not judgement.findings:
        return
    out.print()
    out.print(f"{experiment.id}: {experiment.statement}", style="bold")
    print_statistics(out, judgement)
    out.print(judgement.remark, style="dim")


def print_statistics(out: Console, judgement: Judgement) -> None:
    """The findings behind a verdict, next to the paper's own numbers."""
    rows = table(out, *COLUMNS)
    for column in rows.columns[1:-1]:
        column.justify = "right"
    for row in finding_rows(judgement):
        rows.add_row(*row)
    out.print(rows)
    for line in (figures_line(judgement), *spread_lines(judgement), judgement.declaration):
        out.print(line, style="dim")


def said(judgement: Judgement) -> str:
    """What came out, and why that gives no verdict where it gives none."""
    return "; ".join(filter(None, (judgement.reason, judgement.summary)))


def as_json(experiment: Experiment, judgement: Judgement) -> dict[str, Any]:
    """A judgement with the keys that every command prints; what is not finite becomes None."""
    return {
        "id": experiment.id,
        "title": experiment.title,
        "source": experiment.source,
        "wording": experiment.wording,
        "statement": experiment.statement,
        **judgement_as_json(judgement),
    }


def judgement_as_json(judgement: Judgement) -> dict[str, Any]:
    """A judgement alone, with the fields of `Judgement`."""
    return _finite(dataclasses.asdict(judgement))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
