"""Statements that try to get past the engines: the false ones are refused, each by name, the true ones decided.

The false ones come by the kind of trick they play. Random ones, identities and what they become when perturbed, are
in `test_normal_form.py`.
"""

import pytest
import sympy as sp

from duality.symbolic import NotProvedError, determinants, inequalities, sphere, traces
from duality.symbolic.monomials import size
from duality.symbolic.quantities import (
    UNIT_DIMENSIONS,
    UNIT_SAMPLES,
    K,
    M,
    N,
    covariance,
    dimension_contrastive,
    dimension_energy,
    dimension_fourth_powers,
    dimension_spread,
    energy,
    equal_dimension_energies,
    gram,
    gram_norm,
    sample_contrastive,
    sample_energy,
    sample_fourth_powers,
    sample_spread,
)
from duality.symbolic.sums import Given, array, derivative, equality, index, off_diagonal, scalar, total

P = size("P")
REFUSED = (NotProvedError, ValueError)
a, s = scalar("a"), scalar("s", nonnegative=True)
i, k, o = index("i", N), index("k", N), index("o", N)
p, row = index("p", M), index("row", M)
x, y, w = array("x", N), array("y", N), array("w", N)
A, B, S = array("A", M, N), array("B", M, P), array("S", M, M)
delta = sp.KroneckerDelta
Z = sp.IndexedBase("Z", shape=(M, N), complex=True)
n = sp.Symbol("n", integer=True)
square = total(lambda i: x[i] ** 2, N)
plain = total(lambda i: x[i], N)

KM, HM, AM, BM = (traces.matrix(name, M, N) for name in "KHAB")
SM, TM = traces.matrix("S", M, M), traces.matrix("T", M, M)
PM, ZM = traces.matrix("P", M, M, "symmetric"), traces.matrix("Z", M, N, "complex")
IDENTITY, SMALL = traces.identity(M), traces.identity(N)
real, positive, nonzero = (sp.Symbol("v", **{kind: True}) for kind in ("real", "positive", "nonzero"))
real_nonzero, integer = sp.Symbol("v", real=True, nonzero=True), sp.Symbol("v", integer=True)


def named_sum(summand, *symbols):
    return sp.Sum(summand, *((symbol, 1, N) for symbol in symbols))


def assuming(name, **assumptions):
    return sp.IndexedBase(name, shape=(N,), **assumptions)


def blocks(*parts):
    return determinants.Blocks(*parts)


ESCAPING = {
    "a bound number as a coefficient": lambda: equality(named_sum(n, n) ** 2, N * named_sum(n**2, n)),
    "a sum of a number is N times it": lambda: equality(named_sum(n, n), N * n),
    "a bound number beside an entry": lambda: equality(named_sum(n * x[i], n), N * n * x[i]),
    "an index as a coefficient": lambda: equality(sp.Sum(i, i), N * i),
    "an index as a weight": lambda: equality(sp.Sum(i * x[i], i), i * sp.Sum(x[i], i)),
    "the label of an index as a weight": lambda: equality(sp.Sum(i.label * x[i], i), i.label * sp.Sum(x[i], i)),
    "the label of a hidden index": lambda: equality(total(lambda i: i.label, N) ** 2, total(lambda i: i.label, N)),
    "a hidden index that got out": lambda: equality(total(lambda q: x[q], N).args[1][0], total(lambda q: 1, N)),
    "a sum over a number that is no index": lambda: equality(named_sum(x[i], n), N * x[i]),
    "a function of an index": lambda: equality(sp.Sum(sp.Function("f")(i), i), N * sp.Function("f")(i)),
    "a power that is an index": lambda: equality(sp.Sum(a**i, i), N * a**i),
    "a sum that starts at 2": lambda: equality(sp.Sum(x[i], (i, 2, N)), plain),
    "a sum that ends at N + 1": lambda: equality(sp.Sum(1, (i, 1, N + 1)), N),
    "a sum that ends at another index": lambda: equality(sp.Sum(1, (i, 1, k)), N),
}

