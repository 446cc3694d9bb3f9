"""A queue of tasks: every one done once, whoever does it, resumed where it stopped; one failure stops no other.

Processes and machines may share the folders of runs and results, and may join at any time: each task is taken under
a lock that falls with the process that holds it. (Over a network file system that needs one that honours flock, as
NFS does on Linux.)
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

import torch.distributed as dist

from duality.training.errors import DataError, InterruptedRunError, LockedError, RecipeError, RunError
from duality.training.monitor import Reporter
from duality.training.processes import Process
from duality.training.run_folder import locked


@runtime_checkable
class Task(Protocol):
    """Something to train in a folder of its own."""

    @property
    def name(self) -> str:
        """What it is called when it is spoken of."""
        ...

    def run_folder(self, runs: Path) -> Path:
        """Where it is trained."""
        ...


AnyTask = TypeVar("AnyTask", bound=Task)


@dataclass(frozen=True)
class Failure:
    """A task that could not be done, and why, in one line; ``bad_input`` if its recipe is at fault."""

    name: str
    reason: str
    bad_input: bool


@dataclass(frozen=True)
class Queue(Generic[AnyTask]):
    """Tasks and how to do them.

    Attributes:
        noun: what one task is called.
        tasks: in the order in which they are taken.
        is_done: whether a task's result is there, whoever made it.
        work: does a task, and returns what there is to say about it in a few words.
        runs: the folder of run folders.
        process: from `join_processes`; under torchrun all processes do each task together.
        reporter: hears of each task, and of the time left.
    """

    noun: str
    tasks: Sequence[AnyTask]
    is_done: Callable[[AnyTask], bool]
    work: Callable[[AnyTask], str]
    runs: Path
    process: Process
    reporter: Reporter

    def run(self) -> list[Failure]:
        """Do the tasks that are not done and that nobody else is at.

        Returns:
            Those that failed. A later call tries them again.

        Raises:
            DataError: the images cannot be read, which are the same for all tasks.
            RunError: a result that is there is damaged, or of another recipe.
            InterruptedRunError: SIGINT or SIGTERM came; the task at hand was saved and will be resumed.
        """
        failures = []
        begun, missing_at_first = time.monotonic(), self._missing()
        for number, task in self._taken():
            self.reporter.say(f"{self.noun} {number}/{len(self.tasks)}: {task.name}")
            try:
                said = self.work(task)
            except (InterruptedRunError, DataError):
                raise
            except Exception as error:  # whatever it is, the other tasks can still be done
                failures.append(Failure(task.name, _reason(error), isinstance(error, RecipeError)))
                said = f"failed: {_reason(error)}"
            left = self._missing()
            # By the pace of all who share the queue, not of this process alone.
            done, minutes = missing_at_first - left, (time.monotonic() - begun) / 60
            rest = f", about {left * minutes / done:.0f} min left" if done > 0 and left else ""
            count = f"{len(self.tasks) - left} of {len(self.tasks)} {self.noun}s done"
            self.reporter.say(f"{task.name}: {said}; {count}{rest}")
        return failures

    def _missing(self) -> int:
        return sum(not self.is_done(task) for task in self.tasks)

    def _taken(self) -> Iterator[tuple[int, AnyTask]]:
        """The tasks that this process may do, each locked while it is at work on it, with their place from 1."""
        return self._followed() if self.process.world > 1 else self._taken_alone()

    def _taken_alone(self) -> Iterator[tuple[int, AnyTask]]:
        tried: set[int] = set()
        while True:
            before = len(tried)
            for number, task in enumerate(self.tasks, 1):
                if number in tried or self.is_done(task):
                    continue
                # Another process may hold it now, and have finished it the moment before.
                with suppress(LockedError), locked(task.run_folder(self.runs), "cell.lock"):
                    if not self.is_done(task):
                        tried.add(number)
                        yield number, task
            # Once more after every pass that did something: a process may have been killed, its task left behind.
            if len(tried) == before:
                return

    def _followed(self) -> Iterator[tuple[int, AnyTask]]:
        """As `_taken_alone`, where the leading process takes tasks and the others follow it."""
        # Its own group: the others wait here while the leader measures, longer than collectives on GPUs may.
        group = dist.new_group(backend="gloo", timeout=timedelta(days=1))
        own = self._taken_alone() if self.process.leads else iter(())
        while True:
            chosen = [next(own, (0, None))[0]]
            dist.broadcast_object_list(chosen, src=0, group=group)  # pyright: ignore[reportArgumentType]
            if chosen[0] == 0:
                return
            yield chosen[0], self.tasks[chosen[0] - 1]


def _reason(error: Exception) -> str:
    """One line. What has gone wrong with a recipe or a run says so itself; a fault is named by its type."""
    line = (str(error).splitlines() or [""])[0]
    return line if isinstance(error, RecipeError | RunError) else f"{type(error).__name__}: {line}"
