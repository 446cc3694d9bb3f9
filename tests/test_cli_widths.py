"""Whatever a terminal's width, each command shows ids and verdicts in full, each verdict beside or below its id."""

import importlib
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
from rich.cells import cell_len
from rich.console import Console

from duality.claims import Evidence, Verdict, all_claims
from duality.claims.evidence import Outcome
from duality.cli import dry_run, empirical, judgements, main, output, tune
from duality.cli.formal import _print_claim
from duality.experiments import all_experiments
from duality.experiments.infer import verdict
from tests.test_cli import GOOD, claim, claims  # noqa: F401

IDS = [each.id for each in all_claims()]
JUDGED = get_args(verdict.Verdict)
TITLE = "A title of many words " * 4
CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(params=[80, 60, 40, 20])
def width(request, monkeypatch, unchecked):
    """A terminal of this width, in every command."""
    monkeypatch.setattr(output, "_PLAIN_WIDTH", request.param)
    monkeypatch.setattr(output, "Console", partial(Console, force_terminal=True, no_color=True))
    return request.param


@pytest.fixture(scope="module")
def judged():
    """Every experiment at every scale, with each word for a verdict in turn."""
    found = empirical.judged_at_each_scale(all_experiments(), Path("nowhere"))
    place = iter(range(1000))
    return [
        (each, {scale: replace(at, verdict=JUDGED[next(place) % len(JUDGED)]) for scale, at in at_scales.items()})
        for each, at_scales in found
    ]


def assert_whole(shown: str, width: int, rows: list[tuple[str, ...]]) -> None:
    """Each row's words are in one line, or follow each other with nothing between."""
    lines = CODES.sub("", shown).splitlines()
    assert max(map(cell_len, lines)) <= width
    for words in rows:
        beside = re.compile(r"\s.*?".join(map(re.escape, words)) + r"(\W|$)")
        assert any(map(beside.search, lines)) or squeezed(*words) in squeezed(*lines), words


def squeezed(*texts: str) -> str:
    return "".join(CODES.sub("", "".join(texts)).split())


@pytest.fixture
def outcomes(monkeypatch) -> list[Outcome]:
    """Every id with every verdict that a claim can have."""
    monkeypatch.setattr(Outcome, "verdict", property(lambda outcome: outcome.evidence[0].detail))
    return [
        Outcome(claim(id, title=TITLE), (Evidence("symbolic", None, 1.0, word),))
        for id in IDS
        for word in get_args(Verdict)
    ]


def test_table_of_outcomes(width, capsys, outcomes):
    output.print_outcomes(output.console(), outcomes, ("symbolic",))
    assert_whole(capsys.readouterr().out, width, [(each.claim.id, each.verdict) for each in outcomes])


@pytest.mark.parametrize("command", [(), ("numeric",)])
def test_commands_with_a_table(width, capsys, claims, command):  # noqa: F811
    claims(*(replace(GOOD, id=id, title=TITLE) for id in IDS))
    assert main([*command, "--trials", "1", "--dtype", "float32"]) == 0
    assert_whole(capsys.readouterr().out, width, [(id, "holds") for id in IDS])


def test_commands_with_a_page_for_each(width, capsys, claims):  # noqa: F811
    claims(*(replace(GOOD, id=id, title=TITLE) for id in IDS))
    assert main(["prove"]) == 0
    shown = squeezed(capsys.readouterr().out)
    assert all(squeezed(id, TITLE) in shown for id in IDS)


def test_page_of_a_theorem(width, capsys, outcomes):
    for outcome in outcomes:
        _print_claim(output.console(), outcome, None)
        assert squeezed(outcome.claim.id, TITLE, outcome.verdict) in squeezed(capsys.readouterr().out)


def test_claims(width, capsys, judged, monkeypatch):
    module = importlib.import_module("duality.cli.claims")
    monkeypatch.setattr(module, "judged_at_each_scale", lambda *_: judged)
    assert main(["claims"]) == 0
    theory = [(each.id, each.verdict) for each in all_claims()]
    ran = [
        (each.id, scale.name, at.verdict)
        for each, at_scales in judged
        for scale, at in at_scales.items()
        if at.verdict != "not run"
    ]
    assert_whole(capsys.readouterr().out, width, [*theory, *ran])


def test_reproduce(width, capsys, judged):
    one_scale = [(each, next(iter(at_scales.values()))) for each, at_scales in judged]
    judgements.print_judgements(output.console(), one_scale)
    assert_whole(capsys.readouterr().out, width, [(each.id, at.verdict) for each, at in one_scale])


def test_tune(width, capsys):
    states = [("done", 0.9123), ("diverged", None), ("failed", None)]
    trials = [
        {"number": n, "state": state, "accuracy": accuracy, "settings": {"optimizer.base_lr": 0.1}, "seconds": 3.0}
        for n, (state, accuracy) in enumerate(states)
    ]
    record = {
        "method": "VICReg",
        "ranges": {"optimizer.base_lr": [0, 1]},
        "trials": trials,
        "budget": 9,
        "best": None,
    }
    tune._print_search(record, Path("record.json"))
    rows = [("trial 0", "91.23%"), ("trial 1", "diverged"), ("trial 2", "failed")]
    assert_whole(capsys.readouterr().out, width, rows)


def test_dry_run(width, capsys):
    powers = (None, 0.1, 0.99)
    experiments = [
        {
            "id": each.id,
            "title": each.title,
            "cells": 9,
            "left": 8,
            "power": power,
            "power_at_the_spread_seen": power,
        }
        for each in all_experiments()
        for power in powers
    ]
    plan = {
        "cells": {"left": [], "total": 9},
        "experiments": experiments,
        "spread": {"origin": "for tests"},
        "not_tuned": [],
        "scale": "tiny",
        "hours": 1.0,
    }
    dry_run.print_dry_run(output.console(), plan)
    words = [(each["id"], dry_run._word(each["power"])) for each in experiments if each["power"] != 0.99]
    assert_whole(capsys.readouterr().out, width, words)
