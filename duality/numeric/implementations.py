"""What `duality.criteria` returns on small integers, where float64 rounds nothing: right to the last bit, or wrong.

The forms are polynomials of degree four, so that five values along a line give their derivatives there exactly.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction

import torch
from torch import Tensor

from duality import criteria
from duality.numeric import exact
from duality.numeric.check import Check

SIDES = ("auto", "gram", "covariance")
WIDE, TALL, SQUARE = (
    [[1, -2, 3, 0, 1], [0, 1, 1, -1, 2], [-1, 2, 0, 3, -2]],
    [[1, -2], [0, 1], [-1, 2], [2, 0], [3, -1], [1, 1]],
    [[2, 1, -1], [0, 3, 1], [1, -2, 2]],
)
MATRICES = (WIDE, TALL, SQUARE, [[3, -1, 2]], [[2], [-5], [3]])
"""N × M: more dimensions, more samples, as many, one sample, one dimension."""
FORMS = ("gram_norm", "sample_contrastive", "dimension_contrastive")
CROSS_FORMS = (
    "cross_gram_norm",
    "cross_covariance_norm",
    "cross_sample_contrastive",
    "cross_dimension_contrastive",
)


def form_values() -> Iterator[Check]:
    """Both criteria and the full square on every side, energies, fourth powers, and Theorem 3.3's residual."""
    for z in MATRICES:
        for form in FORMS:
            yield from _values(form, z)
        for name in ("sample_energies", "dimension_energies"):
            found = getattr(criteria, name)(tensor(z)).tolist()
            for i, expected in enumerate(getattr(exact, name)(z)):
                yield Check.exact(f"integers: {name} {i} of {_shape(z)}", Fraction(found[i]), expected)
        for name in ("sample_fourth_powers", "dimension_fourth_powers"):
            yield Check.exact(f"integers: {name} of {_shape(z)}", _number(name, z), getattr(exact, name)(z))
        yield Check.exact(f"integers: duality_residual of {_shape(z)}", _number("duality_residual", z), 0)


def cross_values() -> Iterator[Check]:
    """The four forms of two views that share nothing, on every side; of different sizes where a form allows it."""
    for z in MATRICES:
        other = [[(3 * entry + 2 * i - j) % 7 - 3 for j, entry in enumerate(row)] for i, row in enumerate(z)]
        for form in CROSS_FORMS:
            yield from _values(form, z, other)
    for form, a, b in (
        ("cross_gram_norm", TALL, [[4, -1]]),
        ("cross_gram_norm", [[4, -1]], TALL),
        ("cross_covariance_norm", SQUARE, [[1, 2, 0, -1], [3, 0, 1, 1], [-2, 1, 1, 0]]),
        ("cross_covariance_norm", WIDE, [[2], [-3], [1]]),
    ):
        yield from _values(form, a, b)


def form_derivatives() -> Iterator[Check]:
    """Gradient and second derivative of every form, of one view and of two."""
    for z in (WIDE, TALL):
        for form in FORMS:
            yield from _derivatives(form, [z], [[[i - j for j, _ in enumerate(row)] for i, row in enumerate(z)]])
        others = [[(entry + i + j) % 5 - 2 for j, entry in enumerate(row)] for i, row in enumerate(z)]
        for form in CROSS_FORMS:
            along = [[[1 - i * j % 3 for j, _ in enumerate(row)] for i, row in enumerate(z)] for _ in range(2)]
            yield from _derivatives(form, [z, others], along)


def tensor(z: exact.Matrix, dtype: torch.dtype = torch.float64) -> Tensor:
    """The matrix as a tensor; small integers are exact in every floating-point type."""
    return torch.tensor([[float(entry) for entry in row] for row in z], dtype=dtype)


