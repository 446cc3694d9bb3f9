"""The page: all entries, a summary that shows at once what holds, and where every number comes from."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

import duality
from duality.experiments.claims.at_each_scale import AtEachScale, results_at_each_scale
from duality.experiments.run.committed import committed_results
from duality.experiments.run.record import Results
from duality.provenance import current_commit
from duality.report.entries import PARTS, SIGNS, Entry, Table, count, html, seconds, verdict_mark
from duality.report.figures import experiment_figures, theory_figures
from duality.report.maths import formula
from duality.report.measured import measured_entries
from duality.report.record import FILE, Record, RecordError, fingerprint, read_record
from duality.report.theory import theory_entries

RENEW = "duality-verify report --run"
"""The command that gathers the theory's evidence anew."""


def render(results: Path) -> str:
    """The page for a folder of results, as HTML. What the folder lacks is shown as ``not run``."""
    record, notice = _record(results)
    measured = results_at_each_scale(results)
    theory = theory_entries(record, theory_figures())
    experiments = measured_entries(measured, experiment_figures(measured))
    environment = Environment(
        loader=PackageLoader("duality.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"verdict": verdict_mark, "maths": html, "seconds": seconds}
    return environment.get_template("page.html").render(
        parts=_parts((*theory, *experiments)),
        counts=count((*theory, *experiments)),
        summaries=[("Theory", count(theory)), (_experiments_at(measured), count(experiments))],
        duality=Markup(formula("L_nc + Σ_j‖K_j·‖⁴ = L_c + Σ_i‖K_·i‖⁴")),
        signs=SIGNS,
        notice=notice,
        provenance=_provenance(record, measured),
        version=duality.__version__,
        commit=current_commit()[:12],
        made=datetime.now(UTC).strftime("%Y-%m-%d"),
        results=_named(results),
    )


def _named(results: Path) -> Markup:
    own = results.resolve() == committed_results().resolve()
    return Markup("the results that come with the package") if own else Markup("<code>{}</code>").format(results)


def _record(results: Path) -> tuple[Record | None, str]:
    """The theory's record, and what a reader should know: that there is none, or that it is of other code."""
    try:
        record = read_record(results / FILE)
    except RecordError as error:
        return None, f"No statement of the theory has been checked for this page: {error}; `{RENEW}` makes it."
    if record.sources != fingerprint():
        return record, f"Claims, checks or proofs have changed since the record was made: `{RENEW}` renews it."
    return record, ""


def _experiments_at(measured: AtEachScale) -> str:
    """Which scales the verdicts are of: small ones do not settle what happens at the paper's."""
    run = [scale.name for scale, found in measured.items() if isinstance(found, Results) and found.cells]
    return f"Experiments, {', '.join(run)}" if run else "Experiments"


def _parts(entries: Sequence[Entry]) -> list[tuple[str, str, list[Entry]]]:
    """Key, heading and entries of each part."""
    return [(part, heading, [each for each in entries if each.part == part]) for part, heading in PARTS.items()]


def _provenance(record: Record | None, measured: AtEachScale) -> Table:
    """A column for each source of numbers."""
    columns: list[tuple[str, ...]] = [("", "Date", "Commit", "Made with", "Of")]
    if record is not None:
        columns.append(_of_record(record))
    for scale, found in measured.items():
        if isinstance(found, Results) and found.cells:
            columns.append(_of_results(scale.name, found))
    head, *rows = zip(*columns, strict=True)
    return Table("Where the numbers come from", head, tuple(tuple(map(escape, row)) for row in rows))


def _of_record(record: Record) -> tuple[str, ...]:
    made_with = f"{_environment(record.provenance)}, {f'Coq {record.coq}' if record.coq else 'no Coq'}"
    of = f"{record.data}; in {seconds(record.seconds)}"
    return "Theory", record.finished[:10], _commit(record.provenance), made_with, of


def _of_results(scale: str, results: Results) -> tuple[str, ...]:
    """All runs of a scale: they may be of several days, commits and machines."""
    documents = [cell.document for cell in results.cells]
    dates = sorted(str(document["finished"])[:10] for document in documents)
    days = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    commits, machines = ("; ".join(dict.fromkeys(map(each, documents))) for each in (_commit, _environment))
    of = f"{len(documents)} training runs, {seconds(sum(document['seconds'] for document in documents))}"
    return f"Experiments, {scale}", days, commits, machines, of


def _commit(provenance: Mapping[str, Any]) -> str:
    changed = " and uncommitted changes" if provenance.get("uncommitted_changes") else ""
    return f"{str(provenance['commit'])[:12]}{changed}"


def _environment(provenance: Mapping[str, Any]) -> str:
    """Versions and hardware in one line."""
    return ", ".join(f"{name} {value}" for name, value in provenance["environment"].items())
