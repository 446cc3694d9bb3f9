"""Losses of this project next to lightly's and to the plain formulas: time and memory of value and gradient.

    python benchmarks/losses.py [--out results/benchmarks] [--sizes 256x8192 …] [--losses VICReg …] [--rounds 3]

Both views need gradients. Times are medians over rounds in which every variant runs once, so that all meet the same
machine; a variant that has already run for a while sits the later rounds out. Memory is the peak of the resident
set above what the process held before the call (Linux only). ``products`` are the matrix products that
VICReg cannot avoid. ``step`` is a training step of an 8192-8192-8192 projector on 2048 features, without encoder.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import measuring
import plain
import torch
from lightly import loss as lightly
from torch import Tensor, nn

from duality import losses

SEED = 0
SIZES = [(n, m) for n in (256, 1024, 4096) for m in (512, 2048, 8192)]
PATIENCE = 20.0
"""Seconds of all its runs after which a variant is not run again."""

LOSSES: dict[str, dict[str, Callable]] = {
    "VICReg": {"ours": losses.VICRegLoss(), "plain": plain.vicreg, "lightly": lightly.VICRegLoss()},
    "BarlowTwins": {
        "ours": losses.BarlowTwinsLoss(),
        "plain": plain.barlow_twins,
        "lightly": lightly.BarlowTwinsLoss(),
    },
    "SpectralContrastive": {"ours": losses.SpectralContrastiveLoss(max_norm=None), "plain": plain.spectral},
    "TCR": {"ours": losses.TCRLoss(), "plain": plain.tcr},
    "VICRegExp": {"ours": losses.VICRegExpLoss(), "plain": plain.vicreg_exp},
    "VICRegCtr": {"ours": losses.VICRegCtrLoss(), "plain": plain.vicreg_ctr},
    "SimCLR": {"ours": losses.SimCLRLoss(), "plain": plain.simclr, "lightly": lightly.NTXentLoss(0.15)},
    "DCL": {"ours": losses.DCLLoss(temperature=0.1), "lightly": lightly.DCLLoss(0.1)},
}


def views(n: int, m: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    z_a = torch.randn(n, m, generator=generator)
    z_b = z_a + 0.3 * torch.randn(n, m, generator=generator)
    return z_a.requires_grad_(), z_b.requires_grad_()


def total(output: Tensor | losses.LossOutput) -> Tensor:
    return output.total if isinstance(output, losses.LossOutput) else output


def prepare(name: str, variant: str, n: int, m: int) -> Callable[[], None]:
    """Value and gradient of one loss, ready to be called again and again."""
    loss = LOSSES[name][variant]

    def run(z_a: Tensor, z_b: Tensor) -> None:
        z_a.grad = z_b.grad = None
        total(loss(z_a, z_b)).backward()

    run(*views(8, 4))
    pair = views(n, m)
    return lambda: run(*pair)


def products(n: int, m: int) -> Callable[[], None]:
    """The product of value and that of the gradient, on the smaller side, for each view."""
    pair = [z.detach() if n <= m else z.detach().T.contiguous() for z in views(n, m)]

    def run() -> None:
        for x in pair:
            _ = (x @ x.T) @ x

    return run


def medians(runs: dict[str, Callable[[], None]], rounds: int) -> tuple[dict[str, float], dict[str, int | None]]:
    """Median seconds of each variant, and the memory that its first run needs."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    memory: dict[str, int | None] = {}

    def timed(name: str) -> None:
        start = time.perf_counter()
        runs[name]()
        times[name].append(time.perf_counter() - start)

    for name in runs:
        memory[name] = measuring.peak_memory(lambda name=name: timed(name))
    for _ in range(rounds - 1):
        for name in runs:
            if sum(times[name]) < PATIENCE:
                timed(name)
    return {name: statistics.median(values) for name, values in times.items()}, memory


def measure(name: str, n: int, m: int, rounds: int) -> dict:
    runs = {variant: prepare(name, variant, n, m) for variant in LOSSES[name]}
    if name == "VICReg":
        runs["products"] = products(n, m)
    seconds, memory = medians(runs, rounds)
    return {"loss": name, "n": n, "m": m, "seconds": seconds, "peak_bytes": memory}


def training_step(n: int, rounds: int) -> dict[str, float]:
    """Median seconds of a step with each VICReg, and of one whose loss is a plain mean."""
    torch.manual_seed(SEED)
    width = 8192
    projector = nn.Sequential(
        *(
            layer
            for inputs in (2048, width)
            for layer in (nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU())
        ),
        nn.Linear(width, width, bias=False),
    )
    optimizer = torch.optim.SGD(projector.parameters(), lr=1e-6)
    features = torch.randn(2 * n, 2048)

    def step(loss: Callable) -> Callable[[], None]:
        def run() -> None:
            optimizer.zero_grad()
            total(loss(*projector(features).chunk(2))).backward()
            optimizer.step()

        return run

    variants = {**LOSSES["VICReg"], "projector alone": lambda a, b: (a + b).mean()}
    return medians({name: step(loss) for name, loss in variants.items()}, rounds)[0]


def ratio(row: dict, what: str, variant: str) -> str:
    ours, theirs = row[what]["ours"], row[what].get(variant)
    return f"{theirs / ours:.1f}×" if ours and theirs else "–"


def table(record: dict) -> str:
    """What others take, in multiples of ours."""
    lines = [
        "| loss | N × M | ours | plain: time | plain: memory | lightly: time | lightly: memory | ours / products |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in record["rows"]:
        seconds = row["seconds"]
        cells = [
            ratio(row, what, variant) for variant in ("plain", "lightly") for what in ("seconds", "peak_bytes")
        ]
        bound = f"{seconds['ours'] / seconds['products']:.2f}" if "products" in seconds else "–"
        lines.append(
            f"| {row['loss']} | {row['n']} × {row['m']} | {seconds['ours']:.3f} s | {' | '.join(cells)} | {bound} |"
        )
    if step := record.get("training_step_seconds"):
        lines += ["", "A training step of an 8192-8192-8192 projector with VICReg (N = 256, no encoder):", ""]
        lines += ["| loss | seconds | saved by ours |", "|---|---|---|"]
        lines += [f"| {name} | {value:.2f} | {1 - step['ours'] / value:.0%} |" for name, value in step.items()]
    return "\n".join(lines)


def save(record: dict, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "losses.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (folder / "losses.md").write_text(table(record) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description="Losses next to lightly's and to the plain formulas.")
    parser.add_argument(
        "--out", type=Path, default=Path("results/benchmarks"), help="folder of losses.json and .md"
    )
    parser.add_argument("--sizes", nargs="+", metavar="NxM", help="samples x dimensions, as 256x8192")
    parser.add_argument("--losses", nargs="+", choices=LOSSES, default=list(LOSSES), help="which losses")
    parser.add_argument("--rounds", type=int, default=3, help="timed runs of each variant")
    parser.add_argument("--no-step", action="store_true", help="leave the training step out")
    options = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes] if options.sizes else SIZES
    details = {"seed": SEED, "rounds": options.rounds, "patience": PATIENCE, "lightly": version("lightly")}
    record = {"provenance": measuring.provenance("losses.py", **details), "rows": []}
    for n, m in sizes:
        for name in options.losses:
            record["rows"].append(measure(name, n, m, options.rounds))
            print(name, n, m, record["rows"][-1]["seconds"], file=sys.stderr)
            save(record, options.out)
    if not options.no_step:
        record["training_step_seconds"] = training_step(256, options.rounds)
        save(record, options.out)
    print(table(record))


if __name__ == "__main__":
    main()
