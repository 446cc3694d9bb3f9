"""How long verdicts from committed results take: whole processes, from the command line to the last verdict.

    python benchmarks/judging.py [--scale fashion-mnist] [--results results] [--times 5]

Prints the best and the median of wall-clock and processor seconds, and what they are spent on: importing, reading,
judging. Exit code 1 if the best process took five seconds or more.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from statistics import median

LIMIT = 5.0
"""Seconds."""

_STEPS = """
import json, sys, time
begun = time.perf_counter()
from pathlib import Path
from duality.experiments import judge_all
from duality.experiments.plan.scale import load_scale
from duality.experiments.run.record import load_results
from duality.experiments.claims import judging
imported = time.perf_counter()
scale = load_scale(sys.argv[1])
results = load_results(Path(sys.argv[2]), scale)
read = time.perf_counter()
judge_all(scale, results)
print(json.dumps([imported - begun, read - imported, time.perf_counter() - read]))
"""


def timed(words: list[str]) -> tuple[float, float, str]:
    """Wall-clock and processor seconds of a process, and what it printed."""
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True)
    wall, after = time.perf_counter() - begun, os.times()
    processor = after.children_user - before.children_user + after.children_system - before.children_system
    return wall, processor, done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", default="fashion-mnist")
    parser.add_argument("--results", default="results")
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    words = ["-m", "duality.cli", "reproduce", "--from-results", "--scale", given.scale, "--results", given.results]
    walls, processors, _ = zip(*(timed(words) for _ in range(given.times)), strict=True)
    steps = [json.loads(timed(["-c", _STEPS, given.scale, given.results])[2]) for _ in range(given.times)]
    names = ("process, wall clock", "process, processor", "importing", "reading results", "judging")
    for name, seconds in zip(names, (walls, processors, *zip(*steps, strict=True)), strict=True):
        print(f"{name:20} best {min(seconds):6.2f} s   median {median(seconds):6.2f} s")
    return int(min(walls) >= LIMIT)


if __name__ == "__main__":
    sys.exit(main())
