"""Twelve losses of self-supervised learning, right on one process and on many.

Each is a function of two views (N, M) and a module: ``SimCLRLoss()(z_a, z_b).backward()``.
"""

from duality.losses.barlow_twins import BarlowTwinsLoss, barlow_twins
from duality.losses.base import Loss, LossOutput
from duality.losses.dcl import DCLAbsLoss, DCLLoss, DCLSqLoss, dcl, dcl_abs, dcl_sq
from duality.losses.simclr import SimCLRAbsLoss, SimCLRLoss, SimCLRSqLoss, simclr, simclr_abs, simclr_sq
from duality.losses.spectral import SpectralContrastiveLoss, spectral_contrastive
from duality.losses.tcr import TCRLoss, tcr
from duality.losses.vicreg import (
    VICRegCtrLoss,
    VICRegExpLoss,
    VICRegLoss,
    vicreg,
    vicreg_contrastive,
    vicreg_ctr,
    vicreg_exp,
)

__all__ = [
    "BarlowTwinsLoss",
    "DCLAbsLoss",
    "DCLLoss",
    "DCLSqLoss",
    "Loss",
    "LossOutput",
    "SimCLRAbsLoss",
    "SimCLRLoss",
    "SimCLRSqLoss",
    "SpectralContrastiveLoss",
    "TCRLoss",
    "VICRegCtrLoss",
    "VICRegExpLoss",
    "VICRegLoss",
    "barlow_twins",
    "dcl",
    "dcl_abs",
    "dcl_sq",
    "simclr",
    "simclr_abs",
    "simclr_sq",
    "spectral_contrastive",
    "tcr",
    "vicreg",
    "vicreg_contrastive",
    "vicreg_ctr",
    "vicreg_exp",
]
