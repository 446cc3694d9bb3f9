"""Supplement D: negative pairs' similarities concentrate at zero, whatever repels them."""

import math

from duality.experiments.claims.experiment import Experiment
from duality.experiments.claims.parts import alike, behind
from duality.experiments.claims.published import difference_in_text
from duality.experiments.infer.region import Region
from duality.experiments.plan.arm import Arm
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Contrast, difference

_CONCENTRATED = 0.5
_ALIKE = 1.25
"""The largest width that is called concentrated, and the largest ratio of widths that is called alike. Ours."""

_NARROW = Region(-math.inf, math.log(_CONCENTRATED), f"below {_CONCENTRATED}")
_NO_WIDER = Region(-math.inf, math.log(_ALIKE), f"below ×{_ALIKE}")
_AS_WIDE = Region(-math.log(_ALIKE), math.log(_ALIKE), f"within ×{_ALIKE} either way")


def _widths(variant: Arm, plain: Arm, region: Region) -> Contrast:
    label = f"{variant.method} / {plain.method}, width of cosines"
    return Contrast(label, difference(variant, plain), region, "width", expected=0.0)


def _arms(scale: Scale) -> list[Arm]:
    return behind(scale.projector, ("SimCLR", "SimCLR-sq", "SimCLR-abs"))


def _parts(scale: Scale) -> tuple[Contrast, ...]:
    plain, squared, absolute = _arms(scale)
    narrow = [
        Contrast(f"{arm.method}, width of cosines", ((arm, 1.0),), _NARROW, "width", expected=math.log(0.25))
        for arm in (plain, squared, absolute)
    ]
    no_wider = [_widths(arm, plain, _NO_WIDER) for arm in (squared, absolute)]
    return *narrow, *no_wider, alike(absolute, plain, scale, difference_in_text("SimCLR-abs", "SimCLR"))


def _besides(scale: Scale) -> tuple[Contrast, ...]:
    plain, squared, absolute = _arms(scale)
    return *(_widths(arm, plain, _AS_WIDE) for arm in (squared, absolute)), alike(squared, plain, scale)


SUPP_D = Experiment(
    id="supp-d",
    title="Similarities of negative pairs",
    source="supplement D",
    wording="The off-diagonal entries of the Gram matrix concentrate at zero alike for SimCLR, SimCLR-sq and "
    "SimCLR-abs, and accuracy is unchanged: 68.71 % for SimCLR-abs against 68.61 %.",
    statement="Behind the large projector with the largest embeddings: the width (root mean square) of the cosines "
    "between 1024 test images' embeddings is below 1/2 for each of the three; SimCLR-sq and SimCLR-abs concentrate "
    "at least as much as SimCLR, up to a factor of 1.25; the accuracies of SimCLR-abs and SimCLR differ by less "
    "than δ.",
    fair="Whether the three concentrate is held apart from whether they do so alike, which stands besides: a "
    "variant that concentrates more than SimCLR does what the paper says of it, and more. The paper has an "
    "accuracy for SimCLR-abs alone. Each variant takes its own tuned temperature where the scale has searched "
    "one. Both limits are ours: the paper shows histograms.",
    parts=_parts,
    besides=_besides,
)
