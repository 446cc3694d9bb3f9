"""The losses of `duality.losses` on small matrices, float64: each term against what its claim says that it is.

Terms are compared with rational numbers, or with interval enclosures. The bound counts the roundings of the loss
itself on this matrix; nothing is compared with another floating-point evaluation.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import torch
from torch import Tensor

from duality import losses
from duality.losses.base import LossOutput
from duality.numeric import exact
from duality.numeric.check import Check
from duality.numeric.intervals import log, log_sum_exp, repulsion
from duality.numeric.rounding import Ball, round_up

TEMPERATURE = 0.25
"""A power of two, so that dividing by it is exact."""
UNIT = Fraction(1, 2**53)

INTEGERS = [[1, -2, 3], [0, 1, 1], [-1, 2, 0], [2, 0, -3], [1, 1, -1]]
"""N = 5, M = 3. Products and sums of such numbers are exact in float64."""
CENTRED = [[3, 1, -2, 0], [-1, 2, 1, -2], [-1, -2, 1, 2], [-2, 1, 0, 1], [1, -2, 0, -1]]
"""N = 5, M = 4, every dimension of mean zero; N − 1 and M are powers of two."""
BASIS = [[int(i == j) for j in range(4)] for i in range(4)]
"""Orthogonal unit embeddings."""


def spectral_contrastive_terms() -> Iterator[Check]:
    """Spectral Contrastive's repulsion is L_c/(N(N−1)) within one view, the cross-view L_c across two."""
    other = [row[::-1] for row in INTEGERS]
    pairs = len(INTEGERS) * (len(INTEGERS) - 1)
    for name, z_b in (("one view", INTEGERS), ("two views", other)):
        for side in ("gram", "covariance"):
            output = losses.spectral_contrastive(_tensor(INTEGERS), _tensor(z_b), max_norm=None, side=side)
            expected = exact.cross_sample_contrastive(INTEGERS, z_b) / pairs
            what = f"SpectralContrastiveLoss, {name}, {side} side: repulsion = Σ_(i≠i') (a_i·b_i')²/(N(N−1))"
            yield _within_roundings(what, output.terms["repulsion"], Ball.exact(expected), 1)


def vicreg_terms() -> Iterator[Check]:
    """VICReg's covariance is c(K) = L_nc(K_c)/(M(N−1)²), summed over both views."""
    n, m = len(CENTRED), len(CENTRED[0])
    expected = 2 * exact.dimension_contrastive(CENTRED) / (m * (n - 1) ** 2)
    for side in ("gram", "covariance"):
        term = losses.vicreg(_tensor(CENTRED), _tensor(CENTRED), side=side).terms["covariance"]
        yield _within_roundings(f"VICRegLoss, {side} side: covariance = 2 c(K)", term, Ball.exact(expected), 2)


def vicreg_contrastive_terms() -> Iterator[Check]:
    """VICReg through L_c + L_reg (eq. 10) has the covariance of VICReg."""
    n, m = len(CENTRED), len(CENTRED[0])
    regulariser = exact.sample_fourth_powers(CENTRED) - exact.dimension_fourth_powers(CENTRED)
    expected = 2 * (exact.sample_contrastive(CENTRED) + regulariser) / (m * (n - 1) ** 2)
    term = losses.vicreg_contrastive(_tensor(CENTRED), _tensor(CENTRED)).terms["covariance"]
    what = "vicreg_contrastive: covariance = 2 (L_c + L_reg)/(M(N−1)²)"
    yield _within_roundings(what, term, Ball.exact(expected), 2)


def vicreg_exp_terms() -> Iterator[Check]:
    """VICReg-exp's covariance is c_exp of both views (eq. 11)."""
    n, m = len(CENTRED), len(CENTRED[0])
    expected = 2 * repulsion(exact.transpose(CENTRED), Fraction(TEMPERATURE) * (n - 1)) / m
    term = losses.vicreg_exp(_tensor(CENTRED), _tensor(CENTRED), temperature=TEMPERATURE).terms["covariance"]
    yield _log_sum_exp_within("VICRegExpLoss: covariance = 2 c_exp(K)", term, expected, m, exponent=20)


def vicreg_ctr_terms() -> Iterator[Check]:
    """VICReg-ctr's covariance is DCL's repulsion within each view, of embeddings scaled by 1/√M (eq. 13)."""
    n, m = len(CENTRED), len(CENTRED[0])
    expected = 2 * repulsion(CENTRED, Fraction(TEMPERATURE) * m) / n
    term = losses.vicreg_ctr(_tensor(CENTRED), _tensor(CENTRED), temperature=TEMPERATURE).terms["covariance"]
    yield _log_sum_exp_within("VICRegCtrLoss: covariance = 2 c_exp(Kᵀ)", term, expected, n, exponent=20)


