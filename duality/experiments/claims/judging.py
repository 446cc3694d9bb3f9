"""Judging an experiment at a scale: its declared cells, the model, the rule, and the gates before a verdict.

Looks are taken in their order. The first at which the rule decides is the last; one whose cells are not all there
is not taken. Runs beyond those declared are counted and not looked at.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from duality.experiments.claims.experiment import Experiment, limits_of
from duality.experiments.claims.finding import findings_of, unestimated
from duality.experiments.claims.gates import room, shut_gates
from duality.experiments.claims.measures import MEASURES
from duality.experiments.claims.planned import Key, Plan, plan_of, planned_power
from duality.experiments.infer import reliability
from duality.experiments.infer.model import Correlation, Model
from duality.experiments.infer.region import Judged
from duality.experiments.infer.rule import Decision, decide
from duality.experiments.infer.verdict import Finding, Judgement
from duality.experiments.plan.cell import Cell
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Association, Contrast, Part
from duality.experiments.run.record import CellResult, Results


def judge(experiment: Experiment, scale: Scale, results: Results) -> Judgement:
    """The verdict on an experiment, by the results of a scale."""
    there = {(result.cell.arm, result.cell.seed): result for result in results.cells}
    blank = Judgement(
        verdict="not run",
        summary="",
        delta=scale.delta,
        room=room(scale, results),
        remark=limits_of(scale),
        declaration=_declaration(scale, results),
    )
    plan = plan_of(experiment, scale)
    if scale.preregistration.statements.get(experiment.id) != [str(part) for part in plan.parts]:
        return _shut(blank, f"what {experiment.id} tests is not what was declared for {scale.name}")
    asked = plan.looks[0]
    missing = [key for key in asked if key not in there]
    if missing:
        return replace(blank, summary=_what_is_missing(experiment, scale, asked, missing))
    judged, decision = blank, None
    for number, cells in enumerate(plan.looks, 1):
        if not all(key in there for key in cells):
            break
        judged, decision = _look(plan, scale, results, there, number, blank)
        if decision is not None and (decision.holds or decision.refuted):
            break
    judged = replace(judged, power=planned_power(experiment, scale))
    reasons = shut_gates(plan.parts, scale, judged, [there[key] for key in asked])
    return _shut(judged, "; ".join(reasons)) if reasons else judged


# One look


@dataclass(frozen=True)
class _Fitted:
    """A model over cells, and every measure of them that is asked for and recorded."""

    model: Model
    values: Mapping[str, np.ndarray]
    results: Results

    def estimate(self, part: Part) -> Judged | str:
        """The part's estimate, or why there is none."""
        if isinstance(part, Association):
            return associated(part, self.results)
        absent = [arm for arm in part.arms if arm not in self.model.arms]
        if absent:
            return f"the scale does not run {absent[0]}"
        if part.measure not in self.values:
            return f"its records do not hold the {part.measure}"
        return self.model.contrast(dict(part.weights), self.values[part.measure], MEASURES[part.measure].pooled)


def _look(
    plan: Plan,
    scale: Scale,
    results: Results,
    there: Mapping[Key, CellResult],
    number: int,
    blank: Judgement,
) -> tuple[Judgement, Decision | None]:
    """What one look says, gates left aside."""
    level = scale.preregistration.looks[number - 1].level
    parts = plan.parts
    fitted = _fit(plan.looks[number - 1], there, parts, results)
    estimates = [fitted.estimate(part) for part in parts]
    tested = [(part.region, each) for part, each in zip(parts, estimates, strict=True) if not isinstance(each, str)]
    decision = decide(tested, level) if tested else None
    found = findings_of(parts, estimates, decision, level, scale)
    complete = len(tested) == len(parts)
    if decision is None or not complete:
        verdict = "undecided"
    else:
        verdict = "refuted" if decision.refuted else "holds" if decision.holds else "undecided"
    judgement = replace(
        blank,
        verdict=verdict,
        summary=_summary(found),
        findings=found,
        besides=_besides(plan, scale, results, there, number),
        level=level,
        look=number,
        spread={name: fitted.model.spread(values) for name, values in fitted.values.items()},
    )
    return judgement, decision if complete else None


