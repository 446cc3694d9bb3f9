"""How the judgements of experiments are printed: a table, and the comparisons behind each verdict."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from duality.cli.output import verdict_text
from duality.cli.tables import table
from duality.experiments import Experiment, Judgement
from duality.experiments.show.tables import COLUMNS, figures_line, finding_rows, said, spread_lines

Judged = tuple[Experiment, Judgement]


def print_judgements(out: Console, judged: Sequence[Judged]) -> None:
    """A table of verdicts, then what each of them rests on."""
    rows = table(out, "Claim", "", "Verdict")
    rows.add_column("")
    for experiment, judgement in judged:
        found = Text(said(judgement), overflow="fold")
        rows.add_row(experiment.id, experiment.title, verdict_text(judgement.verdict), found)
    out.print(rows)
    for experiment, judgement in judged:
        if judgement.findings:
            out.print()
            out.print(f"{experiment.id}: {experiment.statement}", style="bold")
            print_statistics(out, judgement)
            out.print(judgement.remark, style="dim")
    out.print()


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
