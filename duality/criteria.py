"""The two families of criteria and the quantities that tie them, each evaluated on either side.

The paper writes embeddings as K, M dimensions × N samples. Code is batch-first: ``z`` = Kᵀ of shape (N, M).

- sample-contrastive   L_c  = ‖KᵀK − diag(KᵀK)‖²_F, the off-diagonal of the Gram matrix ``z @ z.T`` (N × N)
- dimension-contrastive L_nc = ‖KKᵀ − diag(KKᵀ)‖²_F, the off-diagonal of the covariance ``z.T @ z`` (M × M)

Both matrices have the same Frobenius norm, so either criterion can be had from either matrix: *directly*, by
summing the off-diagonal, or *dually*, as the full square of the other matrix less the fourth powers of the
norms (Theorem 3.3). ``side`` says which matrix is built:

- ``"gram"``: the N × N Gram matrix, ``"covariance"``: the M × M covariance. No look at the data.
- ``"auto"``: the cheaper one, unless the subtraction would lose more than two bits (then the direct one).
  Embeddings so large or small that their fourth powers leave the range of float32 are computed in float64; a
  value that float32 cannot hold still becomes zero or infinite. Reads a few numbers off the data, hence
  synchronises on a GPU; force a side under ``torch.compile`` or ``vmap``.

float16 and bfloat16 are computed, and returned, in float32, under autocast too. All functions are differentiable.
"""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

Side = Literal["auto", "gram", "covariance"]

WORST_CONDITIONING = 4.0
"""(full + diagonal) / (full − diagonal) up to which the dual side is used: two bits. Equal norms and at least
twice as many vectors as their rank keep it at 3 or less."""


def sample_contrastive(z: Float[Tensor, "N M"], side: Side = "auto") -> Float[Tensor, ""]:
    """L_c = ‖KᵀK − diag(KᵀK)‖²_F = Σ_{i≠i'} (z_i·z_i')² (Definition 3.2).

    Args:
        z: embeddings, batch-first: N samples × M dimensions.
        side: the matrix to build; ``"covariance"`` uses L_c = ‖KKᵀ‖²_F − Σ_i‖K_·i‖⁴.

    Raises:
        ValueError: ``z`` is not a floating-point matrix, or ``side`` is unknown.
    """
    z = as_embeddings(z)
    return _evaluate(z, z, side, direct="gram", off_diagonal=True)


def dimension_contrastive(z: Float[Tensor, "N M"], side: Side = "auto") -> Float[Tensor, ""]:
    """L_nc = ‖KKᵀ − diag(KKᵀ)‖²_F = Σ_{j≠j'} (K_j·K_j')² (Definition 3.2). No centring, no division by N.

    Args:
        z: embeddings, batch-first: N samples × M dimensions.
        side: the matrix to build; ``"gram"`` uses L_nc = ‖KᵀK‖²_F − Σ_j‖K_j·‖⁴.

    Raises:
        ValueError: ``z`` is not a floating-point matrix, or ``side`` is unknown.
    """
    k = as_embeddings(z).T
    return _evaluate(k, k, side, direct="covariance", off_diagonal=True)


def gram_norm(z: Float[Tensor, "N M"], side: Side = "auto") -> Float[Tensor, ""]:
    """‖KᵀK‖²_F = ‖KKᵀ‖²_F, the full square that both criteria share. Raises ValueError as the criteria do."""
    z = as_embeddings(z)
    return _evaluate(z, z, side, direct="gram", off_diagonal=False)


def sample_energies(z: Float[Tensor, "N M"]) -> Float[Tensor, " N"]:
    """‖K_·i‖² for every sample i."""
    return as_embeddings(z).square().sum(dim=1)


def dimension_energies(z: Float[Tensor, "N M"]) -> Float[Tensor, " M"]:
    """‖K_j·‖² for every dimension j."""
    return as_embeddings(z).square().sum(dim=0)


def sample_fourth_powers(z: Float[Tensor, "N M"]) -> Float[Tensor, ""]:
    """Σ_i ‖K_·i‖⁴, the diagonal of the Gram matrix squared and summed (Theorem 3.3)."""
    return sample_energies(z).square().sum()


def dimension_fourth_powers(z: Float[Tensor, "N M"]) -> Float[Tensor, ""]:
    """Σ_j ‖K_j·‖⁴, the diagonal of the covariance squared and summed (Theorem 3.3)."""
    return dimension_energies(z).square().sum()