CAPTURED = {
    "a free index that is bound beside": lambda: equality(
        x[k], w[i] + plain, [Given(x[i], w[i] + sp.Sum(x[i], i))]
    ),
    "free and bound in one product": lambda: equality(x[k], w[i] * named_sum(1, i), [Given(x[i], w[i] * N)]),
    "free and bound, used at a sum": lambda: equality(
        plain, N * (w[i] + total(lambda q: w[q], N)), [Given(x[i], w[i] + sp.Sum(w[i], i))]
    ),
    "an index that the left side has lost": lambda: equality(
        x[k], w[i], [Given(x[k] * total(lambda q: delta(q, i), N), w[i])]
    ),
    "an index of the right side alone": lambda: equality(x[k], w[i], [Given(x[k], w[i])]),
    "a bound index shared with another factor": lambda: equality(
        total(lambda j: K[j, i] ** 2 * dimension_energy(j), M), dimension_energy(p), [UNIT_SAMPLES]
    ),
    "a hypothesis on one pair used for equal ones": lambda: equality(
        total(lambda q: x[q] * y[q], N), 0, [Given(total(lambda q: x[q] * y[i], N), 0)]
    ),
    "a hypothesis that contains itself": lambda: equality(x[i], 0, [Given(x[i], x[i] + 1)]),
    "hypotheses in a circle": lambda: equality(x[i], 0, [Given(x[i], w[i]), Given(w[i], x[i])]),
}

VANISHING = {
    "a difference of sizes": lambda: equality(
        energy(), N, [Given((M - N) * total(lambda j: K[j, i] ** 2, M), M - N)]
    ),
    "N − 1, at N = 1": lambda: equality(x[i], 0, [Given((N - 1) * x[i], 0)]),
    "pairs of equals, at N = 1": lambda: equality(a * x[i], 0, [Given(off_diagonal(lambda q, r: x[i], N), 0)]),
    "a scalar that may be zero": lambda: equality(x[i], 1, [Given(s * x[i], s)]),
    "a scalar of either sign": lambda: equality(x[i], 0, [Given(scalar("r", real=True) * x[i], 0)]),
    "a complex scalar": lambda: equality(x[i], 0, [Given(sp.Symbol("u") * x[i], 0)]),
    "a hidden division by zero": lambda: equality(x[i] / ((N - 1) * (N + 1) - N**2 + 1), x[i] / (M - M * N / N)),
    "zero over zero": lambda: equality(0, x[i] * (1 - 1 / ((a + 1) ** 2 - a**2 - 2 * a - 1))),
}

