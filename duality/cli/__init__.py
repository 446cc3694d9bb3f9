"""``duality-verify``: the verdicts of the paper's statements on the command line.

Exit codes: 0 every verdict holds, 1 one does not, 2 bad input (one line that names the fix), 3 it could not run, by
the machine's fault or ours, 130 interrupted. Nothing heavy is imported here: `main` must be there to answer Ctrl-C
before the rest is loaded.
"""

import errno
import os

from duality.cli.interruption import INTERRUPTED, signals_interrupt
from duality.cli.streams import COULD_NOT_RUN, FULL, flushed, open_streams, tell, unwritten

_BROKEN_PIPE = 141
"""What a shell reports for a program that the end of a pipe stopped: 128 + SIGPIPE."""
_UNWRITTEN = (*FULL, errno.EFBIG, errno.EIO, errno.EBADF)


def main(arguments: list[str] | None = None) -> int:
    """Run ``duality-verify`` and return its exit code, whatever happens; in a notebook and on a thread too.

    Args:
        arguments: the command line without the program's name; by default the one it was started with, as the
            last thing that the process does.
    """
    try:
        with signals_interrupt(until_the_end=arguments is None):
            open_streams()
            code = flushed(_run(arguments))
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        tell("interrupted, nothing lost")
    return flushed(code)


def _run(arguments: list[str] | None) -> int:
    try:
        from duality.cli.program import run

        return run(arguments)
    except SystemExit:
        # Outside standalone mode only a broken pipe ends here: Rich and Typer have silenced the stream by then.
        return _BROKEN_PIPE
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITTEN:
            return unwritten(error)
        return _last_resort(error)


def _last_resort(error: Exception) -> int:
    """Say that the fault is ours, in one line, and where the trace is."""
    import tempfile
    import traceback

    trace = "".join(traceback.format_exception(error))
    if os.environ.get("DUALITY_DEBUG") == "1":
        tell(trace)
        return COULD_NOT_RUN
    try:
        with tempfile.NamedTemporaryFile(prefix="duality-", suffix=".txt", delete=False) as file:
            file.write(trace.encode(errors="backslashreplace"))
        place = f"its trace is in {file.name}"
    except OSError:
        place = "its trace could not be written"
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    tell(f"an error of ours, {reason}; {place}, and DUALITY_DEBUG=1 shows it")
    return COULD_NOT_RUN
