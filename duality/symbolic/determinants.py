"""Determinants of 2 × 2 block matrices of symbolic sizes, by checked block-triangular factorisations.

Two facts are taken from linear algebra: det(XY) = det X det Y, and the determinant of a block-triangular matrix
is the product of those of its diagonal blocks (both read off Leibniz' formula). Everything else is multiplied out
and compared by the normal form of `traces`.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from duality.symbolic.facts import Fact, NotProvedError, established
from duality.symbolic.traces import Matrix, Rule, equality, identity, zero


@dataclass(frozen=True)
class Blocks:
    """[[a, b], [c, d]] with square diagonal blocks.

    Raises:
        ValueError: a or d is not square, or the blocks do not fit.
    """

    a: Matrix
    b: Matrix
    c: Matrix
    d: Matrix

    def __post_init__(self):
        large, small = self.a.rows, self.d.rows
        wanted = ((large, large), (large, small), (small, large), (small, small))
        if tuple((block.rows, block.columns) for block in self) != wanted:
            raise ValueError(f"{self}: the diagonal blocks are not square, or the others do not fit them")

    def __matmul__(self, other: "Blocks") -> "Blocks":
        return Blocks(
            self.a @ other.a + self.b @ other.c,
            self.a @ other.b + self.b @ other.d,
            self.c @ other.a + self.d @ other.c,
            self.c @ other.b + self.d @ other.d,
        )

    def __iter__(self):
        return iter((self.a, self.b, self.c, self.d))

    def __str__(self) -> str:
        return f"[[{self.a}, {self.b}], [{self.c}, {self.d}]]"


def diagonal_blocks(triangular: Blocks) -> tuple[Matrix, Matrix]:
    """The blocks whose determinants multiply to that of a block-triangular matrix.

    Raises:
        NotProvedError: neither off-diagonal block is zero.
    """
    if triangular.b.terms and triangular.c.terms:
        raise NotProvedError(f"{triangular} is not block triangular")
    return triangular.a, triangular.d


@dataclass(frozen=True)
class Determinants:
    """The product of the determinants of square matrices."""

    parts: tuple[Matrix, ...]

    def __str__(self) -> str:
        return " ".join(text for text in map(_determinant, self.parts) if text != "1") or "1"


@dataclass(frozen=True)
class Factors:
    """Block matrices to be multiplied."""

    blocks: tuple[Blocks, ...]

    @property
    def parts(self) -> tuple[Matrix, ...]:
        """All blocks."""
        return tuple(itertools.chain(*self.blocks))

    def __str__(self) -> str:
        return " · ".join(map(str, self.blocks))


def factorisation(product: Blocks, factors: tuple[Blocks, Blocks], given: Sequence[Rule] = ()) -> Fact:
    """Check ``product = factors[0] · factors[1]`` block by block.

    Raises:
        NotProvedError: a block differs.
    """
    left, right = factors
    for block, multiplied in zip(product, left @ right, strict=True):
        equality(multiplied, block, given)
    return established(Factors((product,)), "=", Factors(factors), "multiplied out, block by block", tuple(given))


def determinant_identity(
    matrix: Blocks, first: tuple[Blocks, Blocks], second: tuple[Blocks, Blocks], given: Sequence[Rule] = ()
) -> tuple[Fact, Fact, Fact]:
    """Equate the determinants that two factorisations of one matrix into block-triangular ones give.

    Returns:
        the two factorisations and the resulting identity between determinants.

    Raises:
        NotProvedError: a factorisation is wrong, or a factor is not block triangular.
    """
    one, other = (factorisation(matrix, factors, given) for factors in (first, second))
    left, right = map(_determinants, (first, second))
    how = "determinants of block-triangular factors multiply"
    return one, other, established(left, "=", right, how, tuple(given))


def sylvester(a: Matrix, b: Matrix) -> tuple[Fact, Fact, Fact]:
    """det(I + AB) = det(I + BA) for A of m × n and B of n × m, as `determinant_identity` returns it."""
    large, small = identity(a.rows), identity(a.columns)
    above, below = zero(a.rows, a.columns), zero(a.columns, a.rows)
    lower = Blocks(large, above, b, small)
    first = (lower, Blocks(large, -a, below, small + b @ a))
    second = (Blocks(large + a @ b, -a, below, small), lower)
    return determinant_identity(Blocks(large, -a, b, small), first, second)


def _determinants(factors: tuple[Blocks, Blocks]) -> Determinants:
    return Determinants(tuple(block for factor in factors for block in diagonal_blocks(factor)))


def _determinant(block: Matrix) -> str:
    """Scalar multiples of the identity are written as the power they are."""
    if set(block.terms) == {()}:
        scalar = block.terms[()]
        return "1" if scalar == 1 else f"{sp.sympify(scalar)}^{block.rows}"
    return f"det({block})"