def _values(form: str, *views: exact.Matrix) -> Iterator[Check]:
    expected = getattr(exact, form)(*views)
    for side in SIDES:
        what = f"integers: {form} of {' and '.join(map(_shape, views))}, {side} side"
        for layout, arrange in LAYOUTS.items():
            given = [arrange(tensor(z)) for z in views]
            before = [z.clone() for z in given]
            found = float(getattr(criteria, form)(*given, side=side))
            yield Check.exact(f"{what}, {layout}", Fraction(found), expected)
            changed = sum(int(not torch.equal(*pair)) for pair in zip(given, before, strict=True))
            yield Check.exact(f"{what}, {layout}: views changed", changed, 0)
        for dtype in (torch.float32, torch.bfloat16, torch.float16):
            value = getattr(criteria, form)(*(tensor(z, dtype) for z in views), side=side)
            yield Check.exact(f"{what}, {dtype}", Fraction(float(value)), expected)
            yield Check.exact(f"{what}, {dtype}: bits of the result", torch.finfo(value.dtype).bits, 32)


def _strided(z: Tensor) -> Tensor:
    """Every second row and column of a larger matrix, whose other entries must not count."""
    larger = torch.full((2 * z.shape[0], 2 * z.shape[1]), torch.nan, dtype=z.dtype)
    larger[::2, ::2] = z
    return larger[::2, ::2]


LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "contiguous": lambda z: z,
    "transposed": lambda z: z.T.contiguous().T,
    "strided": _strided,
}


def _derivatives(form: str, views: list[list[list[int]]], along: list[list[list[int]]]) -> Iterator[Check]:
    def on_line(step: int) -> Fraction:
        moved = [
            [[x + step * d for x, d in zip(*rows, strict=True)] for rows in zip(z, line, strict=True)]
            for z, line in zip(views, along, strict=True)
        ]
        return getattr(exact, form)(*moved)

    values = [on_line(step) for step in (-2, -1, 0, 1, 2)]
    first = (values[0] - 8 * values[1] + 8 * values[3] - values[4]) / 12
    second = (-values[0] + 16 * values[1] - 30 * values[2] + 16 * values[3] - values[4]) / 12
    points, directions = [tensor(z) for z in views], [tensor(line) for line in along]
    for side in SIDES:
        what = f"integers: {form} of {' and '.join(map(_shape, views))}, {side} side"
        gradients, curvature = _gradients_and_curvature(form, side, points, directions)
        yield Check.exact(f"{what}: gradient", _inner(gradients, directions), first)
        yield Check.exact(f"{what}: second derivative", curvature, second)
        for number, expected in enumerate(gradients):
            leaves = [z.clone().requires_grad_(k == number) for k, z in enumerate(points)]
            (found,) = torch.autograd.grad(getattr(criteria, form)(*leaves, side=side), leaves[number])
            yield Check.exact(f"{what}: gradient of view {number} alone", int(torch.equal(found, expected)), 1)


def _gradients_and_curvature(
    form: str, side: str, points: list[Tensor], directions: list[Tensor]
) -> tuple[list[Tensor], Fraction]:
    """The gradients, and the second derivative along the directions."""
    leaves = [z.clone().requires_grad_() for z in points]
    gradients = torch.autograd.grad(getattr(criteria, form)(*leaves, side=side), leaves, create_graph=True)
    slope = torch.stack([(g * d).sum() for g, d in zip(gradients, directions, strict=True)]).sum()
    curvature = _inner(list(torch.autograd.grad(slope, leaves)), directions)
    return [gradient.detach() for gradient in gradients], curvature


def _inner(one: list[Tensor], other: list[Tensor]) -> Fraction:
    return sum((Fraction(float((a * b).sum())) for a, b in zip(one, other, strict=True)), Fraction(0))


def _number(name: str, z: exact.Matrix) -> Fraction:
    return Fraction(float(getattr(criteria, name)(tensor(z))))


def _shape(z: exact.Matrix) -> str:
    return f"{len(z)} × {len(z[0])}"
