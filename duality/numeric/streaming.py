"""The criteria of a whole data set, one chunk of samples at a time.

L_c over N samples is a sum over N² similarities; at N = 10⁶ they would fill 8 TB. Through the covariance it is
one pass: L_c = ‖Σ_b K_b K_bᵀ‖² − Σ_b Σ_i ‖K_·i‖⁴, in O(N M²) time and O(M²) memory. Both sums add up over chunks
and over workers, with a certificate.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from jaxtyping import Float
from torch import Tensor

from duality.numeric.certify import certify
from duality.numeric.matrices import Enclosed
from duality.numeric.rounding import Ball


@dataclass(frozen=True)
class Moments:
    """What is kept of the samples seen so far; ``+`` joins what two workers have seen.

    Attributes:
        samples: how many.
        covariance: KKᵀ / 4ᵉ, M × M.
        exponent: e.
        energy: ‖K‖²_F.
        sample_fourth_powers: Σ_i ‖K_·i‖⁴.
    """

    samples: int
    covariance: Enclosed
    exponent: int
    energy: Ball
    sample_fourth_powers: Ball

    @classmethod
    def of(cls, z: Float[Tensor, "N M"]) -> "Moments":
        """The moments of one chunk. Raises ValueError as `certify` does."""
        k = certify(z)
        return cls(k.shape[0], k.covariance, k.exponent, k.energy, k.sample_fourth_powers)

    def __add__(self, other: "Moments") -> "Moments":
        """Both together.

        Raises:
            ValueError: they differ in dimensions.
        """
        widths = self.covariance.values.shape[0], other.covariance.values.shape[0]
        if widths[0] != widths[1]:
            raise ValueError(f"chunks of {widths[0]} and {widths[1]} dimensions: give all of them the same")
        # Zeros fit any exponent; of the others the larger keeps both in range.
        exponent = max((moments.exponent for moments in (self, other) if moments.energy.value), default=0)
        return Moments(
            self.samples + other.samples,
            self._covariance_at(exponent) + other._covariance_at(exponent),
            exponent,
            self.energy + other.energy,
            self.sample_fourth_powers + other.sample_fourth_powers,
        )

    @property
    def gram_norm(self) -> Ball:
        """‖KᵀK‖²_F = ‖KKᵀ‖²_F."""
        return self.covariance.squared_norm() * self._scale

    @property
    def dimension_fourth_powers(self) -> Ball:
        """Σ_j ‖K_j·‖⁴."""
        return self.covariance.diagonal().squared_norm() * self._scale

    @property
    def sample_contrastive(self) -> Ball:
        """L_c, dually."""
        return self.gram_norm - self.sample_fourth_powers

    @property
    def dimension_contrastive(self) -> Ball:
        """L_nc, directly."""
        return self.covariance.off_diagonal().squared_norm() * self._scale

    @property
    def _scale(self) -> Fraction:
        return Fraction(16) ** self.exponent

    def _covariance_at(self, exponent: int) -> Enclosed:
        return self.covariance * 4.0 ** (self.exponent - exponent) if self.energy.value else self.covariance


def accumulate(chunks: Iterable[Tensor]) -> Moments:
    """The moments of all chunks, each some samples × M dimensions, read one at a time.

    Raises:
        ValueError: there is no chunk, or they differ in dimensions, or one is as `certify` refuses it.
    """
    total = None
    for chunk in chunks:
        seen = Moments.of(chunk)
        total = total + seen if total else seen
    if total is None:
        raise ValueError("no chunk of embeddings: give at least one")
    return total
