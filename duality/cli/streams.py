"""The program's output as it is found: closed, full, a notebook's, or a terminal that lacks characters."""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TextIO

COULD_NOT_RUN = 3
FULL = (errno.ENOSPC, errno.EDQUOT)
"""No space is left: the machine's fault, wherever it is met."""


def open_streams() -> None:
    """Give what was closed at the start a place to go, and let a terminal that lacks ‖ or Σ still show the rest."""
    # No file opened later may get the number of standard output or error: libraries write there.
    while (null := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(null)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def tell(line: str) -> None:
    """One line on standard error, if it can be written there."""
    with suppress(OSError, ValueError):
        print(f"duality-verify: {escaped(line)}", file=sys.stderr, flush=True)


def escaped(text: str) -> str:
    """Text with what a terminal would obey, or cannot show, written out: names of files may hold anything."""
    return "".join(
        c if c.isprintable() or c == "\n" else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def flushed(code: int) -> int:
    """The exit code, once everything is written; what cannot be is dropped, lest Python tries again at its end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            _silence(stream)
            if stream is sys.stdout:
                code = code or unwritten(error)
    return code


def unwritten(error: OSError) -> int:
    """Say why the output could not be written, and return the exit code."""
    tell(f"cannot write the output ({error.strerror}): free some space, or write elsewhere")
    return COULD_NOT_RUN


def _silence(stream: TextIO) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
