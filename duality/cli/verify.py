"""``duality-verify`` alone: every theoretical claim, symbolic and numeric, in one table."""

import time
from typing import Annotated

import typer

import duality
from duality.claims import Claim, Evidence
from duality.claims.evidence import Outcome, kinds, run_numeric, run_symbolic
from duality.cli.data import random_matrices, shipped_matrices
from duality.cli.formal import how_to_run
from duality.cli.options import DEFAULT_TRIALS, BadInputError, Device, Dtype, Json, Seed, Trials, chosen_claims
from duality.cli.output import as_json, console, leave, print_json, print_outcomes, run_each


def _print_version(wanted: bool) -> bool:
    if wanted:
        print(f"duality-verify {duality.__version__}")
        raise typer.Exit
    return wanted


Version = Annotated[
    bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
]


def verify(
    context: typer.Context,
    trials: Trials = DEFAULT_TRIALS,
    seed: Seed = 0,
    device: Device = "cpu",
    dtype: Dtype = None,
    json: Json = False,
    version: Version = False,
) -> None:
    """Check the theory of "On the duality between contrastive and non-contrastive self-supervised learning".

    Without a command: every claim is proved symbolically, then checked on random matrices and on trained
    embeddings of real images. The exit code is 0 only if every verdict holds, 1 if one does not, and 3 if a claim
    has none because the program failed.
    """
    if context.invoked_subcommand is not None:
        _refuse_options(context)
        return
    start = time.perf_counter()
    data = random_matrices(trials, seed, device, dtype) + shipped_matrices(device)

    formal = Evidence("formal", None, 0.0, how_to_run())

    def run(claim: Claim) -> Outcome:
        runs = {
            "symbolic": lambda: run_symbolic(claim),
            "formal": lambda: formal,
            "numeric": lambda: run_numeric(claim, data.samples),
        }
        return Outcome(claim, tuple(runs[kind]() for kind in kinds(claim)))

    outcomes = run_each(chosen_claims(None), run)
    if json:
        print_json([as_json(outcome) for outcome in outcomes])
    else:
        out = console()
        print_outcomes(out, outcomes, ("symbolic", "numeric"))
        out.print(f"Proofs in Coq: not run; {formal.detail}.")
        out.print(f"Checked on {data.description}, in {time.perf_counter() - start:.0f} s.")
    leave(outcomes)


def _refuse_options(context: typer.Context) -> None:
    given = [name for name in context.params if str(context.get_parameter_source(name)).endswith("COMMANDLINE")]
    if given:
        command = context.invoked_subcommand
        raise BadInputError(f"--{given[0]} comes after the command: duality-verify {command} --{given[0]} ...")