NAMES = {
    "a positive name for a real one": lambda: inequalities.at_least(
        plain, 0, total(lambda i: assuming("x", nonnegative=True)[i], N)
    ),
    "a nonnegative matrix for K": lambda: inequalities.at_least(
        total(lambda j, i: K[j, i], M, N),
        0,
        total(lambda j, i: sp.IndexedBase("K", shape=(M, N), nonnegative=True)[j, i], M, N),
    ),
    "real squares of complex numbers": lambda: inequalities.at_least(
        total(lambda i: assuming("c", complex=True)[i] ** 2, N),
        0,
        total(lambda i: assuming("c", real=True)[i] ** 2, N),
    ),
    "a positive name in a hypothesis": lambda: equality(plain, 0, [Given(assuming("x", positive=True)[i], 0)]),
    "a square and a row of one name": lambda: equality(
        total(lambda i: x[i], N), total(lambda i: sp.IndexedBase("x", shape=(N,))[i], N)
    ),
    "a scalar called like an array": lambda: equality(scalar("x") * plain, sp.Symbol("x", real=True) * plain),
    "two scalars of one name": lambda: inequalities.at_least(scalar("b", real=True) ** 2, 0, scalar("b") ** 2),
    "a scalar called like a size": lambda: equality(total(lambda i: 1, N), sp.Symbol("N", positive=True)),
    "a matrix called δ": lambda: equality(
        total(lambda i: sp.IndexedBase("δ", shape=(N, N), real=True)[i, k] * x[i], N), x[k]
    ),
    "a matrix called conj Z": lambda: equality(
        sp.IndexedBase("conj Z", shape=(M, N), real=True)[p, i], sp.conjugate(Z[p, i])
    ),
    "a matrix called K[j,i]": lambda: equality(sp.IndexedBase("K[j,i] K", shape=(M, N))[p, i], 0),
    "a derivative by another matrix of the same name": lambda: equality(
        derivative(sp.IndexedBase("K", shape=(M, N))[p, i] ** 2, K[p, i]), 0
    ),
    "a derivative by a matrix of another shape": lambda: equality(
        derivative(total(lambda j: K[j, i] ** 2, M), sp.IndexedBase("K", shape=(N, M), real=True)[i, p]), 0
    ),
    "a letter called I": lambda: traces.equality(traces.matrix("I", M, M) @ SM, SM),
    "a letter called Kᵀ": lambda: traces.equality(traces.matrix("Kᵀ", N, M), KM.T),
    "a symmetric letter of a general one's name": lambda: traces.equality(
        traces.matrix("S", M, M, "symmetric").T, SM
    ),
    "a real letter of a complex one's name": lambda: traces.equality(
        traces.trace(ZM @ ZM.T), traces.squared_norm(traces.matrix("Z", M, N))
    ),
    "one letter of two sizes": lambda: traces.equality(traces.trace(traces.matrix("S", N, N)), traces.trace(SM)),
}

COEFFICIENTS = {
    "a float that vanishes beside 1": lambda: equality(energy() + 1e-20 * energy(), energy()),
    "a float that is nearly a third": lambda: equality(plain * 0.3333333333333333, plain / 3),
    "a float as a size": lambda: equality(total(lambda i: 1, N), 1.0 * N),
    "a float in a hypothesis": lambda: equality(x[i], sp.Rational(1, 10), [Given(x[i], 0.1)]),
    "a float times a trace": lambda: traces.equality(traces.trace(SM) + 1e-20 * traces.trace(SM), traces.trace(SM)),
    "a float times a matrix": lambda: traces.equality(SM + 1e-30 * SM, SM),
    "a float as the value of a trace": lambda: traces.equality(
        traces.trace(SM), sp.Rational(1, 10), values=[(traces.trace(SM), 0.1)]
    ),
    "a decimal for a constant": lambda: equality(sp.pi.evalf(15) * plain, sp.pi * plain),
    "a function that jumps": lambda: equality(sp.floor(a) * plain, a * plain),
    "a sign": lambda: equality(sp.sign(N - 1) * plain, plain),
    "a case distinction": lambda: equality(sp.Piecewise((1, N > 1), (0, True)) * plain, plain),
    "infinity": lambda: equality(sp.oo * plain, 2 * sp.oo * plain),
    "text": lambda: equality("x", "y"),
    "a truth value": lambda: equality(sp.true, 1),
}

POWERS = {
    "an inverse": lambda: traces.equality(SM**-1, IDENTITY),
    "an inverse that would cancel": lambda: traces.equality(SM @ SM**-1, SM),
    "an inverse of a trace": lambda: traces.equality(traces.trace(SM) ** -1, 1),
    "the zeroth power of a matrix that is not square": lambda: traces.equality(KM**0, IDENTITY),
    "an inverse entry": lambda: equality(x[i] * x[i] ** -1, x[i] ** -1),
    "an inverse sum": lambda: equality(1 / plain, total(lambda i: 1 / x[i], N)),
    "a root of a square": lambda: equality(sp.sqrt(sp.IndexedBase("c", shape=(N,))[i] ** 2), 0),
    "a symbolic power": lambda: equality(x[i] ** N, x[i]),
    "an exponential of an entry": lambda: equality(sp.exp(x[i]), 1 + x[i]),
    "zero to a power": lambda: equality((x[i] - x[i]) ** 0 * plain, 0),
}

