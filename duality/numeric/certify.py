"""The criteria with a certificate: each as a `Ball` that contains its exact value for the data at hand.

Everything is computed in float64 from the entries as they are (float16, bfloat16 and float32 are converted
exactly, and scaled by a power of two against under- and overflow), on either side, next to a rigorous bound of
the rounding error. Nothing is computed before it is asked for, and each matrix product only once.

Batch-first ``z`` = Kᵀ of shape (N, M). ``side`` is the matrix that is built: ``"gram"`` (N × N) or
``"covariance"`` (M × M); L_c is direct on the Gram side and dual on the other, L_nc the other way round.
"""

from fractions import Fraction
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from duality.criteria import as_embeddings
from duality.numeric.matrices import UNDERFLOW, UNIT, Enclosed, depth, product, row_products, scaled
from duality.numeric.rounding import Ball, growth

CertifiedSide = Literal["gram", "covariance"]


def certify(z: Float[Tensor, "N M"]) -> "Certified":
    """The certified criteria of one batch of embeddings, N samples × M dimensions.

    Raises:
        ValueError: ``z`` is not a floating-point matrix, or has NaN or infinite entries.
    """
    return Certified(*scaled(as_embeddings(z)))


def certify_cross(z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "P Q"]) -> "CertifiedCross":
    """The certified cross-view forms of two batches of embeddings.

    Raises:
        ValueError: as `certify` does. The forms raise it themselves where the shapes do not fit.
    """
    return CertifiedCross(certify(z_a), certify(z_b))


class Certified:
    """Certified quantities of one matrix of embeddings; see `certify`. Attributes and methods return balls."""

    def __init__(self, x: Enclosed, exponent: int) -> None:
        self.x = x
        """The embeddings divided by 2 to the power of ``exponent``."""
        self.exponent = exponent

    @property
    def shape(self) -> tuple[int, int]:
        """N and M."""
        n, m = self.x.values.shape
        return n, m

    @cached_property
    def xt(self) -> Enclosed:
        """K / 2ᵉ: ``x`` transposed."""
        return self.x.transposed

    @cached_property
    def gram(self) -> Enclosed:
        """KᵀK / 4ᵉ, N × N."""
        return product(self.x, self.xt)

    @cached_property
    def covariance(self) -> Enclosed:
        """KKᵀ / 4ᵉ, M × M."""
        return product(self.xt, self.x)

    @cached_property
    def sample_energy_vector(self) -> Enclosed:
        """The diagonal of the Gram matrix, N."""
        return row_products(self.x, self.x)

    @cached_property
    def dimension_energy_vector(self) -> Enclosed:
        """The diagonal of the covariance, M."""
        return row_products(self.xt, self.xt)

    @cached_property
    def energy(self) -> Ball:
        """T = ‖K‖²_F."""
        return self.x.squared_norm() * self.power(2)

    @property
    def sample_energies(self) -> list[Ball]:
        """‖K_·i‖² of every sample i."""
        return self._energies(self.sample_energy_vector.values, self.shape[1])

    @property
    def dimension_energies(self) -> list[Ball]:
        """‖K_j·‖² of every dimension j."""
        return self._energies(self.dimension_energy_vector.values, self.shape[0])

    @cached_property
    def sample_energy_range(self) -> Ball:
        """The ball from the least ‖K_·i‖² to the greatest; zero if there is no sample."""
        return self._energy_range(self.sample_energy_vector.values, self.shape[1])

    @cached_property
    def dimension_energy_range(self) -> Ball:
        """The ball from the least ‖K_j·‖² to the greatest; zero if there is no dimension."""
        return self._energy_range(self.dimension_energy_vector.values, self.shape[0])

    @cached_property
    def sample_fourth_powers(self) -> Ball:
        """Σ_i ‖K_·i‖⁴."""
        return self.sample_energy_vector.squared_norm() * self.power(4)

    @cached_property
    def dimension_fourth_powers(self) -> Ball:
        """Σ_j ‖K_j·‖⁴."""
        return self.dimension_energy_vector.squared_norm() * self.power(4)

    def gram_norm(self, side: CertifiedSide) -> Ball:
        """‖KᵀK‖²_F = ‖KKᵀ‖²_F."""
        return self._matrix(side).squared_norm() * self.power(4)

    def sample_contrastive(self, side: CertifiedSide) -> Ball:
        """L_c, directly from the Gram matrix or dually from the covariance."""
        if side == "gram":
            return self.gram.off_diagonal().squared_norm() * self.power(4)
        return self.gram_norm(side) - self.sample_fourth_powers

    def dimension_contrastive(self, side: CertifiedSide) -> Ball:
        """L_nc, directly from the covariance or dually from the Gram matrix."""
        if side == "covariance":
            return self.covariance.off_diagonal().squared_norm() * self.power(4)
        return self.gram_norm(side) - self.dimension_fourth_powers

    @cached_property
    def duality_residual(self) -> Ball:
        """L_nc + Σ_j‖K_j·‖⁴ − L_c − Σ_i‖K_·i‖⁴, both criteria directly: a ball that must contain zero."""
        dimensions = self.dimension_contrastive("covariance") + self.dimension_fourth_powers
        return dimensions - self.sample_contrastive("gram") - self.sample_fourth_powers

    def _matrix(self, side: CertifiedSide) -> Enclosed:
        return self.gram if side == "gram" else self.covariance

    def power(self, degree: int) -> Fraction:
        """What a form of this degree was divided by."""
        return Fraction(2) ** (degree * self.exponent)

    def _energies(self, energies: Tensor, terms: int) -> list[Ball]:
        """The balls of sums of that many squares each."""
        error = Fraction(growth(1 + depth(terms), UNIT))
        relative, underflow, scale = error / (1 - error), Fraction(UNDERFLOW), self.power(2)
        values = [Fraction(energy) for energy in energies.tolist()]
        return [Ball(value * scale, (value * relative + underflow) * scale) for value in values]

    def _energy_range(self, energies: Tensor, terms: int) -> Ball:
        if not energies.numel():
            return Ball.exact(0)
        return Ball.hull(self._energies(torch.stack(energies.aminmax()), terms))


