"""Ctrl-C, a hang-up and a request to end are one thing: the command stops with a line and 130."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
_LINE = b"duality-verify: interrupted, nothing lost\n"
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_UNTOUCHED = (signal.SIG_DFL, signal.default_int_handler)


@contextmanager
def signals_interrupt(until_the_end: bool) -> Iterator[None]:
    """Let the signals raise KeyboardInterrupt, but for those that someone else handles or ignores (``nohup``).

    Afterwards they do what they did before; or where the program is to end, what the system has them do: Python at
    its end would answer Ctrl-C with a trace.
    """
    main_thread = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _SIGNALS if main_thread}
    ours = [number for number, handler in before.items() if handler in _UNTOUCHED]
    owner = os.getpid()
    over = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner and number != signal.SIGINT:
            # A process of ours, made by forking, ends as it would without us.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        elif _importing(frame):
            # Modules under way swallow an exception, or show it; nothing else is under way.
            os.write(2, _LINE)
            os._exit(INTERRUPTED)
        if not over:
            raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        over = True
        for number in ours:
            signal.signal(number, signal.SIG_DFL if until_the_end else before[number])


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