TRANSPOSED = {
    "the norm of iK": lambda: traces.equality(traces.squared_norm(sp.I * KM), -traces.squared_norm(KM)),
    "the norm of iZ": lambda: traces.equality(traces.squared_norm(sp.I * ZM), -traces.squared_norm(ZM)),
    "a scalar that may be complex": lambda: traces.equality(
        traces.inner(sp.Symbol("u") * ZM, ZM), sp.Symbol("u") * traces.squared_norm(ZM)
    ),
    "a rule with a complex right side": lambda: traces.equality(
        SM.T @ SM.T, sp.I * SM.T, [traces.Rule(SM @ SM, sp.I * SM)]
    ),
    "the trace of Zᴴ": lambda: traces.equality(traces.trace(ZM @ BM.T), traces.trace(BM @ ZM.T)),
    "the plain transpose of complex entries": lambda: equality(
        total(lambda j: sp.conjugate(Z[j, i]) * Z[j, k], M), total(lambda j: Z[j, i] * Z[j, k], M)
    ),
    "one letter of a word": lambda: traces.equality(
        traces.trace(SM @ TM @ SM @ TM), traces.trace(SM @ TM @ TM.T @ SM.T)
    ),
    "a matrix for its transpose": lambda: traces.equality(SM, SM.T),
    "the order of a product": lambda: traces.equality(SM @ TM, TM @ SM),
    "the transpose keeps the order": lambda: traces.equality((SM @ TM).T, SM.T @ TM.T),
}

DERIVATIVES = {
    "by twice a letter": lambda: traces.equality(
        traces.differential(traces.squared_norm(KM), 2 * KM, HM), 2 * traces.inner(KM, HM)
    ),
    "by a sum with one letter in it": lambda: traces.equality(
        traces.differential(traces.trace(SM), SM + TM @ TM, TM), traces.trace(TM)
    ),
    "by a product": lambda: traces.differential(traces.trace(SM @ TM), SM @ TM, SM),
    "by an identity": lambda: traces.differential(traces.trace(SM), IDENTITY, SM),
    "of a symmetric letter in any direction": lambda: traces.equality(
        traces.differential(traces.trace(PM @ SM), PM, TM), traces.trace(TM @ SM.T)
    ),
    "by twice an entry": lambda: derivative(energy(), 2 * K[p, i]),
    "by a sum of entries": lambda: derivative(energy(), K[p, i] + K[p, k]),
    "of what the engine does not know": lambda: equality(
        derivative(sp.Trace(sp.MatrixSymbol("K", 2, 2)), K[p, i]), 0
    ),
    "of a conjugate": lambda: equality(derivative(sp.conjugate(Z[p, i]) * Z[p, i], Z[p, i]), sp.conjugate(Z[p, i])),
    "by an entry whose index is summed": lambda: derivative(sp.Sum(K[p, i], i), K[p, i]),
    "without the other diagonal": lambda: equality(
        derivative(sample_contrastive(), K[p, i]), derivative(dimension_contrastive(), K[p, i])
    ),
}

TANGENTS = {
    "1/y² ≥ 3 − 2y for y ≠ 0": lambda: inequalities.tangent_line(1 / real_nonzero**2, real_nonzero, 1),
    "of a number of which nothing is known": lambda: inequalities.tangent_line(nonzero**2, nonzero, 1),
    "at the whole numbers only": lambda: inequalities.tangent_line(
        integer**2 + sp.cos(2 * sp.pi * integer) * integer**2, integer, 1
    ),
    "at a point outside": lambda: inequalities.tangent_line(1 / positive**2, positive, -1),
    "at a point that may lie outside": lambda: inequalities.tangent_line(
        1 / positive**2, positive, scalar("t", real=True)
    ),
    "at a point that moves": lambda: inequalities.tangent_line(sp.exp(real), real, real + 1),
    "across a jump": lambda: inequalities.tangent_line(
        real**2 + sp.Piecewise((0, real < 0), (-10, True)), real, -1
    ),
    "across a jump that derivatives do not see": lambda: inequalities.tangent_line(
        real**2 + 10 * sp.Abs(real) / real, real, -1
    ),
    "across a whole number's step": lambda: inequalities.tangent_line(real**2 - 10 * sp.floor(real), real, 0),
    "across a pole": lambda: inequalities.tangent_line(1 / (real - 1) ** 2, real, 0),
    "of a concave function": lambda: inequalities.tangent_line(sp.log(positive), positive, 1),
    "of a line": lambda: inequalities.tangent_line(real, real, 0),
    "of a float": lambda: inequalities.tangent_line(sp.exp(real) + 1e-30 * real, real, 0),
    "the logarithm of what may be negative": lambda: inequalities.tangent_line(-sp.log(real + 1), real, 0),
}

