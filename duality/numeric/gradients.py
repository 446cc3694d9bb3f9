"""The gradients of both criteria with a certificate, and autograd's held against it.

With respect to K they are ∇L_c = 4 (KKᵀK − K diag(KᵀK)) and ∇L_nc = 4 (KKᵀK − diag(KKᵀ) K). Here they are with
respect to ``z`` = Kᵀ, hence N × M like it, and in Frobenius norm.
"""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from duality import criteria
from duality.numeric.certify import Certified, CertifiedSide, certify
from duality.numeric.check import Check
from duality.numeric.matrices import OUTWARD, UNDERFLOW, Enclosed, product, scale_rows
from duality.numeric.precision import SIDES, Criterion, Evaluation, in_range

CONTRASTIVE: tuple[Criterion, ...] = ("sample_contrastive", "dimension_contrastive")


def certify_gradients(z: Float[Tensor, "N M"]) -> "CertifiedGradients":
    """The certified gradients for one batch of embeddings. Raises ValueError as `certify` does."""
    return CertifiedGradients(certify(z))


class CertifiedGradients:
    """Gradients as `Enclosed` matrices, N × M, for the embeddings `Certified.x` in its power of two.

    ``side`` is the matrix that is built: L_c's gradient is G z off the diagonal, or C from the right less
    diag(G) z; L_nc's the same with z transposed.
    """

    def __init__(self, k: Certified) -> None:
        self.k = k

    def sample_contrastive(self, side: CertifiedSide) -> Enclosed:
        """∂L_c/∂z = 4 (z zᵀz − diag(z zᵀ) z)."""
        k = self.k
        if side == "gram":
            return product(k.gram.off_diagonal(), k.x) * 4
        return (product(k.x, k.covariance) - scale_rows(k.sample_energy_vector, k.x)) * 4

    def dimension_contrastive(self, side: CertifiedSide) -> Enclosed:
        """∂L_nc/∂z = 4 (z zᵀz − z diag(zᵀz))."""
        k = self.k
        if side == "covariance":
            return product(k.x, k.covariance.off_diagonal()) * 4
        return (product(k.gram, k.x) - scale_rows(k.dimension_energy_vector, k.xt).transposed) * 4

    @property
    def difference(self) -> Enclosed:
        """∂L_c/∂z − ∂L_nc/∂z = 4 (z diag(zᵀz) − diag(z zᵀ) z): normal to the doubly normalised matrices."""
        k = self.k
        return (
            scale_rows(k.dimension_energy_vector, k.xt).transposed - scale_rows(k.sample_energy_vector, k.x)
        ) * 4


def check_gradients(z: Float[Tensor, "N M"]) -> Iterator[Check]:
    """The certified gradients of the two sides against each other, then autograd's of each side against them.

    Autograd is not judged where fourth powers leave the range of the data type.
    """
    gradients = certify_gradients(z)
    for criterion in CONTRASTIVE:
        one, other = (getattr(gradients, criterion)(side) for side in SIDES)
        yield (one - other).is_zero(f"∇{criterion}, certified: both sides agree")
        for side in SIDES:
            computed = autograd(criterion, z, side)
            check = judge_gradient(criterion, computed, gradients, side)
            if check is not None:
                yield check


def autograd(criterion: Criterion, z: Float[Tensor, "N M"], side: CertifiedSide) -> Float[Tensor, "N M"]:
    """The gradient that autograd finds through `duality.criteria`, in at least float32."""
    leaf = criteria.as_embeddings(z.detach()).clone().requires_grad_()
    function: Callable[..., Tensor] = getattr(criteria, criterion)
    (gradient,) = torch.autograd.grad(function(leaf, side=side), leaf)
    return gradient


def judge_gradient(
    criterion: Criterion, computed: Float[Tensor, "N M"], gradients: CertifiedGradients, side: CertifiedSide
) -> Check | None:
    """Whether a gradient is within its worst rounding error of the certified one, in Frobenius norm.

    ``computed`` is ∂/∂z by autograd in the type it was computed in. None where that type's range is left.
    """
    k = gradients.k
    if not in_range(k, computed.dtype):
        return None
    direct_side = SIDES[CONTRASTIVE.index(criterion)]
    certified: Enclosed = getattr(gradients, criterion)(direct_side)
    error = _autograd_error(Evaluation(k, side, computed.dtype), criterion)
    # In two steps, for 2⁻³ᵉ alone may be out of range.
    scaled = computed.to(certified.values) * 2.0**-k.exponent * 4.0**-k.exponent
    name = str(computed.dtype).removeprefix("torch.")
    return (Enclosed(scaled, error) - certified).is_zero(f"∇{criterion}, {side} side, {name}")


def _autograd_error(evaluation: Evaluation, criterion: Criterion) -> float:
    """‖fl(∇) − ∇‖_F: backward multiplies the product with z; dually it subtracts, and adds up three terms."""
    k, norm = evaluation.k, evaluation.k.x.norm
    forward, extra = evaluation.product_error, 0.0
    size = evaluation.size(criterion if evaluation.is_direct(criterion) else "gram_norm")
    if not evaluation.is_direct(criterion):
        energies = k.sample_energy_vector if criterion == "sample_contrastive" else k.dimension_energy_vector
        extra = energies.norm * norm
    roundings = evaluation.growth(evaluation.outer + 7)
    n, m = k.shape
    lost = 32 * (n * m) ** 0.5 * (n + m) * (evaluation.underflow(3) + norm * evaluation.underflow(2))
    return 4 * (roundings * ((size + forward) * norm + extra) + forward * norm) * OUTWARD + lost + UNDERFLOW
