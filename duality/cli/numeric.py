"""``duality-verify numeric``: the certified checks, on random matrices and on files of embeddings."""

from pathlib import Path
from typing import Annotated

import typer

from duality.claims.evidence import Outcome, run_numeric
from duality.cli.data import checkpoint_matrices, file_matrices, random_matrices
from duality.cli.options import DEFAULT_TRIALS, ClaimIds, Device, Dtype, Json, Seed, Trials, chosen_claims
from duality.cli.output import as_json, console, leave, print_json, print_outcomes, run_each

Files = Annotated[
    list[Path] | None,
    typer.Option("--embeddings", metavar="FILE", help="Embeddings to check on too: .npy, .npz, .pt, .safetensors."),
]
Runs = Annotated[
    list[Path] | None,
    typer.Option(
        "--checkpoint",
        metavar="RUN",
        help="Check on what a run's networks make of their test split, during and after.",
    ),
]


def numeric(
    ids: ClaimIds = None,
    trials: Trials = DEFAULT_TRIALS,
    seed: Seed = 0,
    device: Device = "cpu",
    dtype: Dtype = None,
    embeddings: Files = None,
    checkpoints: Runs = None,
    json: Json = False,
) -> None:
    """Check the statements on random matrices: each residual against a rigorous bound of its rounding error."""
    chosen = chosen_claims(ids, "numeric")
    data = random_matrices(trials, seed, device, dtype)
    if embeddings:
        data += file_matrices(embeddings, device)
    if checkpoints:
        data += checkpoint_matrices(checkpoints, device)
    outcomes = run_each(chosen, lambda claim: Outcome(claim, (run_numeric(claim, data.samples),)))
    if json:
        print_json([as_json(outcome) for outcome in outcomes])
    else:
        out = console()
        print_outcomes(out, outcomes, ("numeric",))
        if ids:
            for outcome in outcomes:
                out.print(f"{outcome.claim.id}: {outcome.evidence[0].detail}")
        out.print(f"Checked on {data.description}.")
    leave(outcomes)
