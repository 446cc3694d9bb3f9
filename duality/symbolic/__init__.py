"""Derivations that hold for every M and N: trace words, index sums, determinants, sphere moments, inequalities.

Nothing here evaluates a statement at sample sizes. Each engine brings both sides of an equation to a normal form
that is computed for symbolic sizes, and raises `NotProvedError` when the two differ. What it has checked it returns
as a `Fact`, of which a `Proof` is made.
"""

from duality.symbolic.facts import Fact, NotProvedError
from duality.symbolic.proof import Proof

__all__ = ["Fact", "NotProvedError", "Proof"]
