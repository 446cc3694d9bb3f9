"""``duality-verify embed``: a run's embeddings as a file that ``audit`` reads."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from duality.cli.options import Json
from duality.cli.output import console, print_json
from duality.cli.runs import Run, TrainingDevice, Untrained, bad_input

if TYPE_CHECKING:
    from duality.training.recipe import Recipe

Layer = Annotated[
    Literal["embeddings", "representations"], typer.Option(help="Behind the projector, or before it.")
]
Split = Annotated[Literal["test", "train"], typer.Option(help="The images to embed.")]
Samples = Annotated[int | None, typer.Option(min=2, help="Only the first images.", show_default="all")]
Probes = Annotated[bool, typer.Option("--probes", help="Also record the offline probes' accuracy in the file.")]
Out = Annotated[Path | None, typer.Option(help="A .safetensors file.", show_default="RUN/LAYER.safetensors")]


def embed(
    run: Run,
    out: Out = None,
    layer: Layer = "embeddings",
    split: Split = "test",
    samples: Samples = None,
    probes: Probes = False,
    untrained: Untrained = False,
    device: TrainingDevice = "auto",
    json: Json = False,
) -> None:
    """Export embeddings with their labels and their provenance."""
    with bad_input():
        from duality.training.embed import export, load_network
        from duality.training.monitor import Reporter

        folder = run if run.is_dir() else run.parent
        path = out or folder / f"{layer}.safetensors"
        trained = load_network(run, Reporter(), untrained, device)
        command = f"{_train_command(trained.recipe, folder)} && {shlex.join(['duality-verify', *sys.argv[1:]])}"
        shape = export(trained, path, layer=layer, split=split, samples=samples, probes=probes, command=command)
    if json:
        print_json({"file": str(path), "shape": list(shape)})
    else:
        out_console = console()
        out_console.print(f"{path}: {shape[0]} samples × {shape[1]} dimensions")
        out_console.print(f"Next: duality-verify audit {path}")


def _train_command(recipe: "Recipe", folder: Path) -> str:
    """What to type for the same run in the same folder."""
    from duality.training.recipe import shipped_recipes

    shipped = recipe.name in shipped_recipes()
    overrides = [word for item in (recipe.overrides() if shipped else []) for word in ("--set", item)]
    source = recipe.name if shipped else f"{recipe.name}.toml"
    return shlex.join(["duality-verify", "train", source, "--out", str(folder), *overrides])
