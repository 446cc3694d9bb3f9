"""Where a number comes from: versions, hardware and the commit of the source."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import duality

_SOURCE = Path(__file__).parent


def provenance() -> dict[str, Any]:
    """``environment``, the version and ``commit`` of the source, and whether it had ``uncommitted_changes``."""
    return {
        "environment": environment(),
        "duality": duality.__version__,
        "commit": current_commit(),
        "uncommitted_changes": bool(_git("status", "--porcelain", ".")),
    }


def environment() -> dict[str, str | int]:
    """Versions and hardware; no name of a machine."""
    import torch

    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "torchvision": _torchvision(),
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def current_commit() -> str:
    """The commit of the source in use; ``unknown`` where it is no checkout, or lies within another project's."""
    tracked = _git("ls-files", Path(__file__).name)
    return _git("rev-parse", "HEAD") if tracked else "unknown"


def _git(*words: str) -> str:
    """What git says of the folder of the source; nothing where that is no checkout, or git is not there."""
    try:
        asked = subprocess.run(["git", *words], cwd=_SOURCE, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _torchvision() -> str:
    try:
        import torchvision
    except ImportError:
        return "not installed"
    return str(torchvision.__version__)


def _processor() -> str:
    """The processor's model where Linux tells it, else its architecture."""
    description = Path("/proc/cpuinfo")
    lines = description.read_text("utf-8").splitlines() if description.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
