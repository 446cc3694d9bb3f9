"""Supplement C: the online probe tracks the offline probe."""

from duality.experiments.claims.experiment import Experiment
from duality.experiments.infer.region import at_least
from duality.experiments.plan.scale import Scale
from duality.experiments.plan.statement import Association

_PROBES = ("online", "linear")
_ALMOST_PERFECT = 0.9


def _parts(scale: Scale) -> tuple[Association, ...]:
    declared = scale.preregistration
    arms = tuple(arm for block in declared.blocks if not block.optional for arm in block.arms)
    region = at_least(_ALMOST_PERFECT)
    return (
        Association("online and offline probe, trials of tuning", _PROBES, "trials", arms, declared.trials, region),
        Association("online and offline probe, arms", _PROBES, "arms", arms, len(arms), region),
    )


SUPP_C = Experiment(
    id="supp-c",
    title="Online and offline probes",
    source="section 5, supplement C",
    wording="The accuracy of the online linear probe correlates almost perfectly with that of the offline one.",
    statement="Pearson's correlation between the online and the offline probe's accuracy is above 0.9: over all "
    "trials of tuning, whose settings are good and bad, and over the means of all arms, which are closer together.",
    fair="Trials span the accuracies that one would use an online probe to tell apart, as the paper's sweeps did. "
    "No correlation is judged where either probe's reliability between the points is below 0.8: seeds would hide "
    "any correlation. 'Almost perfectly' is read as r > 0.9, which is ours. Points of one method are less than "
    "independent: the interval is then somewhat too narrow.",
    parts=_parts,
)
