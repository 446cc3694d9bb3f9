"""Supplement G: Gram and covariance matrices of representations are diagonally dominant, alike across methods."""

import math

from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.parts import SEVEN, behind
from duality.experiments.infer.region import Region
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast, difference

_MATRICES = ("Gram", "covariance")
_HALF = Region(math.log(0.5), math.inf, "above 0.5")
_ALIKE = Region(-math.log(1.5), math.log(1.5), "within ×1.5 either way")
"""Ours: the paper shows pictures."""


def _dominant(scale: Scale) -> list[Contrast]:
    return [
        Contrast(
            f"{arm.method}, {matrix}, diagonal's share",
            ((arm, 1.0),),
            _HALF,
            f"{matrix} dominance",
            expected=math.log(0.6),
        )
        for matrix in _MATRICES
        for arm in behind(scale.projector, SEVEN)
    ]


def _alike(scale: Scale) -> list[Contrast]:
    vicreg, *others = behind(scale.projector, SEVEN)
    return [
        Contrast(f"{arm.method} / VICReg, {matrix}", difference(arm, vicreg), _ALIKE, f"{matrix} dominance")
        for matrix in _MATRICES
        for arm in others
    ]


SUPP_G = Experiment(
    id="supp-g",
    title="Dominance of the diagonals",
    source="section 4, supplement G",
    wording="Gram and covariance matrices of the representations are diagonally dominant alike across methods: no "
    "differences are easily visible.",
    statement="First, dominance: for each method and either matrix of 1024 test images' centred representations, "
    "the diagonal's share (the mean over rows of |A_ii| / Σ_k |A_ik|) is above 1/2. Second, likeness: each share "
    "is VICReg's within a factor of 1.5.",
    fair="Above 1/2 a row is diagonally dominant in the sense of the term. Representations are centred for both "
    "matrices: behind a ReLU all entries of an uncentred Gram matrix are positive, and none could be dominant. If "
    "'dominant' only means that one sees the diagonal in a picture, the second half is what remains.",
    parts=lambda scale: (*_dominant(scale), *_alike(scale)),
)
