"""VICReg, its rewriting through L_c (eq. 10), and its variants VICReg-exp and VICReg-ctr.

All are invariance (squared error of the views) + variance (a hinge that holds a scale up) + covariance (repulsion).
VICReg repels dimensions with squares, VICReg-exp dimensions with a log-sum-exp, VICReg-ctr samples with one.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributed import ProcessGroup

from duality.criteria import (
    Side,
    dimension_contrastive,
    dimension_fourth_powers,
    sample_contrastive,
    sample_fourth_powers,
    self_product,
)
from duality.losses.base import Loss, LossOutput
from duality.losses.logsumexp import pairwise_logsumexp
from duality.losses.squares import off_diagonal_norm, square_sums
from duality.losses.views import Views, share_views

_EPSILON = 1e-4
"""Added to a variance under its root, as in the authors' code: the slope of the root stays finite."""


def vicreg(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    invariance_weight: float = 25.0,
    variance_weight: float = 25.0,
    covariance_weight: float = 1.0,
    side: Side = "auto",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """VICReg (Bardes et al. 2022), scaled as in the authors' code, with the real N.

    Of z, centred over the batch, and C = zᵀz/(N−1):

    - invariance = ‖z_a − z_b‖²_F/(NM), before centring
    - variance = the mean over both views and all dimensions of max(0, 1 − √(C_jj + 1e-4))
    - covariance = Σ over both views of (1/M) Σ_{j≠j'} C_jj'² = L_nc(z)/(M(N−1)²)

    The paper's text sums the variance of both views; the code, and this, take their mean. solo-learn sums.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        invariance_weight: λ, 0 or more.
        variance_weight: μ, 0 or more.
        covariance_weight: ν, 0 or more.
        side: the matrix that the covariance is evaluated on (`duality.criteria`); over several processes also what
            is sent, embeddings for ``"gram"`` or covariances for ``"covariance"``.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = λ ``invariance`` + μ ``variance`` + ν ``covariance``.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).
    """
    weights = _weights(invariance_weight, variance_weight, covariance_weight)
    views = share_views(z_a, z_b, "vicreg", weights | {"side": side}, distributed, group)
    return _vicreg(views, weights, _dimension_variances(views), lambda z: _covariance(z, views, side))


def vicreg_contrastive(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    invariance_weight: float = 25.0,
    variance_weight: float = 25.0,
    covariance_weight: float = 1.0,
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """`vicreg` with its covariance written as (L_c + L_reg)/(M(N−1)²) of the centred embeddings (eq. 8–10).

    L_reg = Σ_i‖K_·i‖⁴ − Σ_j‖K_j·‖⁴. The same value and gradient, from similarities of samples. For reading, not for
    training: sums of fourth powers cancel; ``vicreg(side="gram")`` takes the same route and knows when to leave it.
    """

    def covariance(z: Tensor) -> Tensor:
        n, m = z.shape
        regularizer = sample_fourth_powers(z) - dimension_fourth_powers(z)
        return (sample_contrastive(z, side="gram") + regularizer) / (m * (n - 1) ** 2)

    weights = _weights(invariance_weight, variance_weight, covariance_weight)
    views = share_views(z_a, z_b, "vicreg_contrastive", weights, distributed, group)
    return _vicreg(views, weights, _dimension_variances(views), covariance)


def vicreg_exp(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    invariance_weight: float = 25.0,
    variance_weight: float = 25.0,
    covariance_weight: float = 5.0,
    temperature: float = 0.1,
    side: Side = "auto",
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """VICReg-exp, `vicreg` with a log-sum-exp for the squares of its covariance (eq. 11 and 12).

    covariance = Σ over both views of (1/M) Σ_j log Σ_{j'≠j} exp(C_jj'/τ); invariance and variance are VICReg's.

    DCL's repulsion on the dimensions, with no square in it: it is smallest not at L_nc = 0 but where all C_jj' are
    −1/(M−1) of the variance. No M × M matrix is kept.

    What keeps it from collapsing, as it does with the weights 25, 25, 1 and τ = 0.5 of public attempts:

    - τ well below the variance 1 that the hinge holds, 0.1 to 0.2. While all |C_jj'| ≪ τ the term is, up to its
      mean, VICReg's with the weight ν/(2τ²(M−1)): 0.001 for ν = 1, τ = 0.5, M = 2048. Only a small τ lets the
      largest covariances of each dimension stand out of the log-sum-exp.
    - ν/τ, the steepest slope of the repulsion, against 2λ, that of the invariance. With λ = 25 about as much keeps
      its rank: much more (ν = 10 at τ = 0.1) diverges at learning rates that suit VICReg, much less (ν = 1) leaves
      dimensions correlated. It is no rule for other λ: VICReg-ctr trains well at 1, 1, 1 and τ = 0.1, where ν/τ is
      five times 2λ.
    - centred dimensions, over the whole batch: a mean would make every C_jj' large and positive.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        invariance_weight: λ, 0 or more.
        variance_weight: μ, 0 or more.
        covariance_weight: ν, 0 or more. Ours: the paper's settings (its Table S6) could not be had.
        temperature: τ. Ours, too.
        side: what several processes send, embeddings for ``"gram"`` or tiles of C for ``"covariance"``; ``"auto"``
            takes the smaller. The log-sum-exp itself knows only the covariance.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = λ ``invariance`` + μ ``variance`` + ν ``covariance``.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a single dimension; a
            setting out of range.
    """
    weights = _weights(invariance_weight, variance_weight, covariance_weight)
    settings = weights | {"temperature": temperature, "side": side}
    views = share_views(z_a, z_b, "vicreg_exp", settings, distributed, group)
    if views.dimensions < 2:
        raise ValueError("embeddings of 1 dimension: VICReg-exp compares dimensions, give at least 2")

    def covariance(z: Tensor) -> Tensor:
        scaled = temperature * (views.samples - 1)
        return pairwise_logsumexp(z.T, scaled, split=views.split, group=views.group).mean()

    return _vicreg(views, weights, _dimension_variances(views), covariance)


def vicreg_ctr(
    z_a: Float[Tensor, "N M"],
    z_b: Float[Tensor, "N M"],
    *,
    invariance_weight: float = 25.0,
    variance_weight: float = 25.0,
    covariance_weight: float = 5.0,
    temperature: float = 0.1,
    distributed: bool = True,
    group: ProcessGroup | None = None,
) -> LossOutput:
    """VICReg-ctr, `vicreg_exp` with samples and dimensions exchanged in all but the invariance (eq. 13).

    Of z, dimensions centred, and S = zzᵀ/M, in which an embedding's norm is 1 where its mean square entry is:

    - invariance: VICReg's
    - variance = the mean over both views and all samples of max(0, 1 − √(S_ii + 1e-4))
    - covariance = Σ over both views of (1/N) Σ_i log Σ_{i'≠i} exp(S_ii'/τ), DCL's repulsion within each view

    Table 1 has dimensions centred and embeddings of norm 1, which here are z/√M. The factor matters: with a hinge
    at ‖z‖ = 1 itself a new network starts far above it, at similarities of hundreds of τ, and goes to NaN; and the
    invariance, a mean over M, all but vanishes beside the rest. With the factor λ, ν and τ mean what they mean in
    VICReg-exp, and the same values train: see there. Eq. 13 to the letter would divide by M − 1 and centre
    embeddings; Table 1 centres dimensions, and so do we.

    Args:
        z_a: one view, N samples × M dimensions; over several processes, each its own, in any number.
        z_b: another view of the same samples.
        invariance_weight: λ, 0 or more.
        variance_weight: μ, 0 or more.
        covariance_weight: ν, 0 or more. Ours: the paper's settings (its Table S6) could not be had.
        temperature: τ. Ours, too.
        distributed: over several processes, take the samples of all; False keeps the loss to this process.
        group: the processes that share the batch; None for all.

    Returns:
        ``total`` = λ ``invariance`` + μ ``variance`` + ν ``covariance``.

    Raises:
        ValueError: views that differ in shape, are not finite, or number fewer than two; a setting out of its
            range; processes that do not agree (`duality.losses.views`).
    """
    weights = _weights(invariance_weight, variance_weight, covariance_weight)
    views = share_views(z_a, z_b, "vicreg_ctr", weights | {"temperature": temperature}, distributed, group)
    m = views.dimensions

    def repulsion(z: Tensor) -> Tensor:
        return pairwise_logsumexp(z, temperature * m, group=views.group).mean()

    def energies(z: Tensor) -> Tensor:
        return square_sums(z, dim=1) / m

    return _vicreg(views, weights, energies, repulsion)


class VICRegLoss(Loss):
    """`vicreg` as a module."""

    function = staticmethod(vicreg)
    invariance_weight: float = 25.0
    variance_weight: float = 25.0
    covariance_weight: float = 1.0
    side: Side = "auto"


class VICRegExpLoss(Loss):
    """`vicreg_exp` as a module."""

    function = staticmethod(vicreg_exp)
    invariance_weight: float = 25.0
    variance_weight: float = 25.0
    covariance_weight: float = 5.0
    temperature: float = 0.1
    side: Side = "auto"


class VICRegCtrLoss(Loss):
    """`vicreg_ctr` as a module."""

    function = staticmethod(vicreg_ctr)
    invariance_weight: float = 25.0
    variance_weight: float = 25.0
    covariance_weight: float = 5.0
    temperature: float = 0.1


def _weights(invariance: float, variance: float, covariance: float) -> dict[str, float]:
    return {"invariance_weight": invariance, "variance_weight": variance, "covariance_weight": covariance}


def _vicreg(
    views: Views,
    weights: dict[str, float],
    variances: Callable[[Tensor], Tensor],
    covariance: Callable[[Tensor], Tensor],
) -> LossOutput:
    """The three terms of any of them; what varies and what repels is the caller's, for one centred view."""
    centered = [views.center(z) for z in (views.a, views.b)]
    squared_error = views.total(square_sums(views.a - views.b, dim=0).sum())
    terms = {
        "invariance": squared_error / (views.samples * views.dimensions),
        "variance": torch.stack([_hinge(variances(z)) for z in centered]).mean(),
        "covariance": torch.stack([covariance(z) for z in centered]).sum(),
    }
    total = torch.stack([weights[f"{name}_weight"] * term for name, term in terms.items()]).sum()
    return views.output(total, **terms)


def _hinge(variances: Tensor) -> Tensor:
    return torch.relu(1 - (variances + _EPSILON).sqrt()).mean()


def _dimension_variances(views: Views) -> Callable[[Tensor], Tensor]:
    return lambda z: views.total(square_sums(z, dim=0)) / (views.samples - 1)


def _covariance(centered: Tensor, views: Views, side: Side) -> Tensor:
    scale = views.dimensions * (views.samples - 1) ** 2
    if views.split:
        return off_diagonal_norm(views.total(self_product(centered.T))) / scale
    return dimension_contrastive(centered, side) / scale