def duality_residual(z: Float[Tensor, "N M"]) -> Float[Tensor, ""]:
    """L_nc + Σ_j‖K_j·‖⁴ − L_c − Σ_i‖K_·i‖⁴: zero but for rounding (Theorem 3.3).

    Both criteria are taken directly, each from its own matrix, so that the two sides share no arithmetic.
    `duality.numeric` says how large the rounding may be.
    """
    dimensions = dimension_contrastive(z, side="covariance") + dimension_fourth_powers(z)
    samples = sample_contrastive(z, side="gram") + sample_fourth_powers(z)
    return dimensions - samples


def cross_gram_norm(z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "P M"], side: Side = "auto") -> Float[Tensor, ""]:
    """‖AᵀB‖²_F = ⟨AAᵀ, BBᵀ⟩, the squared similarities of every sample of A with every sample of B.

    ``side="gram"`` builds the N × P similarities, ``"covariance"`` two M × M matrices. Raises ValueError as the
    criteria do, and where the two differ in dimension.
    """
    z_a, z_b = _prepared_pair(z_a, z_b, same_axes=(1,))
    return _evaluate(z_a, z_b, side, direct="gram", off_diagonal=False)


def cross_covariance_norm(
    z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "N P"], side: Side = "auto"
) -> Float[Tensor, ""]:
    """‖ABᵀ‖²_F = ⟨AᵀA, BᵀB⟩, the squared cross-correlations of every dimension of A with every one of B.

    ``side="covariance"`` builds the M × P correlations, ``"gram"`` two N × N matrices. Raises ValueError as the
    criteria do, and where the two differ in samples.
    """
    z_a, z_b = _prepared_pair(z_a, z_b, same_axes=(0,))
    return _evaluate(z_a.T, z_b.T, side, direct="covariance", off_diagonal=False)


def cross_sample_contrastive(
    z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "N M"], side: Side = "auto"
) -> Float[Tensor, ""]:
    """Σ_{i≠i'} (a_i·b_i')², the cross-view L_c: the repulsion of Spectral Contrastive (Proposition 3.2).

    Zero for one sample. Raises ValueError as the criteria do, and where the shapes differ.
    """
    z_a, z_b = _prepared_pair(z_a, z_b, same_axes=(0, 1))
    return _evaluate(z_a, z_b, side, direct="gram", off_diagonal=True)


def cross_dimension_contrastive(
    z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "N M"], side: Side = "auto"
) -> Float[Tensor, ""]:
    """Σ_{j≠j'} (A_j·B_j')², the cross-view L_nc: Barlow Twins' redundancy term (Proposition 3.2).

    Zero for one dimension. Raises ValueError as the criteria do, and where the shapes differ.
    """
    z_a, z_b = _prepared_pair(z_a, z_b, same_axes=(0, 1))
    return _evaluate(z_a.T, z_b.T, side, direct="covariance", off_diagonal=True)


