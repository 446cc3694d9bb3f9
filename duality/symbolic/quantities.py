"""The paper's quantities as index sums: M dimensions (rows of K, index j), N samples (columns of K, index i).

Each is written as the paper defines it, entry by entry, for any function that gives the entry K[j, i]: the matrix
itself, a centred one, a weighted one.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sympy as sp

from duality.symbolic.combinations import Expression, superscript
from duality.symbolic.monomials import size
from duality.symbolic.sums import Given, array, free_indices, index, off_diagonal, total

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


def vicreg_covariance() -> Expression:
    """VICReg's c for M and N ≥ 2: off-diagonal of the unbiased covariance, squared, over M."""

    def unbiased(j: Expression, other: Expression) -> Expression:
        return covariance(j, other, CENTRED) / (N - 1)

    return off_diagonal(lambda j, other: unbiased(j, other) ** 2, M) / M


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


@dataclass(frozen=True, eq=False)
class Notation:
    """A name of the paper for one of these quantities.

    Attributes:
        symbol: the name, with a place for each free index.
        meaning: the quantity.
        indices: its free indices, in the order of their places.
        power: what power of ``symbol`` the quantity is: 2 for a norm.
    """

    symbol: str
    meaning: Expression
    indices: tuple[Expression, ...] = ()
    power: int = 1

    @cached_property
    def _shape(self) -> Any:
        return _shape(self.meaning, {symbol: f"?{place}" for place, symbol in enumerate(self.indices)})

    def places(self, expression: Expression) -> list[tuple[Any, ...]]:
        """The indices with which this is the expression, up to the names of what is summed over, in every order."""
        free = free_indices(expression)
        orders = itertools.permutations(free) if len(free) == len(self.indices) else ()
        return [
            order
            for order in orders
            if _shape(expression, {symbol: f"?{place}" for place, symbol in enumerate(order)}) == self._shape
        ]

    def written(self, indices: Sequence[str], exponent: int = 1) -> str:
        """The name with its indices, to a power."""
        return self.symbol.format(*indices) + superscript(self.power * exponent)


def _shape(expression: Expression, codes: Mapping[Expression, str]) -> Any:
    """The tree of an expression without the names of the indices that it sums over."""
    if isinstance(expression, sp.Sum):
        own = {limits[0]: f"#{len(codes) + place}" for place, limits in enumerate(expression.limits)}
        return (
            "Σ",
            tuple(str(limits[2]) for limits in expression.limits),
            _shape(expression.function, {**codes, **own}),
        )
    if isinstance(expression, sp.Idx):
        return codes[expression]
    if isinstance(expression, sp.Indexed):
        return expression.base, tuple(_shape(symbol, codes) for symbol in expression.indices)
    if expression.args:
        return expression.func, tuple(sorted((_shape(part, codes) for part in expression.args), key=repr))
    return expression


_i, _other_i, _j, _other_j = index("i", N), index("i'", N), index("j", M), index("j'", M)


def _names(
    k: Entries, criteria: str, matrix: str, gram_matrix: str, covariance_matrix: str
) -> tuple[Notation, ...]:
    return (
        Notation(f"L_c{criteria}", sample_contrastive(k)),
        Notation(f"L_nc{criteria}", dimension_contrastive(k)),
        Notation(f"‖{matrix.strip('()')}‖", energy(k), power=2),
        Notation(f"‖{matrix}_·{{}}‖", sample_energy(_i, k), (_i,), power=2),
        Notation(f"‖{matrix}_{{}}·‖", dimension_energy(_j, k), (_j,), power=2),
        Notation(f"{gram_matrix}_{{}}{{}}", gram(_i, _other_i, k), (_i, _other_i)),
        Notation(f"{covariance_matrix}_{{}}{{}}", covariance(_j, _other_j, k), (_j, _other_j)),
    )


NOTATION = (
    *_names(MATRIX, "", "K", "G", "C"),
    *_names(CENTRED, "(K_c)", "(K_c)", "(K_cᵀK_c)", "(K_cK_cᵀ)"),
    Notation("(K_c)_{}{}", CENTRED(_j, _i), (_j, _i)),
)
"""How statements write these quantities, of K and of the centred K."""
