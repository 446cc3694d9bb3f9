"""From one size to all: what is independent at a size transfers, what is not is refused."""

import pytest
import sympy as sp

from duality.symbolic import NotProvedError, sizes, sums
from duality.symbolic import quantities as q
from duality.symbolic.writing import statement

TWO = {q.M: 2, q.N: 2}
x = sums.array("x", q.N)
plain, square, cube = (sums.total(lambda i, power=power: x[i] ** power, q.N) for power in (1, 2, 3))


def theorem():
    left = q.dimension_contrastive() + q.dimension_fourth_powers()
    return left, q.sample_contrastive() + q.sample_fourth_powers()


def test_the_theorem_transfers_from_two_by_two():
    assert statement(sizes.transfer(*theorem(), TWO)) == (
        "L_nc + Σ_j ‖K_j·‖⁴ = L_c + Σ_i ‖K_·i‖⁴ at M = 2, N = 2 ⇒ "
        "L_nc + Σ_j ‖K_j·‖⁴ = L_c + Σ_i ‖K_·i‖⁴ at all sizes, for real K (M × N)"
    )


def test_what_is_true_at_two_alone_does_not_transfer():
    """With two numbers the third elementary symmetric function is zero, with three it is not."""
    left, right = plain**3 + 2 * cube, 3 * plain * square
    with pytest.raises(NotProvedError, match="only 2 are linearly independent"):
        sizes.transfer(left, right, {q.N: 2})
    assert sizes.transfer(left, right, {q.N: 3})


def test_two_entries_are_too_many_for_one_row():
    with pytest.raises(NotProvedError, match="linearly independent"):
        sizes.transfer(q.dimension_contrastive(), q.gram_norm(), {q.M: 1, q.N: 1})


def test_sizes_and_free_indices_do_not_transfer():
    with pytest.raises(NotProvedError, match="coefficients are not numbers"):
        sizes.transfer(q.energy(), q.N * q.energy(), TWO)
    with pytest.raises(NotProvedError, match="coefficients are not numbers"):
        sizes.transfer(sums.off_diagonal(lambda i, k: 1, q.N), sp.S(2), {q.N: 2})
    with pytest.raises(NotProvedError, match="free index"):
        sizes.transfer(x[sums.index("i", q.N)], sp.S.Zero, {q.N: 2})


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 5])
def test_all_sums_over_two_rows_and_columns_are_independent_there(degree):
    assert sizes.transfer_all(degree, (q.M, 2), (q.N, 2))


def test_over_three_rows_they_are_independent_at_three():
    assert sizes.transfer_all(3, (q.M, 3), (q.N, 1))
