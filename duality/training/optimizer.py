"""LARS by its official formula, the other optimisers, and the learning rate's course."""

import math
from collections.abc import Callable, Iterable
from typing import overload

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
    decay nor scaling. Others divide by ‖g‖ + λ‖w‖ or clip the factor at lr; those are different optimisers.
    float16 and bfloat16 parameters are updated in float32, since norms leave the range of float16; they and v (of
    their type) are then rounded.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        weight_decay: λ.
        momentum: of v.
        eta: the trust coefficient η.

    Raises:
        ValueError: an argument that is negative or not finite.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.9,
        eta: float = 1e-3,
    ) -> None:
        for name, value in (("lr", lr), ("weight_decay", weight_decay), ("momentum", momentum), ("eta", eta)):
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} is {value}: give a finite number, 0 or more")
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum, "eta": eta})

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
            direction = direction.add(weights, alpha=group["weight_decay"])
            norm, direction_norm = weights.norm(), direction.norm()
            scaled = group["eta"] * norm / direction_norm
            direction = direction * torch.where((norm > 0) & (direction_norm > 0), scaled, 1.0)
        state = self.state[parameter]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        velocity = state["momentum_buffer"].mul_(group["momentum"]).add_(direction)
        parameter.add_(velocity.to(wide), alpha=-group["lr"])


def build_optimizer(module: nn.Module, recipe: OptimizerRecipe, batch_size: int) -> Optimizer:
    """The recipe's optimiser; SGD and AdamW too leave one-dimensional parameters without weight decay."""
    lr = peak_learning_rate(recipe, batch_size)
    if recipe.name == "lars":
        return LARS(module.parameters(), lr, recipe.weight_decay, recipe.momentum)
    matrices = [p for p in module.parameters() if p.ndim > 1]
    vectors = [p for p in module.parameters() if p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    if recipe.name == "sgd":
        return SGD(groups, lr=lr, momentum=recipe.momentum)
    return AdamW(groups, lr=lr, betas=(recipe.momentum, 0.999))


def peak_learning_rate(recipe: OptimizerRecipe, batch_size: int) -> float:
    """``base_lr`` × batch size / 256."""
    return recipe.base_lr * batch_size / REFERENCE_BATCH


def learning_rate(recipe: OptimizerRecipe, batch_size: int, steps_per_epoch: int, step: int) -> float:
    """The rate of step ``step``, from 0: linear to the peak over the warm-up, then a half cosine to zero."""
    warmup = round(recipe.warmup_epochs * steps_per_epoch)
    peak = peak_learning_rate(recipe, batch_size)
    if step < warmup:
        return peak * (step + 1) / warmup
    progress = (step - warmup) / max(recipe.epochs * steps_per_epoch - warmup, 1)
    return peak * (1 + math.cos(math.pi * progress)) / 2


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    """Give every group of parameters this rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