INEQUALITIES = {
    "a difference called a square": lambda: inequalities.at_least(square - plain, 0, square - plain),
    "a product of two of one sign": lambda: inequalities.at_least(-plain * plain, 0, (-plain) * plain),
    "the wrong way round": lambda: inequalities.at_least(
        plain**2, N * square, total(lambda i, o: (x[i] - x[o]) ** 2, N, N) / 2
    ),
    "Welch without unit embeddings": lambda: inequalities.at_least(
        sample_contrastive(), N**2 / M - N, dimension_contrastive() + dimension_spread(N / M)
    ),
    "Lemma 3.4 with the sizes exchanged": lambda: inequalities.at_least(
        dimension_fourth_powers(), energy() ** 2 / N, dimension_spread(energy() / M)
    ),
    "N ≥ 2": lambda: inequalities.at_least(N, 2, N - 2),
    "M ≥ N": lambda: inequalities.at_least(M, N, M - N),
    "a moment of a negative order": lambda: sphere.moment_equals(-2, sp.S.One),
    "a moment of the normal distribution": lambda: sphere.moment_equals(4, 3 / M**2),
}

DETERMINANTS = {
    "diagonal blocks that are not square": lambda: determinants.diagonal_blocks(
        blocks(KM, traces.zero(M, M), SMALL, KM.T)
    ),
    "blocks that do not fit": lambda: determinants.diagonal_blocks(
        blocks(IDENTITY, KM.T, traces.zero(N, M), SMALL)
    ),
    "two factorisations of two matrices": lambda: determinants.determinant_identity(
        blocks(IDENTITY, KM, KM.T, SMALL),
        (
            blocks(IDENTITY, traces.zero(M, N), KM.T, SMALL),
            blocks(IDENTITY, KM, traces.zero(N, M), SMALL - KM.T @ KM),
        ),
        (
            blocks(IDENTITY + KM @ KM.T, KM, traces.zero(N, M), SMALL),
            blocks(IDENTITY, traces.zero(M, N), KM.T, SMALL),
        ),
    ),
}

IDENTITIES = {
    "L_c = L_nc": lambda: equality(sample_contrastive(), dimension_contrastive()),
    "L_c = 2 L_nc": lambda: equality(sample_contrastive(), 2 * dimension_contrastive()),
    "the remark as printed": lambda: equality(
        dimension_contrastive(), sample_contrastive() + N - M, [UNIT_SAMPLES, equal_dimension_energies(N / M)]
    ),
    "unit samples have unit dimensions": lambda: equality(dimension_energy(p), 1, [UNIT_SAMPLES]),
    "one sample for all": lambda: equality(plain, N * x[i]),
    "δ without its row": lambda: equality(delta(i, k) * x[i], x[k]),
    "δ_ik δ_ko = δ_ik": lambda: equality(delta(i, k) * delta(k, o), delta(i, k)),
    "δ_ik x_i = δ_ik x_o": lambda: equality(delta(i, k) * x[i], delta(i, k) * x[o]),
    "a diagonal counted as all": lambda: equality(total(lambda j: S[j, j], M), total(lambda j, h: S[j, h], M, M)),
    "a trace of a product": lambda: traces.equality(traces.trace(SM @ TM), traces.trace(SM) * traces.trace(TM)),
    "the norm of a product": lambda: traces.equality(
        traces.squared_norm(SM @ TM), traces.squared_norm(SM) * traces.squared_norm(TM)
    ),
    "M for N": lambda: traces.equality(traces.trace(SMALL), M),
    "a projector without its rule": lambda: traces.equality(PM @ PM, PM),
    "the rank for its square": lambda: traces.equality(
        traces.trace(PM) ** 2, scalar("r"), values=[(traces.trace(PM), scalar("r"))]
    ),
}

