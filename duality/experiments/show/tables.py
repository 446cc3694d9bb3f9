"""Judgements as rows of text, next to the paper's own numbers: for the command line, the report and notebooks."""

from duality.experiments.claims.experiment import Judgement
from duality.experiments.infer.statistics import Bound, Comparison, Correlation

COLUMNS = ("Compared", "n", "Effect", "Interval", "Limit", "Paper", "Found")
"""Of `statistic_rows`. Effects and limits are in points of accuracy where the label names no other unit.
The paper's are points, of single runs on ImageNet."""


def statistic_rows(judgement: Judgement) -> list[tuple[str, ...]]:
    """A row of `COLUMNS` for each statistic: those that the verdict rests on, then those shown besides."""
    return [_row(statistic, judgement) for statistic in (*judgement.comparisons, *judgement.besides)]


def _row(statistic: Comparison | Bound | Correlation, judgement: Judgement) -> tuple[str, ...]:
    published = judgement.published.get(statistic.label)
    return (
        statistic.label,
        str(statistic.n),
        f"{statistic.effect:+.2f}",
        f"[{statistic.low:+.2f}, {statistic.high:+.2f}]",
        _limit(statistic),
        "" if published is None else f"{published:+.2f}",
        "" if isinstance(statistic, Correlation) else statistic.verdict,
    )


def _limit(statistic: Comparison | Bound | Correlation) -> str:
    """What the effect is held against: a margin either way, or the one limit of a bound."""
    match statistic:
        case Comparison():
            return f"± {statistic.margin:.2f}"
        case Bound() if statistic.at_least == -float("inf"):
            return f"≤ {statistic.at_most:.2f}"
        case Bound():
            return f"≥ {statistic.at_least:.2f}"
        case Correlation():
            return ""
