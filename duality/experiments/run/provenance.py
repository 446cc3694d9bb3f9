"""Where a number comes from: versions, hardware and the commit of the source."""

import subprocess
from pathlib import Path
from typing import Any

import duality
from duality.training.processes import current_commit, environment


def provenance() -> dict[str, Any]:
    """``environment``, the version and ``commit`` of the source, and whether it had ``uncommitted_changes``."""
    return {
        "environment": environment(),
        "duality": duality.__version__,
        "commit": current_commit(),
        "uncommitted_changes": _source_was_changed(),
    }


def _source_was_changed() -> bool:
    folder = Path(duality.__file__).parent
    asked = subprocess.run(
        ["git", "status", "--porcelain", "."], cwd=folder, capture_output=True, text=True, check=False
    )
    return asked.returncode == 0 and bool(asked.stdout.strip())