FALSE = {
    f"{kind}: {name}": statement
    for kind, statements in {
        "escaping": ESCAPING,
        "captured": CAPTURED,
        "vanishing": VANISHING,
        "names": NAMES,
        "coefficients": COEFFICIENTS,
        "powers": POWERS,
        "transposed": TRANSPOSED,
        "derivatives": DERIVATIVES,
        "tangents": TANGENTS,
        "inequalities": INEQUALITIES,
        "determinants": DETERMINANTS,
        "identities": IDENTITIES,
    }.items()
    for name, statement in statements.items()
}


@pytest.mark.parametrize("name", FALSE)
def test_no_engine_vouches_for_it(name):
    with pytest.raises(REFUSED, match=r"\w"):
        FALSE[name]()


def test_there_are_enough_of_each():
    assert len(FALSE) >= 80
    assert len(TRUE) + len(TRUE_GIVEN) + len(TRUE_TRACES) + len(TRUE_INEQUALITIES) >= 40


def mean(entry, j):
    return total(lambda i: entry(j, i), N) / N


def product(u, v):
    return total(lambda i: u[i] * v[i], N)


cross = total(lambda j, i: K[j, i] * A[j, i], M, N)
TRUE = {
    "(a + b)(a − b)": ((x[i] + w[i]) * (x[i] - w[i]), x[i] ** 2 - w[i] ** 2),
    "δ is symmetric": (delta(i, k) * x[i], delta(k, i) * x[k]),
    "δ_ik δ_ko, read the other way": (delta(i, k) * delta(k, o) * x[k], delta(o, k) * delta(i, o) * x[i]),
    "δ is its own square": (delta(i, k) ** 3, delta(i, k)),
    "a row picked by δ": (total(lambda q: delta(q, i) * x[q], N), x[i]),
    "δ summed twice": (total(lambda q, r: delta(q, r), N, N), N),
    "1 − δ is its own square": ((1 - delta(i, k)) ** 2, 1 - delta(i, k)),
    "a double sum in the other order": (
        total(lambda j, i: K[j, i] * x[i], M, N),
        total(lambda i, j: K[j, i] * x[i], N, M),
    ),
    "a sum of constants": (total(lambda i, j: a, N, M), M * N * a),
    "a triple product": (plain**3, total(lambda q, r, t: x[q] * x[r] * x[t], N, N, N)),
    "squares and pairs": (plain**2, square + off_diagonal(lambda q, r: x[q] * x[r], N)),
    "cubes and pairs": (
        plain * square,
        total(lambda q: x[q] ** 3, N) + off_diagonal(lambda q, r: x[q] * x[r] ** 2, N),
    ),
    "Binet and Cauchy": (
        total(lambda q, r: (x[q] * w[r] - x[r] * w[q]) ** 2, N, N) / 2,
        square * total(lambda q: w[q] ** 2, N) - product(x, w) ** 2,
    ),
    "variance as mean of squares": (total(lambda q: (x[q] - plain / N) ** 2, N), square - plain**2 / N),
    "covariance as mean of products": (
        total(lambda q: (x[q] - plain / N) * (w[q] - total(lambda r: w[r], N) / N), N),
        product(x, w) - plain * total(lambda r: w[r], N) / N,
    ),
    "Steiner about any point": (
        total(lambda q: (x[q] - a) ** 2, N),
        total(lambda q: (x[q] - plain / N) ** 2, N) + N * (plain / N - a) ** 2,
    ),
    "variance by pairs": (
        total(lambda q, r: (x[q] - x[r]) ** 2, N, N),
        2 * N * total(lambda q: (x[q] - plain / N) ** 2, N),
    ),
    "distances by inner products": (
        total(lambda j: (K[j, i] - K[j, k]) ** 2, M),
        sample_energy(i) + sample_energy(k) - 2 * gram(i, k),
    ),
    "the sum of all distances": (
        total(lambda q, r: sample_energy(q) + sample_energy(r) - 2 * gram(q, r), N, N),
        2 * N * energy() - 2 * total(lambda j: total(lambda q: K[j, q], N) ** 2, M),
    ),
    "polarisation": (total(lambda j, i: (K[j, i] + A[j, i]) ** 2 - (K[j, i] - A[j, i]) ** 2, M, N), 4 * cross),
    "parallelogram": (
        total(lambda j, i: (K[j, i] + A[j, i]) ** 2 + (K[j, i] - A[j, i]) ** 2, M, N),
        2 * energy() + 2 * total(lambda j, i: A[j, i] ** 2, M, N),
    ),
    "the Gram matrix of a product's transpose": (
        total(lambda i, t: total(lambda j: K[j, i] * B[j, t], M) ** 2, N, P),
        total(lambda t, i: total(lambda j: B[j, t] * K[j, i], M) ** 2, P, N),
    ),
    "associativity of three factors": (
        total(lambda j: K[j, i] * total(lambda q: A[j, q] * x[q], N), M),
        total(lambda q: total(lambda j: K[j, i] * A[j, q], M) * x[q], N),
    ),
    "a trace of four factors turns": (
        total(lambda i, q: total(lambda j: K[j, i] * A[j, q], M) * total(lambda j: A[j, i] * K[j, q], M), N, N),
        total(lambda j, h: total(lambda i: K[j, i] * A[h, i], N) * total(lambda q: A[j, q] * K[h, q], N), M, M),
    ),
    "the difference of the criteria": (
        dimension_contrastive() - sample_contrastive(),
        sample_fourth_powers() - dimension_fourth_powers(),
    ),
    "the off-diagonal as half by pairs": (
        off_diagonal(lambda q, r: gram(q, r), N),
        total(lambda j: total(lambda q: K[j, q], N) ** 2, M) - energy(),
    ),
    "a fraction cancels": (plain * (N**2 - 1) / (N - 1), plain * (N + 1)),
    "fractions of two sizes": (plain / N - plain / (N + 1), plain / (N * (N + 1))),
    "a product with a conjugate": (sp.conjugate(Z[p, i]) * Z[p, i] * 2, 2 * Z[p, i] * sp.conjugate(Z[p, i])),
    "a derivative of a cube": (derivative(plain**3, x[i]), 3 * plain**2),
    "a derivative of centred squares": (
        derivative(total(lambda q: (x[q] - plain / N) ** 2, N), x[i]),
        2 * (x[i] - plain / N),
    ),
    "Euler's theorem for degree four": (
        total(lambda j, q: K[j, q] * 4 * (total(lambda r: gram(r, q) * K[j, r], N)), M, N),
        4 * gram_norm(),
    ),
}

