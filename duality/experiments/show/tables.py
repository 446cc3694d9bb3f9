"""Judgements as rows of text, next to the paper's own numbers: for the command line, the report and notebooks."""

import math

from duality.experiments.infer.verdict import Finding, Judgement

COLUMNS = ("Part", "n", "Estimate", "Interval", "Statement", "p", "Paper", "Found")
"""Of `finding_rows`. Accuracies are in points, factors have a ×. The paper's are points of single runs on ImageNet:
n = 1 decides little; (✓) and (✗) say whether they lie where the statement puts them."""


def finding_rows(judgement: Judgement) -> list[tuple[str, ...]]:
    """A row of `COLUMNS` for each finding: those that the verdict rests on, then those shown besides."""
    return [_row(finding) for finding in (*judgement.findings, *judgement.besides)]


def said(judgement: Judgement) -> str:
    """What came out, and why that gives no verdict where it gives none."""
    return "; ".join(filter(None, (judgement.reason, judgement.summary)))


def spread_lines(judgement: Judgement) -> list[str]:
    """A line for each measure: how far seeds scatter, and whether alike in all arms."""
    return [
        f"{name}: standard deviation over seeds {spread.sd:.2g}, {spread.df} degrees of freedom; alike in all "
        f"arms: Bartlett p = {spread.bartlett:.2g}, Levene p = {spread.levene:.2g}"
        for name, spread in judgement.spread.items()
    ]


def figures_line(judgement: Judgement) -> str:
    """What the verdict was reached with: δ as points and as a share of the room, the level, the power."""
    room = judgement.room
    share = f" ({judgement.delta / room:.1%} of the room of {room:.1f} points)" if math.isfinite(room) else ""
    power = "" if judgement.power is None else f"; power {judgement.power:.2f}"
    level = f"; look {judgement.look} at one-sided level {judgement.level:g}" if judgement.look else ""
    return f"δ = {judgement.delta:g} points{share}{level}{power}"


def _row(finding: Finding) -> tuple[str, ...]:
    estimated = finding.n > 0
    return (
        finding.label,
        str(finding.n),
        finding.shown(finding.value) if estimated else "",
        f"[{finding.shown(finding.low)}, {finding.shown(finding.high)}]" if estimated else finding.reason,
        finding.region,
        f"{finding.p_inside:.2g}" if estimated else "",
        _published(finding),
        finding.outcome,
    )


def _published(finding: Finding) -> str:
    if finding.published is None:
        return ""
    return f"{finding.published:+.2f} ({'✓' if finding.published_fits else '✗'})"
