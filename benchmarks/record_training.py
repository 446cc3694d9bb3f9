"""Record complete runs of a recipe, one per loss, as JSON lines under results/: no weights.

    python benchmarks/record_training.py [--recipe fashion-mnist] [LOSS...]

The first line of a record says how the run was made and on what, the last what probes make of the trained and of
the untrained network; between them stands what the run logged. Runs resume, and records that exist are left alone.
"""

import argparse
import dataclasses
import json
import time
from pathlib import Path

from duality.files import write_atomically
from duality.provenance import current_commit, environment
from duality.training.embed import evaluate, load_network
from duality.training.loop import train
from duality.training.monitor import Reporter
from duality.training.objective import loss_names
from duality.training.processes import join_processes
from duality.training.recipe import load_recipe


def record(recipe_name: str, loss: str, overrides: list[str]) -> dict:
    """Train, probe, and write the record. Returns its last line."""
    recipe = load_recipe(recipe_name, [*overrides, f"loss.name={loss}"])
    folder = Path("runs") / f"{recipe_name}-{loss}"
    header = {"recipe": recipe.to_dict(), "environment": environment(), "commit": current_commit()}
    reporter = Reporter()
    begun = time.perf_counter()
    with join_processes("cpu") as process:
        train(recipe, folder, process, reporter)
    seconds = time.perf_counter() - begun
    trained = evaluate(load_network(folder, reporter))
    untrained = evaluate(load_network(folder, reporter, untrained=True))
    result = {
        "seconds": round(seconds, 1),
        "trained": dataclasses.asdict(trained),
        "untrained": dataclasses.asdict(untrained),
    }
    logged = (folder / "metrics.jsonl").read_text("utf-8")
    target = Path("results") / recipe_name / f"{loss}.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, f"{json.dumps(header)}\n{logged}{json.dumps(result)}\n".encode())
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Record complete runs of a recipe, one per loss.")
    parser.add_argument("losses", nargs="*", metavar="LOSS", help="all by default")
    parser.add_argument("--recipe", default="fashion-mnist")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    for loss in arguments.losses or loss_names():
        if (Path("results") / arguments.recipe / f"{loss}.jsonl").exists():
            continue
        result = record(arguments.recipe, loss, arguments.set)
        trained, untrained = (result[key]["linear"]["accuracy"] for key in ("trained", "untrained"))
        print(
            f"{loss}: linear probe {trained:.2%}, untrained {untrained:.2%}, {result['seconds']:.0f} s", flush=True
        )


if __name__ == "__main__":
    main()
