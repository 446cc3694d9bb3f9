"""``duality-verify pack-images``: a data set's image files as arrays in one file, for a recipe to read."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from duality.cli.options import Json
from duality.cli.output import console, print_json
from duality.cli.runs import bad_input

Folder = Annotated[
    Path, typer.Argument(help="Holds train/CLASS/* and val/CLASS/* or test/CLASS/*, or CIFAR's files.")
]
Out = Annotated[Path, typer.Argument(metavar="OUT", help="The .safetensors file to write.")]
Size = Annotated[
    int | None, typer.Option(min=1, help="Resize and cut images to this side.", show_default="as they are")
]


def pack_images(folder: Folder, out: Out, size: Size = None, json: Json = False) -> None:
    """Write the images of a folder into one file, from which training reads without decoding."""
    with bad_input():
        from duality.training.pack import pack_images as pack

        packed = pack(folder, out, size)
    if json:
        print_json({"file": str(out)} | dataclasses.asdict(packed))
        return
    shape, classes = " × ".join(map(str, packed.shape)), len(packed.classes)
    lines = console()
    lines.print(f"{out}: {packed.train:,} training and {packed.test:,} test images of {classes} classes, {shape}")
    lines.print(f"SHA-256 {packed.checksum}")
