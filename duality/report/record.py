"""The record of the theory's evidence: what one run of every proof and check gave, where, and on which sources.

The page shows this record, so that it is made in seconds and says when and on what the evidence was gathered.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duality
from duality.claims import Claim, Evidence, Item
from duality.claims.evidence import Outcome, kinds
from duality.files import write_atomically
from duality.formal.sources import proofs_folder
from duality.training.errors import RunError

FILE = "verdicts.json"
"""The record's name in the folder of results."""
_EVIDENCE_RESTS_ON = ("claims", "formal", "losses", "numeric", "symbolic", "criteria.py", "normalization.py")


class RecordError(ValueError):
    """There is no record, or it cannot be read. The message is one line."""


@dataclass(frozen=True)
class Record:
    """The evidence for the theoretical claims.

    Attributes:
        evidence: the pieces of each claim, by its id.
        data: what the numeric checks ran on, in words.
        coq: Coq's version, None where it is not installed.
        finished: when, ISO 8601, UTC.
        seconds: how long all of it took.
        provenance: as from `duality.provenance`.
        sources: `fingerprint` of the sources then.
    """

    evidence: Mapping[str, tuple[Evidence, ...]]
    data: str
    coq: str | None
    finished: str
    seconds: float
    provenance: Mapping[str, Any]
    sources: str

    def outcome(self, claim: Claim) -> Outcome:
        """The claim with its recorded evidence; of a kind that the record lacks, ``not run``."""
        recorded = {piece.kind: piece for piece in self.evidence.get(claim.id, ())}
        return Outcome(claim, tuple(recorded.get(kind, not_recorded(kind)) for kind in kinds(claim)))


def not_recorded(kind: Any) -> Evidence:
    """Evidence that a record lacks."""
    return Evidence(kind, None, 0.0, "not in the record")


def fingerprint() -> str:
    """A hash of the sources that the theory's evidence rests on, those of the Coq proofs included."""
    package = Path(duality.__file__).parent
    roots = [package / name for name in _EVIDENCE_RESTS_ON]
    files = [file for root in roots for file in ([root] if root.is_file() else root.glob("*.py"))]
    digest = hashlib.sha256()
    for file in sorted([*files, *proofs_folder().glob("*.v")], key=lambda file: (file.parent.name, file.name)):
        digest.update(f"{file.parent.name}/{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def write_record(record: Record, path: Path) -> None:
    """Write a record, whole or not at all.

    Raises:
        RunError: that is not possible.
    """
    document = dataclasses.asdict(record)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
    except OSError as error:
        raise RunError(f"cannot write {path} ({error.strerror}): choose another --results") from None


def read_record(path: Path) -> Record:
    """A record from its file.

    Raises:
        RecordError: there is none, or it is not a whole record.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        evidence = {id: tuple(map(_evidence, pieces)) for id, pieces in document.pop("evidence").items()}
        record = Record(evidence=evidence, **document)
        if not (float(record.seconds) >= 0 and record.provenance["commit"] and record.provenance["environment"]):
            raise ValueError
    except FileNotFoundError:
        raise RecordError(f"there is no {FILE} in {path.parent}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise RecordError(f"{path} is damaged") from None
    return record


def _evidence(piece: Mapping[str, Any]) -> Evidence:
    lines = {name: tuple(map(str, piece.get(name, ()))) for name in ("conclusions", "notation")}
    items = tuple(Item(**item) for item in piece.get("items", ()))
    evidence = Evidence(**{**piece, **lines, "steps": tuple(map(str, piece["steps"])), "items": items})
    if not (evidence.ok in (True, False, None) and float(evidence.seconds) >= 0 and int(evidence.checks) >= 0):
        raise ValueError
    return evidence
