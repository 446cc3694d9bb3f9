"""How much the right side saves: value and gradient of L_nc on either side, against the plain formulation.

    python benchmarks/sides.py [--out results/benchmarks] [--sizes 256x8192 …] [--rounds 5]

Times are the least of several rounds in which every variant runs once, so that all of them meet the same machine
and none pays for what else it does. Memory is the peak of the resident set above what the process held before the
call (Linux only). The rate counts the multiply-adds of the two matrix products that value and gradient need,
against the rate of a square product in the same run.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from measuring import peak_memory, provenance
from torch import Tensor

from duality.criteria import dimension_contrastive

SEED = 0
SIZES = [(n, m) for n in (256, 1024, 4096) for m in (256, 1024, 2048, 8192)]
PEAK_SIZE = 2048
SHORTEST = 2.0
"""Seconds that the rounds of one size last at least."""


def plain(z: Tensor) -> None:
    """The off-diagonal of the full covariance, as VICReg and Barlow Twins are usually written."""
    c = z.T @ z
    off_diagonal = c - torch.diag(torch.diag(c))
    (off_diagonal**2).sum().backward()


def products(z: Tensor) -> None:
    """The two matrix products that nothing can do without, on the smaller side."""
    with torch.no_grad():
        x = z if z.shape[0] <= z.shape[1] else z.T
        _ = (x @ x.T) @ x


VARIANTS: dict[str, Callable[[Tensor], None]] = {
    "auto": lambda z: dimension_contrastive(z).backward(),
    "gram": lambda z: dimension_contrastive(z, side="gram").backward(),
    "covariance": lambda z: dimension_contrastive(z, side="covariance").backward(),
    "plain": plain,
    "products": products,
}


def embeddings(n: int, m: int) -> Tensor:
    generator = torch.Generator().manual_seed(SEED)
    return torch.randn(n, m, generator=generator).requires_grad_()


def seconds(function: Callable[[Tensor], object], z: Tensor) -> float:
    z.grad = None
    start = time.perf_counter()
    function(z)
    return time.perf_counter() - start


def times(n: int, m: int, rounds: int) -> dict[str, float]:
    """The least time of each variant, over so many rounds and over more of them where they are short."""
    z = embeddings(n, m)
    best = dict.fromkeys(VARIANTS, float("inf"))
    start, done = time.perf_counter(), 0
    while done < rounds or time.perf_counter() - start < SHORTEST:
        best = {name: min(best[name], seconds(run, z)) for name, run in VARIANTS.items()}
        done += 1
    return best


def peak_rate(rounds: int) -> float:
    """Multiply-adds per second of a square matrix product, the best of some."""
    z = torch.randn(PEAK_SIZE, PEAK_SIZE)
    return PEAK_SIZE**3 / min(seconds(lambda z: z @ z, z) for _ in range(rounds + 3))


def prepared(name: str, n: int, m: int) -> Callable[[], object]:
    """One variant at one size, ready to run, with the libraries warm."""
    VARIANTS[name](embeddings(8, 4))
    z = embeddings(n, m)
    return lambda: VARIANTS[name](z)


def measure(n: int, m: int, rounds: int, peak: float) -> dict:
    elapsed = times(n, m, rounds)
    memory = {name: peak_memory(prepared(name, n, m)) for name in ("auto", "plain")}
    return {
        "n": n,
        "m": m,
        "seconds": elapsed,
        "peak_bytes": memory,
        "plain_over_auto": elapsed["plain"] / elapsed["auto"],
        "gram_over_auto": elapsed["gram"] / elapsed["auto"],
        "covariance_over_auto": elapsed["covariance"] / elapsed["auto"],
        "auto_over_products": elapsed["auto"] / elapsed["products"],
        "memory_plain_over_auto": memory["plain"] / memory["auto"] if memory["plain"] and memory["auto"] else None,
        "share_of_peak": 2 * n * m * min(n, m) / elapsed["auto"] / peak,
    }


def table(rows: list[dict]) -> str:
    """Ratios to ``side="auto"``, which is what a user gets."""
    lines = [
        "| N × M | plain: time | plain: memory | Gram side | covariance side | auto / products | share of peak |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        memory = row["memory_plain_over_auto"]
        lines.append(
            f"| {row['n']} × {row['m']} | {row['plain_over_auto']:.1f}× | {f'{memory:.1f}×' if memory else '–'} "
            f"| {row['gram_over_auto']:.1f}× | {row['covariance_over_auto']:.1f}× "
            f"| {row['auto_over_products']:.2f} | {row['share_of_peak']:.0%} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Both sides of L_nc against the plain formulation.")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"), help="folder of sides.json and .md")
    parser.add_argument("--sizes", nargs="+", metavar="NxM", help="samples x dimensions, as 256x8192")
    parser.add_argument("--rounds", type=int, default=5, help="timed runs of each variant")
    options = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes] if options.sizes else SIZES
    peak = peak_rate(options.rounds)
    rows = []
    for n, m in sizes:
        rows.append(measure(n, m, options.rounds, peak))
        print(f"{n} × {m}: plain takes {rows[-1]['plain_over_auto']:.1f}× the time", file=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    source = provenance("sides.py", seed=SEED, rounds=options.rounds, peak_multiply_adds_per_second=peak)
    record = {"provenance": source, "rows": rows}
    (options.out / "sides.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (options.out / "sides.md").write_text(table(rows) + "\n", encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
