"""What a run says while it goes: measures of its embeddings, JSON lines, TensorBoard, a progress bar."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from duality.criteria import as_embeddings, dimension_energies, sample_energies, self_product
from duality.files import write_atomically
from duality.training.errors import RunError, writing

_COLLAPSED_RANK = 2.0
_COLLAPSED_SHARE = 0.05
"""An effective rank below either, of min(N, M), is reported as collapse."""

_SECONDS_BETWEEN_LINES = 60.0
"""Of progress, where there is no terminal."""


@torch.no_grad()
def embedding_metrics(z: Float[Tensor, "N M"]) -> dict[str, float]:
    """Measures of one view's embeddings, as the network gives them.

    - ``norm_mean``, ``norm_std``: of ‖K_·i‖ over samples
    - ``effective_rank``: exp of the entropy of the normalised singular values (RankMe), 1 to min(N, M); of the
      centred embeddings, so that one point common to all counts as collapse
    - ``gram_dominance``, ``covariance_dominance``: mean over rows of |A_ii| / Σ_k|A_ik|, 1 for a diagonal matrix;
      the Gram matrix KᵀK and the centred covariance KKᵀ (supplement G)
    - ``row_fourth_powers``: Σ_j‖K_j·‖⁴ over its lower bound T²/M, T = ‖K‖²_F: 1 to M (Lemma 3.4, which has
      T = N a² for embeddings of norm a)
    - ``column_fourth_powers``: Σ_i‖K_·i‖⁴ over its lower bound T²/N: 1 to N
    """
    z = as_embeddings(z)
    n, m = z.shape
    samples, dimensions = sample_energies(z), dimension_energies(z)
    total = samples.sum().square().clamp_min(torch.finfo(z.dtype).tiny)
    norms = samples.sqrt()
    centered = z - z.mean(dim=0)
    metrics = {
        "norm_mean": norms.mean(),
        "norm_std": norms.std(unbiased=False),
        "effective_rank": _effective_rank(centered),
        "gram_dominance": _dominance(self_product(z)),
        "covariance_dominance": _dominance(self_product(centered.T)),
        "row_fourth_powers": m * dimensions.square().sum() / total,
        "column_fourth_powers": n * samples.square().sum() / total,
    }
    return {name: float(value) for name, value in metrics.items()}


def _effective_rank(z: Tensor) -> Tensor:
    smaller = self_product(z if z.shape[0] <= z.shape[1] else z.T)
    singular = torch.linalg.eigvalsh(smaller.double()).clamp_min(0).sqrt()
    share = singular / singular.sum().clamp_min(torch.finfo(singular.dtype).tiny)
    return torch.special.entr(share).sum().exp()


def _dominance(matrix: Tensor) -> Tensor:
    magnitude = matrix.abs()
    return (magnitude.diagonal() / magnitude.sum(dim=1).clamp_min(torch.finfo(matrix.dtype).tiny)).mean()


def collapse_warning(metrics: dict[str, float], most: int) -> str | None:
    """One line if the embeddings have collapsed: to nearly a point or a line, or to few of their dimensions.

    ``most`` is the effective rank's maximum, min(N, M).
    """
    rank = metrics["effective_rank"]
    if rank >= max(_COLLAPSED_RANK, _COLLAPSED_SHARE * most):
        return None
    return (
        f"the embeddings have collapsed (effective rank {rank:.2f} of {most}): "
        "lower optimizer.base_lr or weigh the loss anew"
    )


class MetricsLog:
    """The run's ``metrics.jsonl``, one JSON object a line with a ``step``; TensorBoard too where it is installed.

    Lines of steps at or after ``start`` are dropped when it opens: a resumed run writes them anew.
    """

    def __init__(self, folder: Path, start: int) -> None:
        self.path = folder / "metrics.jsonl"
        self._keep_before(start)
        self._file = self.path.open("a", encoding="utf-8")
        self._board = _tensorboard(folder, start)

    def _keep_before(self, start: int) -> None:
        if not self.path.exists():
            return
        kept = [line for line in self.path.read_text("utf-8").splitlines(keepends=True) if _step_of(line) < start]
        with writing(self.path):
            write_atomically(self.path, "".join(kept).encode())

    def write(self, step: int, values: dict[str, Any]) -> None:
        """Append a line. Raises RunError if the disk is full."""
        try:
            self._file.write(json.dumps({"step": step} | values) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunError(f"cannot write {self.path} ({error.strerror}): free some space and resume") from None
        if self._board is not None:
            for name, value in values.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Close the file and TensorBoard's."""
        self._file.close()
        if self._board is not None:
            self._board.close()


def _step_of(line: str) -> float:
    """A line's step; infinite where a kill cut the line short."""
    try:
        return float(json.loads(line)["step"])
    except ValueError:
        return float("inf")


def _tensorboard(folder: Path, start: int):
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=start)


class Reporter:
    """Progress with the time left, on standard error: a bar on a terminal, a plain line now and then elsewhere."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self._console = Console(stderr=True)
        self._progress: Progress | None = None

    def start(self, total: int, done: int) -> None:
        """Begin to count to ``total`` steps."""
        self._total, self._begun_with, self._done = total, done, done
        self._begun = self._last_line = time.monotonic()
        if self.quiet or not self._console.is_terminal:
            return
        columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
        self._progress = Progress(*columns, console=self._console)
        self._task = self._progress.add_task("training", total=total, completed=done)
        self._progress.start()

    def advance(self, description: str) -> None:
        """One step further."""
        self._done += 1
        if self._progress is not None:
            self._progress.update(self._task, advance=1, description=description)
        elif time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            pace = (self._last_line - self._begun) / (self._done - self._begun_with)
            minutes = pace * (self._total - self._done) / 60
            self.say(f"{description}: step {self._done} of {self._total}, about {minutes:.0f} min left")

    def say(self, line: str) -> None:
        """A line for the reader."""
        if self.quiet:
            return
        if self._progress is not None:
            self._progress.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)

    def stop(self) -> None:
        """End the bar, if there is one."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
