"""The matrices that claims are checked on: random ensembles, the shipped embeddings, or the user's own files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from duality.cli.options import BadInputError, Precision, chosen_precisions
from duality.cli.runs import bad_input
from duality.cli.streams import escaped

if TYPE_CHECKING:
    from torch import Tensor

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


def checkpoint_matrices(runs: Sequence[Path], device: str) -> Data:
    """What networks make of their test split: of a run, at first and at each checkpoint, or of one checkpoint.

    Raises:
        BadInputError: no run there, or its images are missing.
    """
    with bad_input():
        from duality.training.embed import embeddings_over_time
        from duality.training.monitor import Reporter

        return _as_samples([pair for run in runs for pair in embeddings_over_time(run, Reporter())], device)


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
    return _as_samples([(each.name, each.z) for each in embeddings], device)


def _as_samples(named: "Sequence[tuple[str, Tensor]]", device: str) -> Data:
    """Embeddings; of large ones, evenly spaced samples and dimensions."""
    from duality.numeric.ensembles import Sample

    samples = []
    for name, whole in named:
        n, m = whole.shape
        z = whole[:: -(-n // CHECKED_SIZE), :: -(-m // CHECKED_SIZE)]
        part = f" of {n} × {m}" if z.shape != whole.shape else ""
        if z.dtype.itemsize == 1:
            z = z.float()  # torch stores eight bits and does not compute in them
        samples.append(Sample(f"{escaped(name)}, {z.shape[0]} × {z.shape[1]}{part}", z.to(device)))
    return Data(samples, f"embeddings of {', '.join(sample.name for sample in samples)}")
