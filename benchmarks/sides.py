"""How much the right side saves: value and gradient of L_nc on either side, against the plain formulation.

    python benchmarks/sides.py [--out results/benchmarks] [--sizes 256x8192 …] [--rounds 5]

Times are the least of several rounds in which every variant runs once, so that all of them meet the same machine
and none pays for what else it does. Memory is the peak of a fresh process's resident set above what it held before
the call (Linux only). The rate counts the multiply-adds of the two matrix products that value and gradient need,
against the rate of a square product in the same run.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import duality
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


def memory_status(field: str) -> int:
    """``VmRSS`` or ``VmHWM`` of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def peak_memory_here(name: str, n: int, m: int) -> int:
    """Bytes that one call adds to the resident set at its worst; in a fresh process only."""
    VARIANTS[name](embeddings(8, 4))
    z = embeddings(n, m)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from what is held
    before = memory_status("VmRSS")
    VARIANTS[name](z)
    return memory_status("VmHWM") - before


def peak_memory(name: str, n: int, m: int) -> int | None:
    if not sys.platform.startswith("linux"):
        return None
    command = [sys.executable, __file__, "--memory-of", name, "--sizes", f"{n}x{m}"]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(n: int, m: int, rounds: int, peak: float) -> dict:
    elapsed = times(n, m, rounds)
    memory = {name: peak_memory(name, n, m) for name in ("auto", "plain")}
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


def provenance(rounds: int, peak: float) -> dict:
    def git(*arguments: str) -> str:
        folder = Path(__file__).parent
        return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    return {
        "command": " ".join(["python", "benchmarks/sides.py", *sys.argv[1:]]),
        "commit": git("rev-parse", "HEAD").strip(),
        "uncommitted_changes": bool(git("status", "--porcelain", "duality/criteria.py", "benchmarks")),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seed": SEED,
        "rounds": rounds,
        "dtype": "float32",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "duality": duality.__version__,
        },
        "hardware": {"processor": processor(), "cores": os.cpu_count(), "threads": torch.get_num_threads()},
        "peak_multiply_adds_per_second": peak,
    }


def processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


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
    parser.add_argument("--memory-of", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in options.sizes] if options.sizes else SIZES
    if options.memory_of:
        print(peak_memory_here(options.memory_of, *sizes[0]))
        return
    peak = peak_rate(options.rounds)
    rows = []
    for n, m in sizes:
        rows.append(measure(n, m, options.rounds, peak))
        print(f"{n} × {m}: plain takes {rows[-1]['plain_over_auto']:.1f}× the time", file=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    record = {"provenance": provenance(options.rounds, peak), "rows": rows}
    (options.out / "sides.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (options.out / "sides.md").write_text(table(rows) + "\n", encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
