"""Results to report on, made without training; and the page of them."""

from pathlib import Path

import pytest

from duality.claims import Claim, Evidence, Item, all_claims
from duality.claims.evidence import kinds
from duality.experiments import all_experiments, cells
from duality.experiments.plan.scale import load_scale
from duality.experiments.run.record import write_result
from duality.report.page import render
from duality.report.record import FILE, Record, fingerprint, write_record
from tests.experiments.synthetic import document, paper_holds

ENVIRONMENT = {"python": "3.11.7", "torch": "2.5.0", "processor": "a processor"}
STEPS = {
    "symbolic": (
        "‖KᵀK‖² = ‖KKᵀ‖², by cyclicity of the trace: both sides are tr(K Kᵀ K Kᵀ)",
        "multiplied out: [[I, −a K], [Kᵀ, I]] = [[I, 0], [Kᵀ, I]] · [[I, −a K], [0, I + a Kᵀ K]]",  # wide
    ),
    "formal": ("thm_3_3: forall K, Lnc K + r4 K = Lc K + c4 K",),
    "numeric": (),
}


def piece(kind, ok: bool | None = True, claim: Claim | None = None) -> Evidence:
    named = {name for part in claim.parts for name in part.names(kind)} if claim else set()
    items = tuple(Item(name, ok, 4) for name in sorted(named))
    return Evidence(
        kind, ok, 0.25, "12 checks on 3 matrices, the worst at 0.2 of its bound", STEPS[kind], items=items
    )


@pytest.fixture(scope="session")
def record() -> Record:
    """Evidence for every claim."""
    return Record(
        evidence={claim.id: tuple(piece(kind, claim=claim) for kind in kinds(claim)) for claim in all_claims()},
        data="240 random matrices",
        coq="8.16.1",
        finished="2026-01-02T03:04:05+00:00",
        seconds=61.5,
        provenance={"commit": "0123456789abcdef", "uncommitted_changes": False, "environment": ENVIRONMENT},
        sources=fingerprint(),
    )


@pytest.fixture(scope="session")
def results(record, tmp_path_factory) -> Path:
    """A folder with the theory's record, and with a result for every cell of the smallest scale."""
    folder = tmp_path_factory.mktemp("results")
    write_record(record, folder / FILE)
    for cell in cells(all_experiments(), load_scale("fashion-mnist")):
        planted = document(cell, paper_holds(cell) + 0.1 * cell.seed)
        shade = sum(map(ord, cell.method)) % 97
        shades = [shade, 2 * shade]  # no two maps alike
        planted |= {
            "method": cell.method,
            "projector": cell.projector,
            "recipe": cell.recipe().to_dict(),
            "seconds": 60.0,
            "finished": "2026-01-02T03:04:05+00:00",
            "commit": "0123456789abcdef",
            "uncommitted_changes": False,
            "environment": ENVIRONMENT,
            "heat_maps": {"gram": [[255, shades[0]], shades], "covariance": [[shades[1], 255], shades]},
        }
        planted["gram_histogram"] |= {"edges": [-1.0, 1.0], "counts": [1, 4, 6, 4, 1]}
        write_result(cell, folder, planted)
    return folder


@pytest.fixture(scope="session")
def page(results) -> str:
    return render(results)


@pytest.fixture(scope="session")
def empty_page(tmp_path_factory) -> str:
    """The page of a folder without results."""
    return render(tmp_path_factory.mktemp("nothing"))
