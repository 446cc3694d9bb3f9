"""Checkpoints: written whole or not at all, verified by checksum, never unpickled.

A checkpoint is one file, ``checkpoint-STEP-SHA256.pt``: the name holds the checksum of the content, so one rename
publishes both. The two newest are kept, and others if the recipe says so; a damaged one is passed over for the one
before it.
"""

import hashlib
import io
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from duality.files import write_atomically
from duality.training.errors import RunError, writing

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
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{path} is not a checkpoint of tensors and plain values ({reason})") from None


def load_newest(folder: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The newest checkpoint of a run that is whole, or None where there is none. ``warn`` hears of damaged ones.

    Raises:
        RunError: there are checkpoints, and all are damaged.
    """
    found = checkpoints(folder)
    for _, path in reversed(found):
        try:
            return load_checkpoint(path)
        except RunError as error:
            warn(str(error))
    if found:
        raise RunError(f"every checkpoint in {folder} is damaged: start again in another folder")
    return None
