"""What the benchmarks of this folder share: peak memory of a fresh process, and where numbers come from."""

import datetime
import multiprocessing
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

import duality


def memory_status(field: str) -> int:
    """``VmRSS`` or ``VmHWM`` of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def added_memory(prepare: Callable[..., Callable[[], object]], *arguments: object) -> int:
    """Bytes that one call adds to the resident set at its worst, over what it held before."""
    run = prepare(*arguments)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from what is held
    before = memory_status("VmRSS")
    run()
    return memory_status("VmHWM") - before


def peak_memory(prepare: Callable[..., Callable[[], object]], *arguments: object) -> int | None:
    """`added_memory` in a process of its own, which has only imported what the script imports; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("forkserver")) as pool:
        return pool.submit(added_memory, prepare, *arguments).result()


def provenance(script: str, **details: object) -> dict:
    def git(*arguments: str) -> str:
        folder = Path(__file__).parent
        return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout

    return {
        "command": " ".join(["python", f"benchmarks/{script}", *sys.argv[1:]]),
        "commit": git("rev-parse", "HEAD").strip(),
        "uncommitted_changes": bool(
            git("status", "--porcelain", "../duality/losses", "../duality/criteria.py", ".")
        ),
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "dtype": "float32",
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "duality": duality.__version__,
        },
        "hardware": {"processor": processor(), "cores": os.cpu_count(), "threads": torch.get_num_threads()},
        **details,
    }


def processor() -> str:
    description = Path("/proc/cpuinfo")
    if description.exists():
        for line in description.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