class CertifiedCross:
    """Certified cross-view forms of two matrices of embeddings; see `certify_cross`.

    ``side="gram"`` builds N × N matrices, ``"covariance"`` M × M ones, as `duality.criteria` does.
    """

    def __init__(self, a: Certified, b: Certified) -> None:
        self.a, self.b = a, b

    @cached_property
    def gram(self) -> Enclosed:
        """AᵀB, the similarities, divided by the powers of two of `Certified`."""
        self._require_same(axis=1)
        return product(self.a.x, self.b.xt)

    @cached_property
    def covariance(self) -> Enclosed:
        """ABᵀ, the cross-correlations, divided by the powers of two of `Certified`."""
        self._require_same(axis=0)
        return product(self.a.xt, self.b.x)

    def cross_gram_norm(self, side: CertifiedSide) -> Ball:
        """‖AᵀB‖²_F = ⟨AAᵀ, BBᵀ⟩."""
        if side == "gram":
            return self.gram.squared_norm() * self._power
        self._require_same(axis=1)
        return self.a.covariance.inner(self.b.covariance) * self._power

    def cross_covariance_norm(self, side: CertifiedSide) -> Ball:
        """‖ABᵀ‖²_F = ⟨AᵀA, BᵀB⟩."""
        if side == "covariance":
            return self.covariance.squared_norm() * self._power
        self._require_same(axis=0)
        return self.a.gram.inner(self.b.gram) * self._power

    def cross_sample_contrastive(self, side: CertifiedSide) -> Ball:
        """Σ_{i≠i'} (a_i·b_i')², directly from the similarities or dually from two covariances."""
        self._require_same(axis=0)
        if side == "gram":
            return self.gram.off_diagonal().squared_norm() * self._power
        pairs = row_products(self.a.x, self.b.x).squared_norm()
        return self.cross_gram_norm(side) - pairs * self._power

    def cross_dimension_contrastive(self, side: CertifiedSide) -> Ball:
        """Σ_{j≠j'} (A_j·B_j')², directly from the cross-correlations or dually from two Gram matrices."""
        self._require_same(axis=1)
        if side == "covariance":
            return self.covariance.off_diagonal().squared_norm() * self._power
        pairs = row_products(self.a.xt, self.b.xt).squared_norm()
        return self.cross_covariance_norm(side) - pairs * self._power

    @cached_property
    def _power(self) -> Fraction:
        return Fraction(4) ** (self.a.exponent + self.b.exponent)

    def _require_same(self, axis: int) -> None:
        if self.a.shape[axis] != self.b.shape[axis]:
            name = ("samples", "dimensions")[axis]
            raise ValueError(f"views of shape {self.a.shape} and {self.b.shape}: they must agree in {name}")
