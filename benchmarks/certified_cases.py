"""Certified checks on random matrices of every ensemble and data type: false alarms, and injected errors seen.

    python benchmarks/certified_cases.py [MATRICES] [SEED]

Each matrix is certified on both sides and `duality.criteria` is judged on every side. Then ten times each bound is
added to the value it judges, which must be caught. Ends with the tightness of the bounds. Exit code 1 if any check
was wrong.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterator

import torch
from torch import Tensor

from duality import criteria
from duality.numeric.certify import certify
from duality.numeric.check import Check
from duality.numeric.ensembles import draw
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


def main(matrices: int, seed: int) -> int:
    torch.set_num_threads(1)
    cases: Counter[tuple[str, str]] = Counter()
    false_alarms = injections = missed = total = 0
    nearest = 0.0
    start = time.perf_counter()
    for number, dtype in enumerate(DTYPES):
        for sample in draw(matrices // len(DTYPES), seed + number, dtype):
            cases[sample.name.split(",")[0], str(dtype).removeprefix("torch.")] += 1
            for check, injected in checks(sample.z):
                total += 1
                if not check.ok:
                    false_alarms += 1
                    print(f"false alarm: {sample.name}, {dtype}: {check}")
                injections += injected is not None
                missed += injected is not None and injected.ok
                nearest = max(nearest, check.residual / check.bound if check.bound else 0.0)
    seconds = time.perf_counter() - start
    names = [str(dtype).removeprefix("torch.") for dtype in DTYPES]
    print(f"{'matrices per ensemble':24}", *(f"{name:>9}" for name in names))
    for ensemble in sorted({ensemble for ensemble, _ in cases}):
        print(f"{ensemble:24}", *(f"{cases[ensemble, name]:9}" for name in names))
    print(f"{sum(cases.values())} matrices, {total} checks, {seconds:.0f} s")
    print(f"false alarms: {false_alarms}; injected errors missed: {missed} of {injections}")
    print(f"largest residual / bound: {nearest:.2f}")
    print(f"{'tightness':10} {'dtype':9} {'N':>5} {'M':>5} {'error':>9} {'bound':>9} {'ratio':>9}")
    for row in tightness():
        name = str(row.dtype).removeprefix("torch.")
        print(f"{row.source:10} {name:9} {row.n:5} {row.m:5} {row.error:9.1e} {row.bound:9.1e} {row.ratio:9.1e}")
    return int(bool(false_alarms or missed))


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in (sys.argv[1:] + ["100000", "0"][len(sys.argv) - 1 :])[:2])))
