"""Determinants of 2 × 2 block matrices of symbolic sizes, by checked block-triangular factorisations.

Two facts are taken from linear algebra: det(XY) = det X det Y, and the determinant of a block-triangular matrix
is the product of those of its diagonal blocks (both read off Leibniz' formula). Everything else is multiplied out
and compared by the normal form of `traces`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from duality.symbolic.proof import NotProvedError
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


def factorisation(product: Blocks, factors: tuple[Blocks, Blocks], given: Sequence[Rule] = ()) -> str:
    """Check ``product = factors[0] · factors[1]`` block by block.

    Returns:
        the factorisation as text.

    Raises:
        NotProvedError: a block differs.
    """
    left, right = factors
    for block, multiplied in zip(product, left @ right, strict=True):
        equality(multiplied, block, given)
    return f"{product} = {left} · {right}"


def determinant_identity(
    matrix: Blocks, first: tuple[Blocks, Blocks], second: tuple[Blocks, Blocks], given: Sequence[Rule] = ()
) -> tuple[str, str, str]:
    """Equate the determinants that two factorisations of one matrix into block-triangular ones give.

    Returns:
        the two factorisations and the resulting identity between determinants, as text.

    Raises:
        NotProvedError: a factorisation is wrong, or a factor is not block triangular.
    """
    found = [factorisation(matrix, factors, given) for factors in (first, second)]
    sides = [_determinants(factors) for factors in (first, second)]
    return found[0], found[1], " = ".join(sides)


def sylvester(a: Matrix, b: Matrix) -> tuple[str, str, str]:
    """det(I + AB) = det(I + BA) for A of m × n and B of n × m, as `determinant_identity` returns it."""
    large, small = identity(a.rows), identity(a.columns)
    above, below = zero(a.rows, a.columns), zero(a.columns, a.rows)
    lower = Blocks(large, above, b, small)
    first = (lower, Blocks(large, -a, below, small + b @ a))
    second = (Blocks(large + a @ b, -a, below, small), lower)
    return determinant_identity(Blocks(large, -a, b, small), first, second)


def _determinants(factors: tuple[Blocks, Blocks]) -> str:
    blocks = [block for factor in factors for block in diagonal_blocks(factor)]
    written = [text for text in map(_determinant, blocks) if text != "1"]
    return " ".join(written) or "1"


def _determinant(block: Matrix) -> str:
    """Scalar multiples of the identity are written as the power they are."""
    if set(block.terms) == {()}:
        scalar = block.terms[()]
        return "1" if scalar == 1 else f"{sp.sympify(scalar)}^{block.rows}"
    return f"det({block})"
