"""What all losses are: a tensor with named terms, from a function of two views or a module with its settings."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, dataclass_transform

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributed import ProcessGroup

from duality.losses.settings import check_settings


class LossOutput(Tensor):
    """A loss, and what it is made of: a scalar tensor like any other. What is computed from it is a plain tensor.

    Attributes:
        total: the loss as a plain tensor.
        terms: its terms by name, before their weights. Part of the graph: ``detach`` what you keep.
    """

    terms: dict[str, Float[Tensor, ""]]

    # As for parameters: operations see a tensor, and return tensors.
    __torch_function__ = torch._C._disabled_torch_function_impl  # pyright: ignore[reportAssignmentType]

    @staticmethod
    def __new__(cls, total: Float[Tensor, ""], terms: dict[str, Float[Tensor, ""]]) -> "LossOutput":
        """A loss from its total and its terms."""
        output = total.as_subclass(cls)
        output.terms = terms
        return output

    @property
    def total(self) -> Float[Tensor, ""]:
        """The loss as a plain tensor, of the same graph."""
        return self.as_subclass(Tensor)


@dataclass_transform(kw_only_default=True, eq_default=False)
@dataclass(eq=False, repr=False, kw_only=True)
class Loss(nn.Module):
    """A loss function with its settings: ``loss(z_a, z_b)`` gives a `LossOutput`.

    A subclass names its ``function``, and the settings with their defaults: the keyword arguments of both. They are
    checked when the module is made, and may be changed later.

    Args:
        distributed: over several processes, take the loss of the samples of all; False keeps it to this process.
        group: the processes that share a batch; None for all. The settings must be the same on all of them.

    Raises:
        TypeError: a setting that the loss does not have.
        ValueError: a setting out of its range.
    """

    function: ClassVar[Callable[..., LossOutput]]
    distributed: bool = True
    group: ProcessGroup | None = None

    def __init_subclass__(cls) -> None:
        dataclass(eq=False, repr=False, kw_only=True)(cls)

    def __post_init__(self) -> None:
        super().__init__()
        check_settings(**self.settings)

    @property
    def settings(self) -> dict[str, Any]:
        """What the loss is computed with, as against where."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _PLACES}

    def forward(self, z_a: Float[Tensor, "N M"], z_b: Float[Tensor, "N M"]) -> LossOutput:
        """The loss of two views of N samples × M dimensions."""
        return type(self).function(z_a, z_b, **self.settings, distributed=self.distributed, group=self.group)

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items())


_PLACES = {field.name for field in fields(Loss)}
