"""Files that are there whole or not at all, and are written by one process at a time."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: processes do not wait for each other there
    fcntl = None


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Within, no other process holds the lock file, which is made in a folder that is there; until then, wait.

    Raises:
        OSError: the file cannot be written.
    """
    with lock.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, and stays through a power cut.

    Raises:
        OSError: the disk is full or the folder cannot be written; what was there stays.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _keep_names_of(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def _keep_names_of(folder: Path) -> None:
    """Have the disk keep a folder's list of names, where the system lets a folder be opened."""
    if os.name == "nt":
        return
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
