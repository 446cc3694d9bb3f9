"""How several processes fail together.

A process that waits for another within a collective operation cannot hear that the other has failed: NCCL waits for
its time-out. So a thread of each looks for a reason in the store that all share.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from torch._C._distributed_c10d import Store
from torch.distributed import barrier

from duality.training.errors import DataError, InterruptedRunError, RecipeError, RunError

_EVERY = 0.5
"""Seconds between two looks."""
_HEARD = 5.0
"""Seconds that a failing process waits for the others to have heard."""
_FAILED, _SEEN = "duality/failed", "duality/seen"
_BAD_INPUT, _ERROR, _INTERRUPTED = 2, 3, 130


@contextmanager
def watched(store: Store, rank: int, world: int) -> Iterator[None]:
    """Within, a failure of any process, by whatever exception, ends all others, each with one line on stderr.

    An interruption, which all notice at the same step, is no failure. All leave together where there is none.
    """
    finished = threading.Event()
    threading.Thread(target=_watch, args=(store, rank, finished), daemon=True).start()
    try:
        yield
        barrier()
    except InterruptedRunError:
        raise
    except BaseException as error:
        finished.set()
        _tell(store, rank, world, error)
        raise
    finally:
        finished.set()


def _watch(store: Store, rank: int, finished: threading.Event) -> None:
    while not finished.wait(_EVERY):
        try:
            if not store.check([_FAILED]):
                continue
            failure = json.loads(store.get(_FAILED))
            store.add(_SEEN, 1)
        except RuntimeError:
            return  # The store's own process is gone, and with it what there was to hear.
        if failure["rank"] != rank and not finished.is_set():
            print(
                f"process {rank} ends, since process {failure['rank']} failed: {failure['reason']}", file=sys.stderr
            )
            sys.stderr.flush()
            os._exit(failure["code"])


def _tell(store: Store, rank: int, world: int, error: BaseException) -> None:
    """Leave the reason, unless another has, and wait until the others had the time to read it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    failure = {"rank": rank, "reason": lines[0], "code": _code(error)}
    try:
        store.compare_set(_FAILED, "", json.dumps(failure))
        store.add(_SEEN, 1)
        until = time.monotonic() + _HEARD
        while store.add(_SEEN, 0) < world and time.monotonic() < until:
            time.sleep(_EVERY / 5)
    except RuntimeError:
        return


def _code(error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return _INTERRUPTED
    return _BAD_INPUT if isinstance(error, RecipeError | DataError | RunError) else _ERROR
