"""What the benchmarks of this folder share: peak memory, and where numbers come from."""

import ctypes
import datetime
import gc
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

import duality


def memory_status(field: str) -> int:
    """``VmRSS`` or ``VmHWM`` of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def peak_memory(run: Callable[[], object]) -> int | None:
    """Bytes that a call adds to the resident set at its worst, over what it held before; Linux with glibc only."""
    if not sys.platform.startswith("linux"):
        return None
    gc.collect()
    # What earlier calls freed, and malloc kept, would hide what this one needs.
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts again from what is held
    before = memory_status("VmRSS")
    run()
    return memory_status("VmHWM") - before


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
