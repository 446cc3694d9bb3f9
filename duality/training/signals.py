"""Signals that ask a run to stop: noticed, and heeded when a step is done."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STOP = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def noticed_signals() -> Iterator[Callable[[], bool]]:
    """Within, SIGINT, SIGTERM and SIGHUP only set a flag, which the value given tells.

    A SIGHUP that is ignored, as nohup has it, stays so. Signals are the main thread's: in another, none is noticed.
    """
    noticed: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        before = {each: signal.getsignal(each) for each in _STOP if not _is_hangup_ignored(each)}
    for each in before:
        signal.signal(each, lambda number, _: noticed.append(number))
    try:
        yield lambda: bool(noticed)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _is_hangup_ignored(number: int) -> bool:
    return number not in (signal.SIGINT, signal.SIGTERM) and signal.getsignal(number) == signal.SIG_IGN
