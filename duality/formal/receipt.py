"""A receipt: which sources were compiled, what they state, on which axioms, and by which tools.

Whoever has the sources can compare: a theorem that was weakened, an axiom that was added or a file that was changed
gives another receipt.
"""

import hashlib
from pathlib import Path
from typing import Any

from duality.formal.kernel import Report, coq_version
from duality.formal.sources import proofs_folder


def receipt(report: Report, commit: str, folder: Path | None = None) -> dict[str, Any]:
    """The receipt of a compilation, made of what JSON knows.

    Args:
        report: of `compile_proofs`.
        commit: of the sources; ``unknown`` outside a checkout.
        folder: of the sources that were compiled.
    """
    folder = folder or proofs_folder()
    files = sorted(report.files, key=lambda file: file.name)
    return {
        "commit": commit,
        "tools": {"coqc": coq_version() or "not installed", "coqchk": report.checked},
        "refused_by_coqchk": report.check if report.checked else "",
        "sources": {file.name: hashlib.sha256((folder / file.name).read_bytes()).hexdigest() for file in files},
        "theorems": [
            {
                "name": theorem.name,
                "file": theorem.file,
                "statement": theorem.statement,
                "axioms": list(theorem.assumptions),
                "problem": theorem.problem,
            }
            for file in files
            for theorem in file.theorems
        ],
    }