TRUE_GIVEN = {
    "equal energies, both spreads": (sample_spread(1), 0, [UNIT_SAMPLES]),
    "unit dimensions have energy M": (energy(), M, [UNIT_DIMENSIONS]),
    "a hypothesis with a coefficient that cannot vanish": (x[i], 2, [Given(M * x[i], 2 * M)]),
    "two hypotheses, one after the other": (x[i], a**2, [Given(x[i], w[i] ** 2), Given(w[i], a)]),
    "orthogonal rows": (dimension_contrastive(), 0, [Given(covariance(p, row), delta(p, row))]),
    "centred rows have no common part": (
        total(lambda j: total(lambda q: K[j, q], N) ** 2, M),
        0,
        [Given(total(lambda q: K[p, q], N), 0)],
    ),
    "weights that sum to one": (total(lambda q: w[q] * a, N), a, [Given(total(lambda q: w[q], N), 1)]),
    "signs squared": (total(lambda q: x[q] ** 2 * w[q], N), total(lambda q: w[q], N), [Given(x[i] ** 2, 1)]),
}

TRUE_TRACES = {
    "tr((A + B)²)": (
        traces.trace((SM + TM) ** 2),
        traces.trace(SM @ SM) + 2 * traces.trace(SM @ TM) + traces.trace(TM @ TM),
    ),
    "a commutator has no trace": (traces.trace(SM @ TM - TM @ SM), 0),
    "the triple commutator": (traces.trace(SM @ (TM @ SM - SM @ TM)), 0),
    "symmetric against skew": (traces.trace(PM @ (SM - SM.T)), 0),
    "the norm of a commutator's square": (traces.trace((SM @ TM) ** 3), traces.trace((TM @ SM) ** 3)),
    "the norm of a Hermitian square": (traces.squared_norm(ZM @ ZM.T), traces.squared_norm(ZM.T @ ZM)),
    "the zeroth power": (traces.trace(SM**0), M),
    "the differential of a cube": (
        traces.differential(traces.trace(SM**3), SM, TM),
        3 * traces.trace(SM @ SM @ TM),
    ),
}