class _CompiledProduct(torch.autograd.Function):
    """x yᵀ, or x xᵀ where y is None: autograd would use two products for that gradient, symmetry leaves one.

    Autocast is held off here because it would reach the products of a backward pass run inside it.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, y: Tensor | None) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return x @ (x if y is None else y).T

    @staticmethod
    def setup_context(ctx, inputs: tuple[Tensor, Tensor | None], output: Tensor) -> None:
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, y = ctx.saved_tensors
        with torch.autocast(gradient.device.type, enabled=False):
            if y is None:
                return _multiply(gradient + gradient.T, x, like=x), None
            needs_x, needs_y = ctx.needs_input_grad
            return (
                _multiply(gradient, y, like=x) if needs_x else None,
                _multiply(gradient.T, x, like=y) if needs_y else None,
            )


class _Product(_CompiledProduct):
    """The same with forward derivatives, which `torch.compile` does not take."""

    @staticmethod
    def jvp(ctx, x_tangent: Tensor | None, y_tangent: Tensor | None) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, y = ctx.saved_tensors
        with torch.autocast(x.device.type, enabled=False):
            if y is None:
                product = x_tangent @ x.T
                return product + product.T
            parts = [] if x_tangent is None else [x_tangent @ y.T]
            parts += [] if y_tangent is None else [x @ y_tangent.T]
            return sum(parts[1:], parts[0])


def _product(x: Tensor, y: Tensor | None) -> Tensor:
    function = _CompiledProduct if torch.compiler.is_compiling() else _Product
    return function.apply(x, y)  # pyright: ignore[reportReturnType]


def _multiply(a: Tensor, b: Tensor, like: Tensor) -> Tensor:
    """a b, laid out in memory like this input, whose gradient it is: in another order all that follows is slow."""
    return (b.T @ a.T).T if like.T.is_contiguous() else a @ b


def self_product(x: Float[Tensor, "P Q"]) -> Float[Tensor, "P P"]:
    """X Xᵀ, whose gradient costs one matrix product, not two."""
    return _product(x, None)


def _evaluate(
    a: Tensor, b: Tensor, side: Side, direct: Literal["gram", "covariance"], off_diagonal: bool
) -> Tensor:
    """‖a bᵀ‖² or its off-diagonal part, for a of P × Q and b of R × Q, on the side asked for.

    Directly from a bᵀ (P × R), or dually as ⟨aᵀa, bᵀb⟩ (two Q × Q) less the squared diagonal of a bᵀ.
    """
    if side not in get_args(Side):
        raise ValueError(f"side is {side!r}: choose one of {', '.join(map(repr, get_args(Side)))}")
    if side == "auto":
        return _evaluate_auto(a, b, off_diagonal)
    if side == direct:
        return _direct(a, b, off_diagonal)
    full, diagonal, _ = _dual(a, b, off_diagonal)
    return full - diagonal


def _evaluate_auto(a: Tensor, b: Tensor, off_diagonal: bool) -> Tensor:
    if a.dtype != torch.float64 and (_leaves_range(a) or _leaves_range(b)):
        wide = a.double()
        return _evaluate_auto(wide, wide if b is a else b.double(), off_diagonal).to(a.dtype)
    (p, q), r = a.shape, b.shape[0]
    # Multiply-adds of value and gradient: 2P²Q against 2Q²P, and with two views 3PRQ against 2Q²(P + R).
    direct_cost, dual_cost = (p, q) if b is a else (3 * p * r, 2 * q * (p + r))
    if direct_cost <= dual_cost:
        return _direct(a, b, off_diagonal)
    full, diagonal, magnitude = _dual(a, b, off_diagonal)
    kept = full - diagonal
    # Also false where something is not finite, and the direct side then says so.
    well_conditioned = bool((magnitude + diagonal <= WORST_CONDITIONING * kept).detach())
    return kept if well_conditioned else _direct(a, b, off_diagonal)


def _direct(a: Tensor, b: Tensor, off_diagonal: bool) -> Tensor:
    product = self_product(a) if b is a else _product(a, b)
    if off_diagonal:
        product.diagonal().zero_()
    return _sum(product.square())


def _dual(a: Tensor, b: Tensor, off_diagonal: bool) -> tuple[Tensor, Tensor, Tensor]:
    """⟨aᵀa, bᵀb⟩, the squared diagonal of a bᵀ, and ‖aᵀa‖‖bᵀb‖, which scales the rounding of the first."""
    product_a = self_product(a.T)
    product_b = product_a if b is a else self_product(b.T)
    full = _sum(product_a * product_b)
    magnitude = full if b is a else torch.linalg.norm(product_a) * torch.linalg.norm(product_b)
    diagonal = (a * b).sum(dim=1).square().sum() if off_diagonal else torch.zeros_like(full)
    return full, diagonal, magnitude.detach()


def _sum(terms: Tensor) -> Tensor:
    """The sum of a P × R matrix, by rows: an entry goes through P + R roundings at worst, not P·R."""
    return terms.sum(dim=1).sum()


def _leaves_range(x: Tensor) -> bool:
    """Whether fourth powers may over- or underflow in the type of ``x``."""
    limits = torch.finfo(x.dtype)
    smallest = max(*x.shape, 1) ** 0.5 * (limits.tiny / limits.eps) ** 0.25
    norm = float(torch.linalg.vector_norm(x.detach()))
    return 0 < norm < smallest or norm > largest_norm(x.dtype)


def largest_norm(dtype: torch.dtype) -> float:
    """Embeddings of this Frobenius norm have fourth powers that the type holds."""
    return (torch.finfo(dtype).max / 16) ** 0.25


def as_embeddings(z: Float[Tensor, "N M"]) -> Float[Tensor, "N M"]:
    """``z`` checked, and in at least float32."""
    if z.ndim != 2:
        raise ValueError(f"embeddings have shape {tuple(z.shape)}: give a matrix of N samples × M dimensions")
    if not z.is_floating_point():
        raise ValueError(f"embeddings have dtype {z.dtype}: convert them to a floating-point type first")
    return z.float() if torch.finfo(z.dtype).bits < 32 else z


def _prepared_pair(z_a: Tensor, z_b: Tensor, same_axes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    a, b = as_embeddings(z_a), as_embeddings(z_b)
    if any(a.shape[axis] != b.shape[axis] for axis in same_axes):
        names = " and ".join(("samples", "dimensions")[axis] for axis in same_axes)
        raise ValueError(f"views of shape {tuple(a.shape)} and {tuple(b.shape)}: they must agree in {names}")
    dtype = torch.promote_types(a.dtype, b.dtype)
    return a.to(dtype), b.to(dtype)
