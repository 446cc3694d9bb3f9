"""Theorems of others that sentences of ours rest on: used, and not proved here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """A theorem by who proved it, when, and which it is; ``work`` is where it stands."""

    authors: str
    year: int
    theorem: str
    work: str

    def __str__(self) -> str:
        return f"{self.authors} {self.year}, {self.theorem}"


UNIFORMITY = Citation(
    "Wang & Isola",
    2020,
    "Theorem 1",
    "Understanding contrastive representation learning through alignment and uniformity on the hypersphere, ICML",
)
TIGHT_FRAMES = Citation(
    "Benedetto & Fickus",
    2003,
    "existence of unit-norm tight frames",
    "Finite normalized tight frames, Advances in Computational Mathematics 18",
)
SINKHORN = Citation(
    "Sinkhorn & Knopp",
    1967,
    "convergence of the iteration",
    "Concerning nonnegative matrices and doubly stochastic matrices, Pacific Journal of Mathematics 21",
)
PRESCRIBED_SUMS = Citation(
    "Menon",
    1968,
    "scaling to prescribed sums",
    "Matrix links, an extremization problem, and the reduction of a non-negative matrix to one with prescribed row "
    "and column sums, Canadian Journal of Mathematics 20",
)
