"""How tests run: the same examples every time in CI, one thread per worker, shapes checked at every call.

Every function of `duality` checks the shapes and types of its signature (see ``addopts`` in pyproject.toml).
"""

import os
import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what runs in the background; the programs that tests interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if "PYTEST_XDIST_WORKER" in os.environ:
    # Read when torch loads, and by every process that a test starts.
    os.environ["OMP_NUM_THREADS"] = "1"

import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if "CI" in os.environ else "default")


@pytest.fixture
def unchecked():
    """Let a wrong argument through to the function's own error, past the check of shapes and types."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def pytest_collection_modifyitems(items: list[pytest.Item]):
    """Notebooks, which have no place for a marker, are slow."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker("slow")
