"""The paper's quantities as index sums: M dimensions (rows of K, index j), N samples (columns of K, index i).

Each is written as the paper defines it, entry by entry, for any function that gives the entry K[j, i]: the matrix
itself, a centred one, a weighted one.
"""

from collections.abc import Callable

from duality.symbolic.combinations import Expression
from duality.symbolic.monomials import size
from duality.symbolic.sums import Given, array, index, off_diagonal, total

M = size("M")
N = size("N")
K = array("K", M, N)

Entries = Callable[[Expression, Expression], Expression]
"""Gives the entry in row j and column i."""


def entries(matrix: Expression) -> Entries:
    """The entries of a matrix of symbols."""
    return lambda j, i: matrix[j, i]


def centred(k: Entries) -> Entries:
    """K_ji − (1/N) Σ_i' K_ji': every dimension less its mean over the samples."""
    return lambda j, i: k(j, i) - total(lambda other: k(j, other), N) / N


MATRIX = entries(K)
"""The entries of K itself."""

CENTRED = centred(MATRIX)
"""The entries of K_c, K with every dimension centred."""


def gram(i: Expression, other: Expression, k: Entries = MATRIX) -> Expression:
    """(KᵀK)_{i i'} = Σ_j K_ji K_ji'."""
    return total(lambda j: k(j, i) * k(j, other), M)


def covariance(j: Expression, other: Expression, k: Entries = MATRIX) -> Expression:
    """(KKᵀ)_{j j'} = Σ_i K_ji K_j'i."""
    return total(lambda i: k(j, i) * k(other, i), N)


def sample_energy(i: Expression, k: Entries = MATRIX) -> Expression:
    """c_i = ‖K_·i‖²."""
    return total(lambda j: k(j, i) ** 2, M)


def dimension_energy(j: Expression, k: Entries = MATRIX) -> Expression:
    """r_j = ‖K_j·‖²."""
    return total(lambda i: k(j, i) ** 2, N)


def energy(k: Entries = MATRIX) -> Expression:
    """T = ‖K‖²_F."""
    return total(lambda j, i: k(j, i) ** 2, M, N)


def sample_contrastive(k: Entries = MATRIX) -> Expression:
    """L_c = Σ_{i≠i'} (KᵀK)_{i i'}² (Definition 3.2)."""
    return off_diagonal(lambda i, other: gram(i, other, k) ** 2, N)


def dimension_contrastive(k: Entries = MATRIX) -> Expression:
    """L_nc = Σ_{j≠j'} (KKᵀ)_{j j'}² (Definition 3.2)."""
    return off_diagonal(lambda j, other: covariance(j, other, k) ** 2, M)


def gram_norm(k: Entries = MATRIX) -> Expression:
    """‖KᵀK‖²_F."""
    return total(lambda i, other: gram(i, other, k) ** 2, N, N)


def covariance_norm(k: Entries = MATRIX) -> Expression:
    """‖KKᵀ‖²_F."""
    return total(lambda j, other: covariance(j, other, k) ** 2, M, M)


def sample_fourth_powers(k: Entries = MATRIX) -> Expression:
    """Σ_i ‖K_·i‖⁴."""
    return total(lambda i: sample_energy(i, k) ** 2, N)


def dimension_fourth_powers(k: Entries = MATRIX) -> Expression:
    """Σ_j ‖K_j·‖⁴."""
    return total(lambda j: dimension_energy(j, k) ** 2, M)


def sample_spread(mean: Expression) -> Expression:
    """Σ_i (c_i − mean)²."""
    return total(lambda i: (sample_energy(i) - mean) ** 2, N)


def dimension_spread(mean: Expression) -> Expression:
    """Σ_j (r_j − mean)²."""
    return total(lambda j: (dimension_energy(j) - mean) ** 2, M)


def equal_sample_energies(value: Expression) -> Given:
    """The hypothesis Σ_j K_ji² = value for every sample i."""
    return Given(sample_energy(index("i", N)), value)


def equal_dimension_energies(value: Expression) -> Given:
    """The hypothesis Σ_i K_ji² = value for every dimension j."""
    return Given(dimension_energy(index("j", M)), value)


UNIT_SAMPLES = equal_sample_energies(1)
"""Unit embeddings: every column of K has norm 1."""

UNIT_DIMENSIONS = equal_dimension_energies(1)
"""Every row of K has norm 1."""
