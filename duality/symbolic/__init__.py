"""Derivations that hold for every M and N: trace words, index sums, determinants, sphere moments, inequalities.

Nothing here evaluates a statement at sample sizes. Each engine brings both sides of an equation to a normal form
that is computed for symbolic sizes, and raises `NotProvedError` when the two differ.
"""

from duality.symbolic.proof import NotProvedError, Proof

__all__ = ["NotProvedError", "Proof"]
