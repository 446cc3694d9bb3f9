"""What can go wrong with a run and is not a fault of the program. Each message is one line that names the fix."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RecipeError(ValueError):
    """A recipe, or an override of one, that cannot be used."""


class DataError(ValueError):
    """Images that are missing, unreadable or too few."""


class RunError(ValueError):
    """A run's folder that is in use, holds another run, or cannot be written or read."""


class LockedError(RunError):
    """Another process is at work in the folder."""


class DivergedError(RunError):
    """A loss or a gradient that is not finite."""


class InterruptedRunError(Exception):
    """SIGINT or SIGTERM came; a checkpoint has been written."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within, a file that cannot be written raises RunError."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"cannot write {path} ({error.strerror}): free some space and resume, or choose another folder"
        ) from None
