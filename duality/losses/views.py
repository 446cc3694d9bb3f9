"""Two views of one batch, on one process or on many: checked, and in a type that holds their fourth powers.

Losses take batch-first ``z_a``, ``z_b`` = Kᵀ of shape (N, M): sample i of one is another view of sample i of the
other. float16 and bfloat16 are computed in float32, under autocast too; float32 in float64, where fourth powers may
leave its range, and under `torch.func.vmap`, where that cannot be seen. The loss is of float32 in all these cases.
"""

import math
import zlib
from dataclasses import dataclass
from numbers import Real
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup

from duality.criteria import as_embeddings, largest_norm
from duality.distributed import (
    Group,
    gather_numbers,
    gather_samples,
    gather_texts,
    process_count,
    sum_over_processes,
)
from duality.losses.base import LossOutput
from duality.losses.settings import check_settings


@dataclass(frozen=True)
class Views:
    """Two views of a batch of ``samples``: all of them, or, where ``split``, the part of them on this process.

    ``group`` are the processes of the batch, ``dtype`` is that of the loss.
    """

    a: Float[Tensor, "n M"]
    b: Float[Tensor, "n M"]
    counts: list[int]
    split: bool
    group: Group
    dtype: torch.dtype

    @property
    def samples(self) -> int:
        """N, over all processes."""
        return sum(self.counts)

    @property
    def dimensions(self) -> int:
        """M."""
        return self.a.shape[1]

    def total(self, part: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """A sum over the samples at hand, completed over all samples."""
        return sum_over_processes(part, self.group) if self.split else part

    def center(self, z: Float[Tensor, "n M"]) -> Float[Tensor, "n M"]:
        """One of the views less the mean of every dimension over all samples."""
        # Adding the negative mean, not subtracting the mean, spares the gradient a pass over all entries.
        return z + self.total(z.sum(dim=0)) / -self.samples

    def gathered(self) -> "Views":
        """The same with all samples on every process."""
        if not self.split:
            return self
        a, b = (gather_samples(z, self.counts, self.group) for z in (self.a, self.b))
        return Views(a, b, self.counts, False, self.group, self.dtype)

    def output(self, total: Float[Tensor, ""], **terms: Float[Tensor, ""]) -> LossOutput:
        """The loss and its terms, in their type."""
        return LossOutput(total.to(self.dtype), {name: term.to(self.dtype) for name, term in terms.items()})


def share_views(
    z_a: Float[Tensor, "n M"],
    z_b: Float[Tensor, "n M"],
    loss: str,
    settings: dict[str, Any],
    distributed: bool = True,
    group: ProcessGroup | None = None,
    moments: int = 2,
) -> Views:
    """Two views and the settings of their loss, checked and ready to be used on several processes.

    The setting ``side`` says what is sent there: ``"gram"``, as without a side, sends embeddings to all processes
    (N × M), ``"covariance"`` leaves them where they are, for a loss that then adds up moments (M × M), ``"auto"``
    chooses the smaller.

    Args:
        z_a: the samples of this process.
        z_b: other views of the same.
        loss: its name.
        settings: by name.
        distributed: whether other processes have samples of this batch.
        group: these processes; None for all.
        moments: how many matrices of moments the loss needs; of embeddings there are two.

    Raises:
        ValueError: anywhere among the processes, a setting out of its range; views that differ in shape, are no
            floating-point matrices, not finite or too large, have fewer than two samples, or no dimension. Or
            processes differ in loss, settings, data type, dimensions, or in which view needs a gradient.
    """
    if group is not None and not distributed:
        raise ValueError("a group is given with distributed=False: leave out one of the two")
    where: Group = group if distributed else "self"
    problem, a, b, wide = _checked(z_a, z_b, settings)
    counts, wide = _agreed(problem, a, b, wide, _fingerprint(loss, settings), where)
    dtype = a.dtype
    if wide:
        a, b = a.double(), b.double()
    views = Views(a, b, counts, process_count(where) > 1, where, dtype)
    side = settings.get("side", "gram")
    keep_split = side == "covariance" or (side == "auto" and 2 * views.samples > moments * views.dimensions)
    return views if keep_split else views.gathered()


def _checked(z_a: Tensor, z_b: Tensor, settings: dict[str, Any]) -> tuple[str, Tensor, Tensor, bool]:
    """What is wrong on this process, if anything; the views in at least float32; whether they need float64."""
    try:
        check_settings(**settings)
        a, b = as_embeddings(z_a), as_embeddings(z_b)
    except ValueError as error:
        return str(error), z_a, z_b, False
    if a.shape != b.shape:
        shapes = f"{tuple(a.shape)} and {tuple(b.shape)}"
        return f"views of shape {shapes}: give two views of the same samples", a, b, False
    if a.shape[1] == 0:
        return f"embeddings of shape {tuple(a.shape)} have no dimension: give at least 1", a, b, False
    dtype = torch.promote_types(a.dtype, b.dtype)
    a, b = a.to(dtype), b.to(dtype)
    norms = _norms(a, b)
    if norms is None:
        return "", a, b, dtype != torch.float64
    # A norm passes NaN and infinity on, in one quick pass; only one that overflows needs a look at every entry.
    if not all(map(math.isfinite, norms)) and not all(bool(torch.isfinite(z.detach()).all()) for z in (a, b)):
        return "embeddings have NaN or infinite entries: lower the learning rate, or skip this batch", a, b, False
    wide = max(norms) > largest_norm(dtype)
    if wide and dtype == torch.float64:
        return f"embeddings have a norm beyond {largest_norm(dtype):.0e}: make them smaller", a, b, False
    return "", a, b, wide


def _norms(a: Tensor, b: Tensor) -> list[float] | None:
    """The Frobenius norms; None under `vmap`, which has no numbers to look at."""
    try:
        return [float(torch.linalg.vector_norm(z.detach())) for z in (a, b)]
    except RuntimeError as error:
        if "vmap" not in str(error):
            raise
        return None


def _agreed(problem: str, a: Tensor, b: Tensor, wide: bool, loss: int, group: Group) -> tuple[list[int], bool]:
    """The number of samples on each process, and whether any needs float64, once all agree on what they do.

    Every process must learn of a problem on any of them: it would wait for the others forever.
    """
    numbers = {
        "samples": a.shape[0],
        "problem": bool(problem),
        "wide": wide,
        "dimensions": a.shape[-1],
        "bits": torch.finfo(a.dtype).bits if a.is_floating_point() else 0,
        "gradients": 2 * a.requires_grad + b.requires_grad if torch.is_grad_enabled() else 0,
        "loss": loss,
    }
    rows = gather_numbers(*map(int, numbers.values()), device=a.device, group=group)
    columns = dict(zip(numbers, map(list, zip(*rows, strict=True)), strict=True))
    if any(columns["problem"]):
        reasons = gather_texts(problem, a.device, group)
        first = next(rank for rank, reason in enumerate(reasons) if reason)
        raise ValueError(problem or f"process {first} cannot go on: {reasons[first]}")
    for name, wrong in _DISAGREEMENTS.items():
        if len(set(columns[name])) > 1:
            raise ValueError(f"processes {wrong.format(columns[name])}: they must agree")
    if sum(columns["samples"]) < 2:
        raise ValueError(f"a batch of {sum(columns['samples'])}: the loss compares samples, give at least 2")
    return columns["samples"], any(columns["wide"])


_DISAGREEMENTS = {
    "dimensions": "have embeddings of {} dimensions",
    "bits": "have embeddings of {} bits",
    "gradients": "differ in which view needs a gradient",
    "loss": "have other losses or settings of them",
}


def _fingerprint(loss: str, settings: dict[str, Any]) -> int:
    """The same number for the same loss and settings on any machine."""
    plain = {name: float(value) if isinstance(value, Real) else value for name, value in settings.items()}
    return zlib.crc32(f"{loss} {sorted(plain.items())}".encode())
