"""``duality-verify audit``: what the paper has to say about a file of embeddings."""

import dataclasses
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from duality.claims import Evidence
from duality.cli.audit_summary import summary
from duality.cli.data import BadInputError, read_embeddings
from duality.cli.options import Json
from duality.cli.output import console, evidence_as_json, print_json, verdict_text
from duality.cli.streams import escaped

if TYPE_CHECKING:
    from duality.numeric.audit import Audit, Norms
    from duality.numeric.spectrum import Spectrum

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Embeddings, N samples × M dimensions.")]
Key = Annotated[str | None, typer.Option(help="Which array of a .npz, .pt or .safetensors file to read.")]


def audit(files: Files, key: Key = None, json: Json = False) -> None:
    """Measure embeddings: both criteria, a certified residual, norms, ranks, collapse, the cheaper side."""
    audits = {file: _audit(file, key) for file in files}
    if json:
        print_json([_as_json(file, *result) for file, result in audits.items()])
    else:
        for file, (result, _) in audits.items():
            _print_audit(console(), file, result)
    raise typer.Exit(0 if all(result.ok for result, _ in audits.values()) else 1)


def _audit(file: Path, key: str | None) -> "tuple[Audit, float]":
    """What is measured, and in how many seconds."""
    z = read_embeddings(file, key).z
    from duality.numeric.audit import audit as measure

    start = time.perf_counter()
    try:
        result = measure(z)
    except ValueError as error:
        raise BadInputError(f"{file}: {error}") from None
    return result, time.perf_counter() - start


def _as_json(file: Path, result: "Audit", seconds: float) -> dict[str, Any]:
    detail = "; ".join(str(check) for check in result.checks)
    measured = {name: value for name, value in dataclasses.asdict(result).items() if name != "checks"}
    derived = ("cheaper_side", "saving", "bits_lost", "welch_bound", "random_expectation")
    return {
        "id": str(file),
        "title": f"{result.samples} × {result.dimensions}, {result.dtype}",
        "source": "Theorem 3.3, Lemma 3.4",
        "verdict": "holds" if result.ok else "refuted",
        "ok": result.ok,
        "evidence": [evidence_as_json(Evidence("numeric", result.ok, seconds, detail))],
        "summary": summary(result),
        **measured,
        **{name: _finite(getattr(result, name)) for name in derived},
    }


def _finite(value: float | str) -> float | str | None:
    return None if value == math.inf else value


def _print_audit(out: Console, file: Path, result: "Audit") -> None:
    shape = f"{result.samples:,} samples × {result.dimensions:,} dimensions, {result.dtype}"
    out.print(Text.assemble((escaped(str(file)), "bold"), "  ", shape))
    _print_grid(out, ("", "samples", "dimensions"), _sides(result))
    _print_grid(out, ("singular values", "as given", "centred"), _spectra(result))
    sentences = Table.grid(padding=(0, 1))
    for sentence in summary(result):
        sentences.add_row("•", sentence)
    out.print(Padding(sentences, (1, 0, 1, 2), expand=False))
    _print_checks(out, result)


def _print_grid(out: Console, header: tuple[str, str, str], rows: dict[str, list[str]]) -> None:
    grid = Table.grid(padding=(0, 3))
    grid.add_column(style="dim", width=27)
    for _ in range(2):
        grid.add_column(justify="right", min_width=19)
    grid.add_row(*(Text(name, "bold") for name in header))
    for name, values in rows.items():
        grid.add_row(name, *values)
    out.print(Padding(grid, (1, 0, 0, 2), expand=False))


def _print_checks(out: Console, result: "Audit") -> None:
    samples, dimensions = result.certified_shape
    whole = (samples, dimensions) == (result.samples, result.dimensions)
    part = "" if whole else f" on {samples:,} samples × {dimensions:,} dimensions"
    verdict = verdict_text("holds" if result.ok else "refuted")
    out.print(Text.assemble(f"  Theorem 3.3 and Lemma 3.4, certified{part}: ", verdict))
    for check in result.checks:
        if not check.ok or check is result.checks[0]:
            out.print(f"  {check}", style="dim" if check.ok else "red")
    out.print()


def _sides(result: "Audit") -> dict[str, list[str]]:
    """What has a counterpart on the other side: samples and Gram matrix, dimensions and covariance."""
    criteria = result.sample_contrastive, result.dimension_contrastive
    norms = result.sample_norms, result.dimension_norms
    counts = result.samples, result.dimensions
    return {
        "criterion": ["L_c", "L_nc"],
        "  from the Gram matrix": [_number(each.gram) for each in criteria],
        "  from the covariance": [_number(each.covariance) for each in criteria],
        "norms": [_range(each) for each in norms],
        "sum of their fourth powers": [_number(each.fourth_powers) for each in norms],
        "  over its lower bound": [f"{each.factor:.4g} ×" for each in norms],
        "  between bounds, 0 to 1": [f"{each.position:.2g}" for each in norms],
        "own matrix": ["Gram", "covariance"],
        "  diagonal's share of ‖·‖²": [_share(each.fourth_powers, result.gram_norm) for each in norms],
        "  diagonal / off-diagonal": [
            _dominance(each.fourth_powers / count, criterion.value / max(count * (count - 1), 1))
            for each, criterion, count in zip(norms, criteria, counts, strict=True)
        ],
        "zero, repeated": [f"{each.zeros:,}, {each.repeated:,}" for each in norms],
    }


def _spectra(result: "Audit") -> dict[str, list[str]]:
    spectra = result.spectrum, result.centered_spectrum
    return {
        "numerical rank": [_rank(each) for each in spectra],
        "effective rank (RankMe)": [f"{each.effective_rank:,.1f}" for each in spectra],
        "participation ratio": [f"{each.participation_ratio:,.1f}" for each in spectra],
    }


def _rank(spectrum: "Spectrum") -> str:
    """The numerical rank, or the least that it can be where the data type is too coarse to tell."""
    return (
        f"≥ {spectrum.numerical_rank:,}, undetermined" if spectrum.undetermined else f"{spectrum.numerical_rank:,}"
    )


def _number(value: float | None) -> str:
    return "not built" if value is None else f"{value:.5g}"


def _range(norms: "Norms") -> str:
    smallest, largest = f"{norms.smallest:.4g}", f"{norms.largest:.4g}"
    return smallest if smallest == largest else f"{smallest} to {largest}"


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _dominance(diagonal: float, off_diagonal: float) -> str:
    """Root mean square of the diagonal entries over that of the others, from their mean squares."""
    return f"{math.sqrt(diagonal / off_diagonal):.3g} ×" if off_diagonal > 0 else "–"
