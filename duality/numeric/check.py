"""One certified comparison: a residual next to the rigorous bound it is held against."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """A residual and the bound that decides it.

    ``expect="within"`` passes when residual ≤ bound: the statement is not contradicted by the data.
    ``expect="beyond"`` passes when residual > bound: a counterexample really is one. NaN passes neither.
    """

    what: str
    residual: float
    bound: float
    expect: Literal["within", "beyond"] = "within"

    @property
    def ok(self) -> bool:
        """Whether the residual lies where it is expected."""
        return self.residual <= self.bound if self.expect == "within" else self.residual > self.bound

    def __str__(self) -> str:
        relation = "≤" if self.residual <= self.bound else ">"
        return f"{self.what}: {self.residual:.3g} {relation} {self.bound:.3g}"
