"""One certified comparison: a residual next to the rigorous bound it is held against."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Expectation = Literal["within", "beyond"]


@dataclass(frozen=True)
class Check:
    """A residual and the bound that decides it.

    ``expect="within"`` passes when residual ≤ bound: the statement is not contradicted by the data.
    ``expect="beyond"`` passes when residual > bound: a counterexample really is one. NaN passes neither.
    """

    what: str
    residual: float
    bound: float
    expect: Expectation = "within"

    @classmethod
    def exact(
        cls, what: str, left: Fraction | int, right: Fraction | int, expect: Expectation = "within"
    ) -> "Check":
        """Two rational numbers that are equal, or for ``expect="beyond"`` that differ: the bound is zero."""
        difference = abs(Fraction(left) - Fraction(right))
        try:
            # A difference too small for a float is still a difference.
            residual = float(difference) or float(difference > 0)
        except OverflowError:
            residual = math.inf
        return cls(what, residual, 0.0, expect)

    @property
    def ok(self) -> bool:
        """Whether the residual lies where it is expected."""
        return self.residual <= self.bound if self.expect == "within" else self.residual > self.bound

    def __str__(self) -> str:
        relation = "≤" if self.residual <= self.bound else ">"
        return f"{self.what}: {self.residual:.3g} {relation} {self.bound:.3g}"
