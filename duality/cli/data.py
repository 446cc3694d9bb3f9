"""The matrices that claims are checked on: random ensembles, the shipped embeddings, or the user's own files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from duality.cli.options import BadInputError, Precision, chosen_precisions

if TYPE_CHECKING:
    from duality.numeric.embeddings import Embeddings
    from duality.numeric.ensembles import Sample

CHECKED_SIZE = 1024
"""Samples, and dimensions, of a file that claims are checked on: each needs several matrices of this size."""


@dataclass(frozen=True)
class Data:
    """Matrices, and a few words that say what they are."""

    samples: "list[Sample]"
    description: str

    def __add__(self, other: "Data") -> "Data":
        return Data(self.samples + other.samples, f"{self.description}, and {other.description}")


def random_matrices(trials: int, seed: int, device: str, dtype: Precision | None) -> Data:
    """So many matrices of each precision asked for. Raises BadInputError for a device that is not there."""
    place, dtypes = chosen_precisions(dtype, device)
    from duality.numeric.ensembles import ENSEMBLES, draw

    samples = [sample for each in dtypes for sample in draw(trials, seed, each, place)]
    precisions = ", ".join(str(each).removeprefix("torch.") for each in dtypes)
    kinds = min(trials, len(ENSEMBLES))
    return Data(samples, f"{len(samples):,} random matrices ({kinds} ensembles; {precisions}; seed {seed})")


def shipped_matrices(device: str) -> Data:
    """The trained embeddings of real images that come with the package."""
    from duality.numeric.embeddings import shipped_embeddings

    return _as_data(shipped_embeddings(), device)


def file_matrices(paths: Sequence[Path], device: str) -> Data:
    """Embeddings from files. Raises BadInputError for a file without them."""
    return _as_data([read_embeddings(path) for path in paths], device)


def read_embeddings(path: Path, key: str | None = None) -> "Embeddings":
    """At least two embeddings from a file, N × M.

    Raises:
        BadInputError: the file is none of the formats, holds no matrix or fewer than two finite embeddings.
    """
    from duality.numeric.embeddings import EmbeddingsError, load_embeddings

    try:
        return load_embeddings(path, key)
    except EmbeddingsError as error:
        raise BadInputError(str(error)) from None


def _as_data(embeddings: "Sequence[Embeddings]", device: str) -> Data:
    """The embeddings; of large ones, evenly spaced samples and dimensions."""
    from duality.numeric.ensembles import Sample

    samples = []
    for each in embeddings:
        n, m = each.z.shape
        z = each.z[:: -(-n // CHECKED_SIZE), :: -(-m // CHECKED_SIZE)]
        part = f" of {n} × {m}" if z.shape != each.z.shape else ""
        samples.append(Sample(f"{each.name}, {z.shape[0]} × {z.shape[1]}{part}", z.to(device)))
    return Data(samples, f"embeddings of {', '.join(sample.name for sample in samples)}")
