"""The record of what the Coq proofs state, with which the tests compare.

``python -m duality.formal.record`` writes it anew. Do so after changing a definition or a statement on purpose, and
read the difference: a theorem that was weakened shows here.
"""

import re
from textwrap import indent

from duality.formal.kernel import Report, Theorem, compile_proofs
from duality.formal.sources import ProofsError, proofs_folder

RECORD = "statements.txt"


def record(report: Report) -> str:
    """Every definition, and every statement with its assumptions, as Coq prints them.

    Raises:
        ProofsError: a file does not compile, or a theorem rests on what it must not.
    """
    parts = []
    for file in sorted(report.files, key=lambda file: file.name):
        problems = [file.problem, *(theorem.problem for theorem in file.theorems)]
        if any(problems):
            raise ProofsError(f"{file.name}: {next(filter(None, problems))}")
        parts += [f"==== {file.name}", *file.definitions, *map(_paragraph, file.theorems)]
    return "\n\n".join(parts) + "\n"


def _paragraph(theorem: Theorem) -> str:
    return f"{theorem.name}:\n{indent(theorem.statement, '  ')}\n{assumptions_line(theorem)}"


def assumptions_line(theorem: Theorem) -> str:
    """What a proved theorem rests on, in Coq's words where it is nothing."""
    if not theorem.assumptions:
        return "Closed under the global context"
    return f"Axioms: {', '.join(theorem.assumptions)}"


def recorded_axioms() -> dict[str, tuple[str, ...]]:
    """For every theorem of the record, the axioms that Coq says it rests on; reading it needs no Coq."""
    text = (proofs_folder() / RECORD).read_text(encoding="utf-8")
    found = re.findall(r"^(\w+):\n(?:  .*\n)+(Closed under the global context|Axioms: .*)$", text, re.MULTILINE)
    return {name: tuple(rest.removeprefix("Axioms: ").split(", ")) if ":" in rest else () for name, rest in found}


if __name__ == "__main__":
    path = proofs_folder() / RECORD
    path.write_text(record(compile_proofs()), encoding="utf-8")
    print(f"wrote {path}")
