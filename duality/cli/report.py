"""``duality-verify report``: one HTML page of every claim, made from the results on disk."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from duality.claims import Claim, all_claims
from duality.claims.evidence import Outcome, kinds, run_formal, run_numeric, run_symbolic
from duality.cli.data import random_matrices, shipped_matrices
from duality.cli.formal import compile_theorems
from duality.cli.options import DEFAULT_TRIALS, BadInputError, Json
from duality.cli.output import console, leave, print_json, run_each
from duality.cli.runs import Results, bad_input
from duality.cli.streams import FULL
from duality.formal.kernel import coq_version

if TYPE_CHECKING:
    from duality.report.record import Record

Out = Annotated[Path, typer.Option("--out", help="Where to write the page.")]
Renew = Annotated[
    bool,
    typer.Option("--run", help="First run every proof and check of the theory, and write RESULTS/verdicts.json."),
]


def report(out: Out = Path("report.html"), results: Results = None, run: Renew = False, json: Json = False) -> None:
    """Write one self-contained HTML page: every claim with its verdict, evidence and figures, from results on disk.

    The exit code is 1 only if a proof or a check of --run failed, 3 if it could not be finished.
    """
    outcomes: list[Outcome] = []
    with bad_input(trains=False):
        from duality.experiments.run.committed import readable_results, writable_results
        from duality.report.page import render
        from duality.report.record import FILE, write_record

        if run:
            folder = writable_results(results)  # asked first: the theory takes minutes
            outcomes, record = _run_theory()
            write_record(record, folder / FILE)
        page = render(readable_results(results)).encode()
    try:
        out.write_bytes(page)
    except OSError as error:
        if error.errno in FULL:
            raise
        raise BadInputError(f"cannot write {out} ({error.strerror}): choose another --out") from None
    if json:
        print_json({"page": str(out), "bytes": len(page)})
    else:
        console().print(f"{out}: {len(page) / 1e6:.1f} MB")
    leave(outcomes)


def _run_theory() -> "tuple[list[Outcome], Record]":
    """All evidence for every theoretical claim, gathered anew, and its record."""
    from duality.provenance import provenance
    from duality.report.record import Record, fingerprint

    begun, claims = time.perf_counter(), all_claims()
    sources, made_with = fingerprint(), provenance()  # before anything runs: files may change meanwhile
    proofs = compile_theorems(claims)
    data = random_matrices(DEFAULT_TRIALS, 0, "cpu", None) + shipped_matrices("cpu")

    def gather(claim: Claim) -> Outcome:
        runs = {
            "symbolic": lambda: run_symbolic(claim),
            "formal": lambda: run_formal(claim, proofs),
            "numeric": lambda: run_numeric(claim, data.samples),
        }
        return Outcome(claim, tuple(runs[kind]() for kind in kinds(claim)))

    outcomes = run_each(claims, gather)
    record = Record(
        evidence={outcome.claim.id: outcome.evidence for outcome in outcomes},
        data=data.description,
        coq=coq_version(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - begun, 1),
        provenance=made_with,
        sources=sources,
    )
    return outcomes, record