TRUE_INEQUALITIES = {
    "a sum of squares about any point": (square, 2 * a * plain - N * a**2, total(lambda q: (x[q] - a) ** 2, N)),
    "the energy of a sum": (
        2 * energy() + 2 * total(lambda j, i: A[j, i] ** 2, M, N),
        total(lambda j, i: (K[j, i] + A[j, i]) ** 2, M, N),
        total(lambda j, i: (K[j, i] - A[j, i]) ** 2, M, N),
    ),
    "sizes are at least one": (M * N, N, (M - 1) * N),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_are_decided(name):
    assert equality(*TRUE[name])


@pytest.mark.parametrize("name", TRUE_GIVEN)
def test_true_identities_under_hypotheses_are_decided(name):
    assert equality(*TRUE_GIVEN[name])


@pytest.mark.parametrize("name", TRUE_TRACES)
def test_true_traces_are_decided(name):
    assert traces.equality(*TRUE_TRACES[name])


@pytest.mark.parametrize("name", TRUE_INEQUALITIES)
def test_true_inequalities_are_decided(name):
    assert inequalities.at_least(*TRUE_INEQUALITIES[name])


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (lambda: equality(sp.sqrt(2) ** 2 * sp.sqrt(3) * plain, 2 * sp.sqrt(3) * plain), "rational function"),
        (lambda: equality(x[i] / x[i] * plain + 1 / x[i], plain + 1 / x[i]), "neither a sum"),
        (lambda: equality(x[i], 1, [Given((N - 1) * x[i], N - 1)]), "may be zero"),
        (lambda: equality(sp.exp(x[i]) ** 2, sp.exp(2 * x[i])), "neither a sum"),
        (lambda: equality(x[i] + y[i], 0, [Given(x[i] + y[i], 0)]), "not one monomial"),
        (lambda: traces.squared_norm(sp.I * ZM), "not known to be real"),
        (lambda: inequalities.at_least(x[i] ** 2 + 1, 2 * x[i], x[i] ** 2 + 1 - 2 * x[i]), "write it with squares"),
        (lambda: inequalities.tangent_line(real**4, real, 0), "not visibly positive"),
    ],
)
def test_true_statements_beyond_the_engines_are_refused_with_the_reason(statement, reason):
    with pytest.raises(REFUSED, match=reason):
        statement()


@pytest.mark.parametrize("name", TRUE)
def test_the_true_identities_are_true(name, evaluate, table):
    table = {**table, "y": table["w"]}
    left, right = (evaluate(sp.sympify(side).subs(a, 5), table, {i: 1, k: 2, o: 0, p: 1}) for side in TRUE[name])
    assert left == right
