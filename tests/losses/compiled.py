"""What `tests.losses.test_derivatives` runs in a process of its own: every loss compiled, next to itself."""

import torch

from tests.losses.kit import CASES, two_views


def main() -> None:
    """Compare values, terms and gradients; print a line for each loss that is right."""
    for case in CASES:
        z = torch.stack(two_views(5, 3)).requires_grad_()
        expected = case.loss(*z)
        slope = torch.autograd.grad(expected.total, z)[0]
        torch.compiler.reset()
        found = torch.compile(case.loss, backend="aot_eager")(*z)
        torch.testing.assert_close(found.total, expected.total)
        torch.testing.assert_close(found.terms, expected.terms)
        torch.testing.assert_close(torch.autograd.grad(found, z)[0], slope)
        print(f"{case.name}: equal")


if __name__ == "__main__":
    main()
