"""What the commands about training share: options, and errors turned into one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from duality.cli.interruption import INTERRUPTED
from duality.cli.options import BadInputError

TrainingDevice = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, or of several GPUs cuda:1 ...")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print the result alone.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override, such as optimizer.base_lr=0.3.")
]
Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder, or one checkpoint file.")]
Untrained = Annotated[
    bool, typer.Option("--untrained", help="The same network as its seed initialises it, for comparison.")
]

ScaleName = Annotated[
    str, typer.Option("--scale", help="At which size: fashion-mnist, cifar10 ..., or the path of a scale of yours.")
]
Runs = Annotated[Path, typer.Option("--runs", help="The folder of run folders.")]
Results = Annotated[
    Path | None,
    typer.Option(
        "--results",
        help="The folder of results.",
        show_default="results, else the package's; beside a scale of yours",
    ),
]


@contextmanager
def bad_input(trains: bool = True) -> Iterator[None]:
    """Report what is wrong with a recipe, data or a run as bad input, and leave with 130 after an interruption.

    What ``trains``, or reads images, needs torchvision; judging recorded results does not.
    """
    if trains and find_spec("torchvision") is None:
        raise BadInputError('training needs torchvision: install "duality-ssl[train]"')
    from duality.training.errors import DataError, InterruptedRunError, RecipeError, RunError

    try:
        yield
    except (RecipeError, DataError, RunError) as error:
        raise BadInputError(str(error)) from None
    except InterruptedRunError as interruption:
        typer.echo(str(interruption), err=True)
        raise typer.Exit(INTERRUPTED) from None
