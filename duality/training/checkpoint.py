"""Checkpoints: written whole or not at all, verified by checksum, never unpickled.

A checkpoint is one file, ``checkpoint-STEP-SHA256.pt``: the name holds the checksum of the content, so one rename
publishes both. The two newest are kept, and others if the recipe says so; a damaged one is passed over for the one
before it.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from duality.files import write_atomically
from duality.training.errors import RecipeError, RunError, writing

KEPT = 2
_NAME = re.compile(r"checkpoint-(\d{9})-([0-9a-f]{64})\.pt")


def save_checkpoint(folder: Path, step: int, state: dict[str, Any], keep_every: int = 0) -> Path:
    """Write ``state`` (tensors, numbers, texts, and lists and dictionaries of them) as the checkpoint of ``step``.

    The file is on the disk before it gets its name, and older ones go only after that; those of every
    ``keep_every``-th step stay.

    Raises:
        RunError: the disk is full or the folder cannot be written; what was there stays.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    path = folder / f"checkpoint-{step:09d}-{hashlib.sha256(content).hexdigest()}.pt"
    with writing(path):
        write_atomically(path, content)
    earlier = [(old_step, old) for old_step, old in checkpoints(folder) if old_step < step]
    lasting = [old for old_step, old in earlier if keep_every and old_step % keep_every == 0]
    kept = {path, *lasting, *(old for _, old in earlier[-(KEPT - 1) :])}
    # Others of this step or later are damaged ones that were passed over.
    for _, old in checkpoints(folder):
        if old not in kept:
            old.unlink(missing_ok=True)
    return path


def checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Steps and files of the checkpoints in a folder, oldest first."""
    if not folder.is_dir():
        return []
    found = [(_NAME.fullmatch(path.name), path) for path in folder.iterdir()]
    return sorted((int(match[1]), path) for match, path in found if match)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read one checkpoint, on the CPU, and check it against the checksum in its name.

    Raises:
        RunError: it cannot be read, was cut short or changed, or is no checkpoint.
    """
    return parse_checkpoint(read_checkpoint(path), str(path))


def read_checkpoint(path: Path) -> bytes:
    """A checkpoint's content, once it agrees with the checksum in its name.

    Raises:
        RunError: it cannot be read, or was cut short or changed.
    """
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise RunError(f"{path.name} is no checkpoint-STEP-SHA256.pt: name one, or a run's folder")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read {path} ({error.strerror}): name a run's folder or a checkpoint") from None
    if hashlib.sha256(content).hexdigest() != match[2]:
        raise RunError(
            f"{path} was cut short or changed (its checksum differs): delete it to use the one before it"
        )
    return content


def parse_checkpoint(content: bytes, name: str) -> dict[str, Any]:
    """The state that `save_checkpoint` wrote; ``name`` is what errors call it.

    Raises:
        RunError: the content is something else.
    """
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch.load raises whatever the bytes lead its readers to
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise RunError(f"{name} is not a checkpoint of tensors and plain values ({reason})") from None
    if not isinstance(state, dict):
        raise RunError(f"{name} is not a checkpoint: it holds a {type(state).__name__}")
    return state


@contextmanager
def fitting(name: str) -> Iterator[None]:
    """Within, a state without a key, or of another network, is a RunError; ``name`` is what it calls the file."""
    try:
        yield
    except RecipeError as error:
        raise RunError(f"{name} is no checkpoint that this version reads ({error}): delete it") from None
    except KeyError as error:
        raise RunError(f"{name} is no checkpoint of a run: it lacks {error}; delete it") from None
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise RunError(f"{name} is of another network or optimiser ({' '.join(lines[:2])}): delete it") from None


def read_newest(folder: Path, warn: Callable[[str], None]) -> tuple[Path, bytes] | None:
    """The newest checkpoint of a run that is whole, or None where there is none. ``warn`` hears of damaged ones.

    Raises:
        RunError: there are checkpoints, and all are damaged.
    """
    found = checkpoints(folder)
    for _, path in reversed(found):
        try:
            return path, read_checkpoint(path)
        except RunError as error:
            warn(str(error))
    if found:
        raise RunError(f"every checkpoint in {folder} is damaged: start again in another folder")
    return None


def load_newest(folder: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The state in the newest checkpoint that is whole, or None. Raises RunError as `read_newest` does."""
    newest = read_newest(folder, warn)
    return None if newest is None else parse_checkpoint(newest[1], str(newest[0]))
