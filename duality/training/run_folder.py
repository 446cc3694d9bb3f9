"""A run's folder: its recipe, its checkpoints, its metrics, and the lock that keeps two runs apart.

``recipe.json`` · ``checkpoint-STEP-SHA256.pt`` · ``metrics.jsonl`` · ``tensorboard/`` · ``lock``
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from duality.files import write_atomically
from duality.training.checkpoint import checkpoints
from duality.training.errors import LockedError, RunError, writing
from duality.training.recipe import Recipe, first_difference, recipe_from_dict

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two runs out of one folder there
    fcntl = None

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
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LockedError(
                    f"another run is training in {folder}: wait for it, or choose another --out"
                ) from None
            except OSError as error:
                raise RunError(
                    f"cannot lock {folder} ({error.strerror}): choose a folder on a disk that has locks"
                ) from None
        yield


def refuse_another(folder: Path, recipe: Recipe) -> None:
    """Check that a run that has got as far as a checkpoint here has the same recipe.

    Raises:
        RunError: it has another one; the message names the first difference.
    """
    try:
        there = read_recipe(folder)
    except ValueError:
        return  # Missing or damaged: the checkpoint itself will tell.
    if checkpoints(folder):
        refuse_difference(folder, there, recipe)


def refuse_difference(folder: Path, there: Recipe, here: Recipe) -> None:
    """Check that two recipes are the same one. Raises RunError with the first difference."""
    difference = first_difference(there, here)
    if difference:
        raise RunError(
            f"{folder} holds another run ({difference}): choose another --out, or use its recipe to resume it"
        )


def record_recipe(folder: Path, recipe: Recipe) -> None:
    """Write the recipe of the run that begins, or goes on, in the folder. Raises RunError if it cannot."""
    path = folder / _RECIPE
    with writing(path):
        write_atomically(path, (json.dumps(recipe.to_dict(), indent=2) + "\n").encode())


def read_recipe(folder: Path) -> Recipe:
    """The recipe of the run in a folder.

    Raises:
        RunError: there is no run.
        RecipeError: its recipe was changed to something that is none.
    """
    path = folder / _RECIPE
    try:
        table = json.loads(path.read_bytes())
        if isinstance(table, dict):
            return recipe_from_dict(table)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        pass
    raise RunError(f"{folder} holds no run ({_RECIPE} is missing or damaged): name a folder that train wrote")
