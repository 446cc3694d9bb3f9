"""A run's folder: its recipe, its checkpoints, its metrics, and the lock that keeps two runs apart.

``recipe.json`` · ``checkpoint-STEP-SHA256.pt`` · ``metrics.jsonl`` · ``tensorboard/`` · ``lock``
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duality.files import write_atomically
from duality.training.errors import LockedError, RunError, writing
from duality.training.recipe import Recipe, recipe_from_dict

_RECIPE = "recipe.json"


@contextmanager
def locked(folder: Path, name: str = "lock") -> Iterator[None]:
    """Make the folder and hold its lock; the lock falls with the process, however that ends.

    Raises:
        LockedError: another process holds it.
        RunError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / name).open("w")
    except OSError as error:
        raise RunError(f"cannot write in {folder} ({error.strerror}): choose another folder with --out") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                f"another run is training in {folder}: wait for it, or choose another --out"
            ) from None
        yield


def record_recipe(folder: Path, recipe: Recipe) -> None:
    """Write the recipe, or check that the run there has the same one.

    Raises:
        RunError: the folder holds a run of another recipe; the message names the first difference.
    """
    path = folder / _RECIPE
    if not path.exists():
        with writing(path):
            write_atomically(path, (json.dumps(recipe.to_dict(), indent=2) + "\n").encode())
        return
    difference = first_difference(read_recipe(folder), recipe)
    if difference:
        raise RunError(
            f"{folder} holds another run ({difference}): choose another --out, or use its recipe to resume it"
        )


def read_recipe(folder: Path) -> Recipe:
    """The recipe of the run in a folder.

    Raises:
        RunError: there is no run.
        RecipeError: its recipe was changed to something that is none.
    """
    path = folder / _RECIPE
    try:
        return recipe_from_dict(json.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        raise RunError(
            f"{folder} holds no run ({_RECIPE} is missing or damaged): name a folder that train wrote"
        ) from None


def first_difference(there: Recipe, here: Recipe) -> str | None:
    """The first ``section.key`` in which two recipes differ, with both values; None where they are equal."""
    old, new = there.to_flat(), here.to_flat()
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            return f"{key} is {old.get(key)!r} there and {new.get(key)!r} here"
    return None