def _fit(keys: Sequence[Key], there: Mapping[Key, CellResult], parts: Sequence[Part], results: Results) -> _Fitted:
    documents = [there[key].document for key in keys]
    values = {}
    for name in dict.fromkeys(part.measure for part in parts if isinstance(part, Contrast)):
        try:
            values[name] = np.array([MEASURES[name].of(document) for document in documents])
        except KeyError:
            continue  # records older than the measure
    return _Fitted(Model(keys), values, results)


def _besides(
    plan: Plan, scale: Scale, results: Results, there: Mapping[Key, CellResult], number: int
) -> tuple[Finding, ...]:
    """Estimates that count for nothing, each by itself, from a model of the blocks that its arms stand in."""
    found: list[Finding] = []
    level = scale.preregistration.looks[number - 1].level
    for part, looks in plan.besides:
        keys = looks[number - 1]
        if not keys or not all(key in there for key in keys):
            found.append(unestimated(part, "it has not been run at this scale", level, scale))
            continue
        estimate = _fit(keys, there, [part], results).estimate(part)
        decision = None if isinstance(estimate, str) else decide([(part.region, estimate)], level)
        found += findings_of([part], [estimate], decision, level, scale)
    return tuple(found)


def associated(part: Association, results: Results) -> Correlation | str:
    """Pearson's r over the part's points, or why it is not judged."""
    runs = {
        measure: {
            arm: list(results.accuracy(arm.method, arm.projector, measure).values())  # pyright: ignore
            for arm in part.of
        }
        for measure in part.measures
    }
    if part.over == "arms":
        points = [[float(np.mean(values)) for values in runs[measure].values()] for measure in part.measures]
        reliable = [reliability.reliability(runs[measure]) for measure in part.measures]
    else:
        trials = [trial for trial in results.trials if not math.isnan(trial.online)]
        if len(trials) < max(part.points, 4):
            return f"{len(trials)} of {part.points} trials of tuning kept both accuracies"
        points = [[getattr(trial, measure) for trial in trials] for measure in part.measures]
        noise = [reliability.seed_variance(runs[measure]) for measure in part.measures]
        reliable = [reliability.reliability_of_single(*each) for each in zip(points, noise, strict=True)]
    worst = min(range(len(reliable)), key=reliable.__getitem__)
    if reliable[worst] < reliability.ENOUGH:
        return f"the reliability of {part.measures[worst]} accuracy is {reliable[worst]:.2f}, which hides any r"
    return Correlation(np.corrcoef(np.array(points))[0, 1], len(points[0]))


def _shut(judgement: Judgement, reason: str) -> Judgement:
    return replace(judgement, verdict="not testable here", reason=reason)


# Words


def _what_is_missing(experiment: Experiment, scale: Scale, asked: Sequence[Key], missing: Sequence[Key]) -> str:
    makes = f"`duality-verify reproduce {experiment.id} --scale {scale.as_options}` makes them"
    if len(missing) == len(asked):
        return f"none of its {len(asked)} runs has a result: they need {scale.needs}; {makes}"
    arm, seed = missing[0]
    first = Cell(scale, arm.method, arm.projector, seed).name
    return f"{len(missing)} of {len(asked)} runs have no result yet, the first {first}; {makes}"


def _declaration(scale: Scale, results: Results) -> str:
    declared = scale.preregistration
    when = "after these data were seen: it describes, and binds nobody" if declared.after_data else "before"
    last = {arm: block.seeds[-1] for block in declared.blocks for arm in block.arms}
    more = sum(result.cell.seed >= last.get(result.cell.arm, 0) for result in results.cells)
    beyond = f"; {more} runs beyond those declared are not judged" if more else ""
    return f"Declared {declared.declared}, {when}; δ = {declared.delta:g} points, {declared.delta_origin}{beyond}."


def _summary(found: Sequence[Finding]) -> str:
    """How many parts came out which way, and the one that decides, or else is least clear."""
    order = ("supported", "contradicted", "smaller than δ", "open", "not testable")
    words = {"supported": "as stated"}
    counts = {outcome: sum(each.outcome == outcome for each in found) for outcome in order}
    tally = ", ".join(f"{n} of {len(found)} {words.get(word, word)}" for word, n in counts.items() if n)
    doubt = {"contradicted": 0, "open": 1, "smaller than δ": 2, "not testable": 3, "supported": 4}
    shown = min(found, key=lambda each: (doubt[each.outcome], -np.nan_to_num(each.p_inside)))
    return f"{tally}; {shown}"
