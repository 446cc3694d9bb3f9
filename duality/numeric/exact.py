"""The exact oracle: every form in rational arithmetic, by the plainest loops, for small matrices.

Batch-first like the code: ``z`` = Kᵀ as N rows of M numbers. Entries are ints, Fractions or floats, all taken
for the rational number that they are (``tensor.tolist()`` will do), and results are Fractions without rounding.
Nothing here is shared with `duality.criteria` or `duality.numeric.certify`, which are tested against it.
"""

from collections.abc import Sequence
from fractions import Fraction

from duality.numeric.rounding import Scalar

Matrix = Sequence[Sequence[Scalar]]
"""Rows of numbers, each of them rational as it stands."""
Rationals = list[list[Fraction]]
LARGEST_ENTRIES = 64
"""Entries of a matrix up to which claims check it in rational arithmetic."""
LARGEST_SIDE = 6
"""Rows and columns up to which they take determinants and powers."""


def rationals(z: Matrix) -> Rationals:
    """``z`` with every entry as a Fraction."""
    return [[Fraction(entry) for entry in row] for row in z]


def transpose(z: Matrix) -> Rationals:
    """Rows to columns; a matrix without rows has no columns either."""
    return [list(column) for column in zip(*rationals(z), strict=True)]


def product(a: Matrix, b: Matrix) -> Rationals:
    """A B."""
    columns = transpose(b)
    return [[dot(row, column) for column in columns] for row in rationals(a)]


def dot(x: Sequence[Fraction], y: Sequence[Fraction]) -> Fraction:
    """x · y."""
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def gram(z: Matrix) -> Rationals:
    """KᵀK, N × N: the inner products of the samples. Of the transpose, KKᵀ."""
    rows = rationals(z)
    return [[dot(x, y) for y in rows] for x in rows]


def center(z: Matrix) -> Rationals:
    """Every dimension less its mean over the samples."""
    columns = transpose(z)
    return transpose([[entry - sum(column) / len(column) for entry in column] for column in columns])


def vicreg_covariance(z: Matrix) -> Fraction:
    """VICReg's c as its authors compute it: off-diagonal of the unbiased covariance, squared, over M."""
    n, m = len(z), len(z[0])
    covariance = [[entry / (n - 1) for entry in row] for row in gram(transpose(center(z)))]
    squares = (entry * entry for a, row in enumerate(covariance) for b, entry in enumerate(row) if a != b)
    return sum(squares, Fraction(0)) / m


def energy(z: Matrix) -> Fraction:
    """T = ‖K‖²_F."""
    return sum(sample_energies(z), Fraction(0))


def sample_energies(z: Matrix) -> list[Fraction]:
    """‖K_·i‖² of every sample."""
    return [dot(row, row) for row in rationals(z)]


def dimension_energies(z: Matrix) -> list[Fraction]:
    """‖K_j·‖² of every dimension."""
    return sample_energies(transpose(z))


def sample_fourth_powers(z: Matrix) -> Fraction:
    """Σ_i ‖K_·i‖⁴."""
    return sum((energy**2 for energy in sample_energies(z)), Fraction(0))


def dimension_fourth_powers(z: Matrix) -> Fraction:
    """Σ_j ‖K_j·‖⁴."""
    return sample_fourth_powers(transpose(z))


def sample_contrastive(z: Matrix) -> Fraction:
    """L_c = Σ_{i≠i'} (z_i · z_i')²."""
    return cross_sample_contrastive(z, z)


def dimension_contrastive(z: Matrix) -> Fraction:
    """L_nc = Σ_{j≠j'} (K_j · K_j')²."""
    return sample_contrastive(transpose(z))


def gram_norm(z: Matrix) -> Fraction:
    """‖KᵀK‖²_F."""
    return cross_gram_norm(z, z)


def cross_gram_norm(z_a: Matrix, z_b: Matrix) -> Fraction:
    """‖AᵀB‖²_F."""
    a, b = rationals(z_a), rationals(z_b)
    return sum((dot(x, y) ** 2 for x in a for y in b), Fraction(0))


def cross_covariance_norm(z_a: Matrix, z_b: Matrix) -> Fraction:
    """‖ABᵀ‖²_F."""
    return cross_gram_norm(transpose(z_a), transpose(z_b))


def cross_sample_contrastive(z_a: Matrix, z_b: Matrix) -> Fraction:
    """Σ_{i≠i'} (a_i · b_i')²."""
    a, b = rationals(z_a), rationals(z_b)
    return sum((dot(x, y) ** 2 for i, x in enumerate(a) for j, y in enumerate(b) if i != j), Fraction(0))


def cross_dimension_contrastive(z_a: Matrix, z_b: Matrix) -> Fraction:
    """Σ_{j≠j'} (A_j · B_j')²."""
    return cross_sample_contrastive(transpose(z_a), transpose(z_b))


def sample_gradient(z: Matrix) -> Rationals:
    """∂L_c/∂z, N × M: 4 Σ_{i'≠i} (z_i · z_i') z_i' in row i."""
    off_diagonal = [[4 * entry if i != j else 0 for j, entry in enumerate(row)] for i, row in enumerate(gram(z))]
    return product(off_diagonal, z)


def dimension_gradient(z: Matrix) -> Rationals:
    """∂L_nc/∂z, N × M."""
    return transpose(sample_gradient(transpose(z)))


def determinant(matrix: Matrix) -> Fraction:
    """The determinant of a square matrix, by elimination; 1 for the empty one.

    Raises:
        ValueError: the matrix is not square.
    """
    rows = rationals(matrix)
    if any(len(row) != len(rows) for row in rows):
        raise ValueError(f"a matrix of {len(rows)} rows is not square: a determinant needs as many columns")
    result = Fraction(1)
    for k in range(len(rows)):
        pivot = next((i for i in range(k, len(rows)) if rows[i][k]), None)
        if pivot is None:
            return Fraction(0)
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            result = -result
        result *= rows[k][k]
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [below - factor * above for below, above in zip(rows[i], rows[k], strict=True)]
    return result
