"""Certified checks on random matrices of every ensemble and data type: false alarms, and injected errors seen.

    python benchmarks/certified_cases.py [--matrices 100000] [--seed 0] [--out results/benchmarks]

Each matrix is certified on both sides and `duality.criteria` is judged on every side. Then ten times each bound is
added to the value it judges, which must be caught. Ends with the tightness of the bounds. Exit code 1 if any check
was wrong.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from measuring import provenance
from torch import Tensor

from duality import criteria
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.ensembles import Sample, draw
from duality.numeric.precision import CRITERIA, SIDES, judge
from duality.numeric.tightness import tightness

DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def checks(z: Tensor) -> Iterator[tuple[Check, Check | None]]:
    """Each check, and the same with ten times its bound added to the value; None where that has no float."""
    k = certify(z)
    for residual in (k.duality_residual, k.gram_norm("gram") - k.gram_norm("covariance")):
        yield residual.is_zero("residual"), (residual + 10 * residual.radius).is_zero("injected")
    for criterion in CRITERIA:
        for side in ("auto", *SIDES):
            value = getattr(criteria, criterion)(z, side=side)
            check = judge(criterion, value, k, side)
            if check is None:
                continue
            wrong = (value.double() + 10 * check.bound).to(value.dtype)
            # Beyond the largest number, or below the smallest, there is nothing to inject.
            fits = "2^" not in check.what and wrong.isfinite() and wrong != value
            yield check, judge(criterion, wrong, k, side) if fits else None


@dataclass
class Tally:
    """What happened to all the checks of one run."""

    cases: dict[str, int] = field(default_factory=dict)
    checks: int = 0
    false_alarms: list[str] = field(default_factory=list)
    injected: int = 0
    missed: int = 0
    largest_share_of_bound: float = 0.0

    def add(self, sample: Sample) -> None:
        dtype = str(sample.z.dtype).removeprefix("torch.")
        kind = f"{sample.name.split(',')[0]}, {dtype}"
        self.cases[kind] = self.cases.get(kind, 0) + 1
        for check, injected in checks(sample.z):
            self.checks += 1
            if not check.ok:
                self.false_alarms.append(f"{sample.name}, {dtype}: {check}")
            self.injected += injected is not None
            self.missed += injected is not None and injected.ok
            share = check.residual / check.bound if check.bound else 0.0
            self.largest_share_of_bound = max(self.largest_share_of_bound, share)


def tightness_rows() -> list[dict]:
    """Bound over actual error, per data type and size; ``source`` is what computed the bound."""
    return [
        {**asdict(row), "dtype": str(row.dtype).removeprefix("torch."), "ratio": row.ratio} for row in tightness()
    ]


def table(tally: Tally, rows: list[dict]) -> str:
    lines = [
        f"{sum(tally.cases.values()):,} random matrices, {tally.checks:,} certified checks: "
        f"{len(tally.false_alarms)} false alarms. {tally.injected:,} injected errors of ten times the bound: "
        f"{tally.missed} missed. Largest residual / bound: {tally.largest_share_of_bound:.2f}.",
        "",
        "| computed by | dtype | N × M | actual error | bound | bound / error |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['source']} | {row['dtype']} | {row['n']} × {row['m']} | {row['error']:.1e} | {row['bound']:.1e} "
        f"| {row['ratio']:.1e} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Certified checks: false alarms, injected errors, tightness.")
    parser.add_argument("--matrices", type=int, default=100_000, help="over all data types")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--out", type=Path, default=Path("results/benchmarks"), help="folder of certified_cases.json"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    tally = Tally()
    for number, dtype in enumerate(DTYPES):
        for sample in draw(options.matrices // len(DTYPES), options.seed + number, dtype):
            tally.add(sample)
    rows = tightness_rows()
    options.out.mkdir(parents=True, exist_ok=True)
    record = {
        "provenance": provenance("certified_cases.py", seed=options.seed, dtype="all four"),
        **asdict(tally),
        "tightness": rows,
    }
    (options.out / "certified_cases.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    (options.out / "certified_cases.md").write_text(table(tally, rows) + "\n", encoding="utf-8")
    print(table(tally, rows), *tally.false_alarms, sep="\n")
    return int(bool(tally.false_alarms or tally.missed))


if __name__ == "__main__":
    sys.exit(main())
