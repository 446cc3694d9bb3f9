"""Decoupled contrastive learning: SimCLR's family without the positive in the repulsion."""

from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup

from duality.losses.base import Loss, LossOutput
from duality.losses.settings import Normalization
from duality.losses.simclr import contrast


def dcl(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """DCL (Yeh et al. 2021): `duality.losses.simclr.simclr` with the positive taken out of the log-sum-exp.

    Over the 2N embeddings x of both views, x⁺ the other view of x:
    (1/2N) Σ_x [ −x·x⁺/τ + log Σ_{x'≠x,x⁺} exp(x·x'/τ) ].

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        temperature: τ. The authors and lightly take 0.1.
        normalization: as for SimCLR.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = ``alignment`` + ``repulsion``, the two parts of the mean above.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).

    No square: not sample-contrastive in the sense of Definition 3.2 (Proposition 3.1); `dcl_sq` is.
    """
    return contrast(z_a, z_b, temperature, normalization, "plain", distributed, group, positives_repel=False)


def dcl_sq(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """DCL-sq: `dcl` with (x·x')² for x·x' inside the log-sum-exp (section 3 of the paper)."""
    return contrast(z_a, z_b, temperature, normalization, "square", distributed, group, positives_repel=False)


def dcl_abs(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    temperature: float = 0.15,
    normalization: Normalization = "embeddings",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """DCL-abs: `dcl` with |x·x'| for x·x' inside the log-sum-exp (section 3 of the paper)."""
    return contrast(z_a, z_b, temperature, normalization, "absolute", distributed, group, positives_repel=False)


class DCLLoss(Loss):
    """`dcl` as a module."""

    function = staticmethod(dcl)
    temperature: float = 0.15
    normalization: Normalization = "embeddings"


class DCLSqLoss(Loss):
    """`dcl_sq` as a module."""

    function = staticmethod(dcl_sq)
    temperature: float = 0.15
    normalization: Normalization = "embeddings"


class DCLAbsLoss(Loss):
    """`dcl_abs` as a module."""

    function = staticmethod(dcl_abs)
    temperature: float = 0.15
    normalization: Normalization = "embeddings"
