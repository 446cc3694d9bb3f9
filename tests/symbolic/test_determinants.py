"""Block-triangular factorisations: right ones give an identity of determinants, wrong ones are rejected."""

import pytest
import sympy as sp

from duality.symbolic import NotProvedError
from duality.symbolic.determinants import Blocks, determinant_identity, diagonal_blocks, factorisation
from duality.symbolic.monomials import size
from duality.symbolic.traces import Rule, identity, matrix, zero

M, N = size("M"), size("N")
A, B = matrix("A", M, N), matrix("B", N, M)
I_M, I_N, ZERO_MN, ZERO_NM = identity(M), identity(N), zero(M, N), zero(N, M)
X = sp.Symbol("X")

BORDERED = Blocks(I_M, -A, B, I_N)
LOWER_FIRST = (Blocks(I_M, ZERO_MN, B, I_N), Blocks(I_M, -A, ZERO_NM, I_N + B @ A))
UPPER_FIRST = (Blocks(I_M + A @ B, -A, ZERO_NM, I_N), Blocks(I_M, ZERO_MN, B, I_N))


def test_sylvester():
    found = determinant_identity(BORDERED, LOWER_FIRST, UPPER_FIRST)[-1]
    assert f"{found.left} = {found.right}" == "det(I + B A) = det(I + A B)"


def test_scalar_blocks_are_powers():
    bordered = Blocks(X * I_M, A, X * B, X * I_N)
    first = (Blocks(I_M, ZERO_MN, B, I_N), Blocks(X * I_M, A, ZERO_NM, X * I_N - B @ A))
    second = (Blocks(X * I_M - A @ B, A, ZERO_NM, X * I_N), first[0])
    found = determinant_identity(bordered, first, second)[-1]
    assert f"{found.left} = {found.right}" == "X^M det(X I − B A) = det(X I − A B) X^N"


def test_factorisations_under_hypotheses():
    q = matrix("Q", M, N)
    orthonormal = Rule(q.T @ q, I_N)
    product = Blocks(I_M, q, q.T, 2 * I_N)
    factors = (Blocks(I_M, ZERO_MN, q.T, I_N), Blocks(I_M, q, ZERO_NM, I_N))
    assert factorisation(product, factors, [orthonormal])
    with pytest.raises(NotProvedError):
        factorisation(product, factors)


@pytest.mark.parametrize(
    "wrong",
    [
        (LOWER_FIRST[0], Blocks(I_M, -A, ZERO_NM, I_N - B @ A)),
        (LOWER_FIRST[0], Blocks(I_M, A, ZERO_NM, I_N + B @ A)),
        (LOWER_FIRST[0], Blocks(I_M, -A, ZERO_NM, I_N)),
        (LOWER_FIRST[1], LOWER_FIRST[0]),
        (Blocks(I_M, ZERO_MN, 2 * B, I_N), LOWER_FIRST[1]),
    ],
)
def test_wrong_factorisations_are_rejected(wrong):
    with pytest.raises(NotProvedError, match="the sides differ by"):
        determinant_identity(BORDERED, wrong, UPPER_FIRST)


def test_a_full_factor_has_no_determinant_to_read_off():
    with pytest.raises(NotProvedError, match="not block triangular"):
        diagonal_blocks(BORDERED)
    trivial = (BORDERED, Blocks(I_M, ZERO_MN, ZERO_NM, I_N))
    with pytest.raises(NotProvedError, match="not block triangular"):
        determinant_identity(BORDERED, trivial, UPPER_FIRST)
    assert diagonal_blocks(Blocks(I_M, A, ZERO_NM, I_N))[0] is I_M
