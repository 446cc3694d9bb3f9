"""LARS by its official formula, the other optimisers, and the learning rate's course."""

import math
from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer

from duality.training.recipe import OptimizerRecipe

REFERENCE_BATCH = 256
"""Base learning rates are given for this batch size and scale in proportion (Goyal et al., 2017)."""


class LARS(Optimizer):
    """Layer-wise adaptive rate scaling (You et al., 2017), as SimCLR, Barlow Twins and VICReg use it.

    For a parameter w of two or more axes, with g its gradient::

        d = g + λ w,   v ← momentum · v + d · η‖w‖ / ‖d‖,   w ← w − lr · v

    The factor is 1 where ‖w‖ or ‖d‖ is zero. One-dimensional parameters (biases, batch norm) have neither weight
    decay nor scaling. With ``clip`` it is another optimiser, that of Lightning Bolts and solo-learn: the factor is
    min(η‖w‖ / (‖g‖ + λ‖w‖ + 10⁻⁸) / lr, 1), so that no update is larger than plain SGD's.
    float16 and bfloat16 parameters are updated in float32, since norms leave the range of float16; they and v (of
    their type) are then rounded.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        weight_decay: λ.
        momentum: of v.
        eta: the trust coefficient η.
        clip: whether to take the clipped factor.

    Raises:
        ValueError: an argument that is negative or not finite.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.9,
        eta: float = 1e-3,
        clip: bool = False,
    ) -> None:
        for name, value in (("lr", lr), ("weight_decay", weight_decay), ("momentum", momentum), ("eta", eta)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} is {value}: give a finite number, 0 or more")
        settings = {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "eta": eta, "clip": clip}
        super().__init__(params, settings)

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One update. ``closure``, where given, evaluates the loss anew."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._update(parameter, parameter.grad, group)
        return loss

    def _update(self, parameter: Tensor, gradient: Tensor, group: dict) -> None:
        wide = torch.promote_types(parameter.dtype, torch.float32)
        direction = gradient.to(wide)
        if parameter.ndim > 1:
            weights = parameter.to(wide)
            factor = _factor(weights, direction, group)
            direction = direction.add(weights, alpha=group["weight_decay"]) * factor
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        velocity = state["momentum_buffer"].mul_(group["momentum"]).add_(direction)
        parameter.add_(velocity.to(wide), alpha=-group["lr"])


def _factor(weights: Tensor, gradient: Tensor, group: dict) -> Tensor:
    """What the decayed gradient is scaled by: 1 where a norm is zero."""
    decay, norm = group["weight_decay"], weights.norm()
    if group["clip"]:
        gradient_norm = gradient.norm()
        there = (norm > 0) & (gradient_norm > 0)
        scaled = (group["eta"] * norm / (gradient_norm + decay * norm + 1e-8) / group["lr"]).clamp(max=1)
    else:
        direction_norm = gradient.add(weights, alpha=decay).norm()
        there = (norm > 0) & (direction_norm > 0)
        scaled = group["eta"] * norm / direction_norm
    return torch.where(there, scaled, 1.0)


def build_optimizer(module: nn.Module, recipe: OptimizerRecipe, batch_size: int) -> Optimizer:
    """The recipe's optimiser. Vectors (one axis) have no weight decay, and their own rate where it gives one."""
    lr = peak_learning_rate(recipe, batch_size)
    share = recipe.vector_lr / recipe.base_lr if recipe.vector_lr else 1.0
    matrices = [p for p in module.parameters() if p.ndim > 1]
    vectors = [p for p in module.parameters() if p.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": recipe.weight_decay, "lr": lr, "share": 1.0},
        {"params": vectors, "weight_decay": 0.0, "lr": share * lr, "share": share},
    ]
    if recipe.name == "lars":
        return LARS(groups, lr, momentum=recipe.momentum, eta=recipe.trust, clip=recipe.clip)
    if recipe.name == "sgd":
        return SGD(groups, lr=lr, momentum=recipe.momentum)
    return AdamW(groups, lr=lr, betas=(recipe.momentum, 0.999))


def peak_learning_rate(recipe: OptimizerRecipe, batch_size: int) -> float:
    """``base_lr`` × batch size / 256."""
    return recipe.base_lr * batch_size / REFERENCE_BATCH


def learning_rate(recipe: OptimizerRecipe, batch_size: int, steps_per_epoch: int, step: int) -> float:
    """The rate of step ``step``, from 0: linear to the peak over the warm-up, then half a cosine to its end."""
    warmup = round(recipe.warmup_epochs * steps_per_epoch)
    peak = peak_learning_rate(recipe, batch_size)
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(recipe.epochs * steps_per_epoch - warmup, 1)
    cosine = (1 + math.cos(math.pi * progress)) / 2
    return peak * (recipe.end_factor + (1 - recipe.end_factor) * cosine)


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Give every group of parameters this rate, or the share of it that is the group's own."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("share", 1.0)
