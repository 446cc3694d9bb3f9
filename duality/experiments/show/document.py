"""JSON documents: judgements, each part with its region, estimate and verdict; and what is still to be run."""

import math
from collections.abc import Sequence
from typing import Any

from duality.experiments import cells
from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.finding import unit_of
from duality.experiments.claims.pilot import hours_of, spread_seen
from duality.experiments.claims.planned import plan_of, planned_power, power_at
from duality.experiments.infer.region import Region
from duality.experiments.infer.verdict import Finding, Judgement
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast, Part
from duality.experiments.run.record import Results

SCHEMA = 1
"""Of the documents that `reproduce --json` prints: another number where a key goes or changes its meaning."""


def judgement_document(experiment: Experiment, scale: Scale, judgement: Judgement) -> dict[str, Any]:
    """What docs/how-to/reproduce.md describes; what is not finite, which JSON lacks, is None."""
    plan = plan_of(experiment, scale)
    return _finite(
        {
            "id": experiment.id,
            "title": experiment.title,
            "source": experiment.source,
            "wording": experiment.wording,
            "statement": experiment.statement,
            "verdict": judgement.verdict,
            "ok": judgement.ok,
            "reason": judgement.reason,
            "summary": judgement.summary,
            "parts": _parts(plan.parts, judgement.findings),
            "besides": _parts([part for part, _ in plan.besides], judgement.besides),
            "delta": judgement.delta,
            "room": judgement.room,
            "look": judgement.look,
            "level": judgement.level,
            "power": judgement.power,
            "spread": {measure: vars(spread) for measure, spread in judgement.spread.items()},
            "remark": judgement.remark,
            "declaration": judgement.declaration,
        }
    )


def plan_document(
    experiments: Sequence[Experiment], scale: Scale, grid: Sequence[Cell], results: Results
) -> dict[str, Any]:
    """What `reproduce --dry-run --json` prints: what is still to be run, how long it takes, what it could show.

    Args:
        experiments: which.
        scale: at which size.
        grid: their cells, or the part of them that is asked for.
        results: those that are there.
    """
    there = {result.cell.name for result in results.cells}
    left = [cell for cell in grid if cell.name not in there]
    hours, seen = hours_of(left, scale, results), spread_seen(scale, results)
    declared, methods = (
        scale.preregistration,
        {scale.method(cell.method).name: scale.method(cell.method) for cell in left},
    )
    return {
        "schema": SCHEMA,
        "scale": scale.name,
        "needs": scale.needs,
        "cells": {"total": len(grid), "done": len(grid) - len(left), "left": [cell.name for cell in left]},
        "not_tuned": sorted(
            {method.tuned_as or method.name for method in methods.values() if method.tuned is None}
        ),
        "hours": None if hours.hours is None else round(hours.hours, 2),
        "hours_origin": hours.origin,
        "spread": {"declared": dict(declared.spread), "origin": declared.spread_origin, "seen": seen},
        "experiments": [_planned(experiment, scale, there, seen) for experiment in experiments],
    }


def _planned(experiment: Experiment, scale: Scale, there: set[str], seen: dict[str, float]) -> dict[str, Any]:
    asked = cells([experiment], scale)
    return {
        "id": experiment.id,
        "title": experiment.title,
        "cells": len(asked),
        "left": sum(cell.name not in there for cell in asked),
        "power": planned_power(experiment, scale),
        "power_at_the_spread_seen": power_at(experiment, scale, {**scale.preregistration.spread, **seen})
        if seen
        else None,
    }


def _parts(parts: Sequence[Part], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Every part; where nothing was judged there are no findings, and its estimate is missing."""
    return [_part(part, finding) for part, finding in zip(parts, findings or [None] * len(parts), strict=True)]


def _part(part: Part, finding: Finding | None) -> dict[str, Any]:
    unit = unit_of(part)
    document = {
        "sentence": f"{part.label} is {part.region.wording}{' points' if unit == 'points' else ''}",
        "label": part.label,
        "unit": unit,
        "contrast": {arm.name: weight for arm, weight in part.weights} if isinstance(part, Contrast) else None,
        "region": _region(part.region),
        "estimate": None,
        "interval": None,
        "verdict": "not run",
    }
    if finding is None:
        return document
    return document | {
        "estimate": finding.value,
        "interval": {"low": finding.low, "high": finding.high, "level": finding.level},
        "verdict": finding.outcome,
        "reason": finding.reason,
        "n": finding.n,
        "se": finding.se,
        "df": finding.df,
        "p_inside": finding.p_inside,
        "p_beyond": finding.p_beyond,
        "published": finding.published,
        "published_fits": finding.published_fits,
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        "low": region.low,
        "high": region.high,
        "indifference": region.indifference,
        "smallest": region.smallest,
        "wording": region.wording,
    }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