def log_sum_exp_terms(dcl: Callable[..., LossOutput], simclr: Callable[..., LossOutput]) -> Iterator[Check]:
    """The -sq or -abs forms of DCL and SimCLR of orthogonal embeddings: nothing but the positive is not zero."""
    n = len(BASIS)
    positive = log_sum_exp([1 / Fraction(TEMPERATURE), *[Fraction(0)] * (2 * n - 2)])
    for function, expected in ((dcl, log(2 * n - 2)), (simclr, positive)):
        term = function(_tensor(BASIS), _tensor(BASIS), temperature=TEMPERATURE).terms["repulsion"]
        what = f"{function.__name__}, orthogonal embeddings: the least repulsion"
        yield _log_sum_exp_within(what, term, expected, 2 * n, exponent=4)


def barlow_twins_terms() -> Iterator[Check]:
    """Barlow Twins' redundancy is the cross-view L_nc/N² of standardised dimensions, its ε = 1e-5 included."""
    z = [[1, 1, 1], [1, 1, -1], [-1, -1, 1], [-1, -1, -1]]
    shrink = 1 / (1 + Fraction(1e-5)) ** 2
    expected = exact.dimension_contrastive(z) / len(z) ** 2 * shrink
    for side in ("gram", "covariance"):
        term = losses.barlow_twins(_tensor(z), _tensor(z), side=side).terms["redundancy"]
        what = f"BarlowTwinsLoss, {side} side: redundancy = L_nc/N²"
        # Each of the two factors 1/√(1 + ε) goes through three roundings and enters four times; the sums on the
        # Gram side are of 25 terms, some twice as large as the result.
        yield _within_roundings(what, term, Ball.exact(expected), 64)


def tcr_terms() -> Iterator[Check]:
    """TCR's coding rate of orthogonal embeddings is the most there is, N/2 log(1 + M/(Nε²)), from either side."""
    n, m, distortion = 2, 4, 0.25
    z = BASIS[:n]
    most = Fraction(n, 2) * log(1 + Fraction(m, n) / Fraction(distortion))
    for side in ("gram", "covariance"):
        term = losses.tcr(_tensor(z), _tensor(z), distortion=distortion, side=side).terms["coding_rate"]
        yield _within_roundings(f"TCRLoss, {side} side: L_c = 0 has the largest coding rate", term, most, 8 * m)


def standardised_terms() -> Iterator[Check]:
    """SimCLR B: dimensions of norm √(N/M) have T = N, so the alignment of equal views is −1/τ, as for SimCLR."""
    for normalization in ("embeddings", "dimensions"):
        output = losses.simclr(
            _tensor(CENTRED), _tensor(CENTRED), temperature=TEMPERATURE, normalization=normalization
        )
        what = f'simclr(normalization="{normalization}"): alignment of equal views = −1/τ'
        expected = Ball.exact(-1 / Fraction(TEMPERATURE))
        # A norm is a sum of N or M squares and a root; its square enters the sum over N·M entries.
        yield _within_roundings(what, output.terms["alignment"], expected, 2 * (5 + 4) + 20 + 4)


def _tensor(z: exact.Matrix) -> Tensor:
    return torch.tensor([[float(entry) for entry in row] for row in z], dtype=torch.float64)


def _within_roundings(what: str, term: Tensor, expected: Ball, roundings: int) -> Check:
    """A term that is off by so many relative roundings at most."""
    gap = abs(Fraction(float(term)) - expected.value)
    return Check(what, round_up(gap), round_up(expected.radius + 2 * roundings * UNIT * abs(expected.value)))


def _log_sum_exp_within(what: str, term: Tensor, expected: Ball, terms: int, exponent: int) -> Check:
    """A mean of log-sum-exps, of so many terms with exponents up to ``exponent`` in size.

    An exponent is off by a few roundings of its size, which the sum of exponentials passes on as it is; the sum and
    the library's exp and log (a few units in the last place) add roundings relative to 1, and to the result.
    """
    gap = abs(Fraction(float(term)) - expected.value)
    bound = expected.radius + UNIT * (4 * exponent + 2 * terms + 16 + 8 * abs(expected.value))
    return Check(what, round_up(gap), round_up(bound))
