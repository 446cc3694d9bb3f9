"""What reproduce and tune share: a part of a grid, running it here, and what becomes of tasks that failed."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from duality.cli.options import BadInputError

if TYPE_CHECKING:
    from duality.experiments.run.queue import Failure
    from duality.training.monitor import Reporter
    from duality.training.processes import Process

BAD_INPUT, NOT_RUN = 2, 3

PartOfGrid = Annotated[
    str, typer.Option("--part", metavar="K/N", help="Only every N-th run: 1/4, 2/4 ... on four machines.")
]
AnyTask = TypeVar("AnyTask")


def part_of(tasks: Sequence[AnyTask], part: str) -> Sequence[AnyTask]:
    """Every N-th task from the K-th, of ``K/N``: each part has something of everything.

    Raises:
        BadInputError: it is not written so.
    """
    written = re.fullmatch(r"(\d+)/(\d+)", part)
    number, count = map(int, written.groups()) if written else (0, 0)
    if not 1 <= number <= count:
        raise BadInputError(f"part is {part!r}: write K/N with K from 1 to N, such as 1/4")
    return tasks[number - 1 :: count]


def run_here(run: "Callable[[Process], list[Failure]]", device: str, reporter: "Reporter") -> "list[Failure]":
    """Run tasks on this process, or with the others that torchrun started, which leave by themselves at the end.

    Returns:
        The tasks that failed.
    """
    from duality.training.processes import join_processes

    with join_processes(device) as process:
        reporter.quiet = reporter.quiet or not process.leads
        failures = run(process)
    if not process.leads:
        leave_by(failures)
        raise typer.Exit
    return failures


def reasons(failures: "Sequence[Failure]") -> list[str]:
    """One line for each reason: which task failed so, or how many and which was the first."""
    by_reason = groupby(sorted(failures, key=lambda each: each.reason), key=lambda each: each.reason)
    lines = []
    for reason, group in by_reason:
        first, *others = group
        lines.append(f"{first.name}{f' and {len(others)} more' if others else ''} failed: {reason}")
    return lines


def leave_by(failures: "Sequence[Failure]") -> None:
    """Leave with the exit code for tasks that failed, if any did: bad input where their recipes are at fault."""
    if failures:
        raise typer.Exit(BAD_INPUT if all(failure.bad_input for failure in failures) else NOT_RUN)
