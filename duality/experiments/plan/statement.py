"""Parts of a statement: each a quantity of some arms and the region that the statement puts it in."""

from dataclasses import dataclass
from typing import Literal

from duality.experiments.infer.region import Region
from duality.experiments.plan.arm import Arm

Weights = tuple[tuple[Arm, float], ...]


@dataclass(frozen=True)
class Contrast:
    """A linear combination of arms' means in a region.

    Attributes:
        label: what it is: ``SimCLR − SimCLR-original, 512-512-512``.
        weights: of the arms; they add up to zero for a difference, to one for a mean.
        region: where the statement puts it.
        measure: of `duality.experiments.claims.measures`.
        published: the paper's own value in points, a combination of single runs; None where it has none.
        expected: its value in a world where the statement is true, where the region does not say so itself.
    """

    label: str
    weights: Weights
    region: Region
    measure: str = "linear"
    published: float | None = None
    expected: float | None = None

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Those that it needs."""
        return tuple(arm for arm, _ in self.weights)

    @property
    def truth(self) -> float:
        """Its value where the statement is true: what is expected, else the paper's own, else well inside.

        Of arms that are alike, no difference: what single runs of the paper show of one it calls none.
        """
        if self.expected is not None:
            return self.expected
        if self.region.two_sided or self.published is None or not self.region.holds(self.published):
            return self.region.typical
        return self.published

    def __str__(self) -> str:
        weights = " ".join(f"{weight:+.4g} {arm.name}" for arm, weight in self.weights)
        return f"{self.label}: {self.measure} of {weights}, {self.region.wording}"


@dataclass(frozen=True)
class Association:
    """The correlation of two measures over points, in a region.

    Attributes:
        label: what it is.
        measures: the two.
        over: the points: ``arms``, means over seeds; or ``trials`` of tuning, which have one seed each.
        of: the arms that are the points, or that give the noise of a single seed.
        points: how many there are.
        region: where the statement puts Pearson's r.
        truth: r where the statement is true: "almost perfectly".
    """

    label: str
    measures: tuple[str, str]
    over: Literal["arms", "trials"]
    of: tuple[Arm, ...]
    points: int
    region: Region
    truth: float = 0.98

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Those that it needs."""
        return self.of

    def __str__(self) -> str:
        what = f"r of {' and '.join(self.measures)} over {self.points} {self.over}"
        return f"{self.label}: {what}, {self.region.wording}"


Part = Contrast | Association


def difference(a: Arm, b: Arm) -> Weights:
    """a − b."""
    return ((a, 1.0), (b, -1.0))


def difference_label(a: Arm, b: Arm) -> str:
    """What is subtracted from what, the common part said once."""
    if a.projector == b.projector:
        return f"{a.method} − {b.method}, {a.projector}"
    return f"{a.method}, {a.projector} − {b.projector}"
