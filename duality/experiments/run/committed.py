"""Where results are: those that come with the package, in a checkout or a wheel, and those of the folder here."""

import os
import shutil
from pathlib import Path

from duality.files import alone
from duality.training.errors import RunError

HERE = Path("results")
"""The folder of results, where none is named."""

_OURS = ("verdicts.json", "*/tuning/*.json", "*/cells/*/*/*.json")
"""What commands read there; pyproject.toml puts the same into the wheel."""


def committed_results() -> Path:
    """The results that come with the package: inside an installed package, or in the repository."""
    package = Path(__file__).parents[2]
    installed = package / "results"
    return installed if installed.is_dir() else package.parent / "results"


def readable_results(named: Path | None = None) -> Path:
    """The folder to read results from: the one named, ``results`` here, or where that has none, the package's."""
    return named or (HERE if _has_results(HERE) else committed_results())


def writable_results(named: Path | None = None) -> Path:
    """The folder to add results to: the one named, or ``results`` here, which begins as a copy of the package's.

    Raises:
        RunError: it cannot be written.
    """
    if named is not None:
        return named
    try:
        HERE.mkdir(exist_ok=True)
        with alone(HERE / ".copying"):  # processes that start together must all find the whole copy
            if not _has_results(HERE):
                _copy(committed_results(), HERE)
    except OSError as error:
        raise RunError(f"cannot write {HERE} ({error.strerror}): choose another --results") from None
    return HERE


def _copy(source: Path, target: Path) -> None:
    """Copy what `_OURS` names; nothing of it is there before all of it is."""
    partial = target / ".partial"
    shutil.rmtree(partial, ignore_errors=True)
    for path in (path for pattern in _OURS for path in source.glob(pattern)):
        copy = partial / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    shutil.copytree(partial, target, dirs_exist_ok=True, copy_function=os.replace)
    shutil.rmtree(partial)


def _has_results(folder: Path) -> bool:
    return any(next(folder.glob(pattern), None) for pattern in _OURS)
