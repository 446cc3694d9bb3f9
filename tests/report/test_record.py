"""The record of the theory's evidence: written whole, read back, and refused where it is damaged."""

import json
from dataclasses import replace

import pytest

from duality.claims import Evidence, all_claims
from duality.formal import sources
from duality.report import record as module
from duality.report.record import FILE, RecordError, fingerprint, read_record, write_record
from duality.training.errors import RunError


def test_a_record_is_read_as_it_was_written(record, tmp_path):
    write_record(record, tmp_path / "new" / FILE)
    assert read_record(tmp_path / "new" / FILE) == record


def test_a_record_that_cannot_be_written(record, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="choose another --results"):
        write_record(record, tmp_path / "file" / FILE)


def test_there_is_no_record(tmp_path):
    with pytest.raises(RecordError, match=rf"no {FILE}"):
        read_record(tmp_path / FILE)


def damaged(document: dict) -> list[str]:
    """The record's text with one thing wrong in each."""
    piece = document["evidence"]["thm-3.3"][0]
    texts = ["", "[]", "null", json.dumps(document)[:-20]]
    for change in (
        {"seconds": "long"},
        {"seconds": None},
        {"provenance": {}},
        {"provenance": None},
        {"evidence": []},
        {"evidence": {"thm-3.3": [piece | {"ok": "yes"}]}},
        {"evidence": {"thm-3.3": [piece | {"steps": None}]}},
        {"evidence": {"thm-3.3": [piece | {"unknown": 1}]}},
        {"evidence": {"thm-3.3": [{"kind": "symbolic"}]}},
        {"unknown": 1},
    ):
        texts.append(json.dumps(document | change))
    del document["data"]
    return [*texts, json.dumps(document)]


def test_a_damaged_record_is_refused(record, tmp_path, unchecked):
    path = tmp_path / FILE
    write_record(record, path)
    for text in damaged(json.loads(path.read_text("utf-8"))):
        path.write_text(text, "utf-8")
        with pytest.raises(RecordError, match="damaged"):
            read_record(path)


def test_evidence_that_the_record_lacks_is_not_run(record):
    claim = next(each for each in all_claims() if each.id == "thm-3.3")
    assert record.outcome(claim).verdict == "holds"
    without = replace(record, evidence={})
    assert without.outcome(claim).verdict == "not run"
    assert {piece.kind for piece in without.outcome(claim).evidence} == {"symbolic", "formal", "numeric"}


def test_failed_evidence_refutes(record):
    claim = next(each for each in all_claims() if each.id == "thm-3.3")
    failed = replace(record, evidence={"thm-3.3": (Evidence("numeric", False, 1.0, "3 of 5 checks failed"),)})
    assert failed.outcome(claim).verdict == "refuted"


def test_the_fingerprint_is_that_of_claims_and_proofs(tmp_path, monkeypatch):
    before = fingerprint()
    assert fingerprint() == before
    copy = tmp_path / "coq"
    copy.mkdir()
    for file in sources.proofs_folder().glob("*.v"):
        (copy / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(module, "proofs_folder", lambda: copy)
    assert fingerprint() == before
    (copy / "duality.v").write_text("Admitted.", "utf-8")
    assert fingerprint() != before
