"""What one rank does in `tests.test_distributed`: it runs in a process of its own, in a pool that stays alive."""

import os
from unittest.mock import patch

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from duality import losses
from duality.losses import VICRegLoss, logsumexp
from tests.losses.kit import CASES, DEFAULTS, two_views

_FEATURES = 5


def join(ranks, world_size: int, store: str) -> None:
    """Start a process of the pool: it takes the next rank."""
    torch.set_num_threads(1)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=ranks.get(), world_size=world_size)


def part(counts: list[int], n_dimensions: int, rank: int) -> tuple[Tensor, Tensor]:
    """The two views that are this rank's, of a batch that all ranks agree on."""
    a, b = (z.split(counts)[rank] for z in two_views(sum(counts), n_dimensions))
    return a, b


def network(n_dimensions: int) -> nn.Module:
    """A linear map, the same on all ranks."""
    torch.manual_seed(1)
    return nn.Linear(_FEATURES, n_dimensions, dtype=torch.float64)


def step(name: str, counts: list[int], n_dimensions: int) -> tuple[dict[str, Tensor], Tensor]:
    """Loss, terms and gradient of the network, of a batch of which each rank has ``counts[rank]`` samples."""
    (case,) = (case for case in CASES if case.name == name)
    model = network(n_dimensions)
    rank = 0
    if distributed.is_initialized():
        rank, trained = distributed.get_rank(), DistributedDataParallel(model)
    else:
        counts, trained = [sum(counts)], model
    views = torch.cat(part(counts, _FEATURES, rank))
    # Tiles so small that ranks share them out.
    with patch.object(logsumexp, "_TILE", 3):
        output = case.loss(*trained(views).chunk(2))
        output.total.backward()
    gradient = torch.cat([parameter.grad.flatten() for parameter in model.parameters()])
    return {"total": output.total.detach(), **{k: v.detach() for k, v in output.terms.items()}}, gradient


def refuse(n_samples: list[int], n_dimensions: list[int], bad_rank: int | None) -> str:
    """The error of a loss whose views are bad on one rank, or do not fit together."""
    rank = distributed.get_rank()
    views = torch.ones(n_samples[rank], n_dimensions[rank])
    if rank == bad_rank:
        views[0] = torch.nan
    try:
        VICRegLoss()(views, views)
    except ValueError as error:
        return str(error)
    return ""


def disagree(kind: str) -> str:
    """The error of a loss that rank 0 computes otherwise than the rest; each of them once aborted or hung."""
    odd = distributed.get_rank() == 0
    views = torch.ones(3, 2, dtype=torch.float64 if kind == "type" and odd else torch.float32)
    views.requires_grad_(kind == "gradient" and odd)
    settings = {}
    if kind in ("side", "setting", "bad setting") and odd:
        settings = {
            "side": {"side": "gram"},
            "setting": {"covariance_weight": 2.0},
            "bad setting": {"covariance_weight": -1.0},
        }[kind]
    loss = losses.tcr if kind == "loss" and odd else losses.vicreg
    try:
        loss(views, views, **settings)
    except ValueError as error:
        return str(error)
    return ""


def alone() -> tuple[float, float]:
    """The loss of rank 0 by itself, while the others compute nothing, and that of one process."""
    views = part([3, 2, 2, 2][: distributed.get_world_size()], 4, distributed.get_rank())
    if distributed.get_rank() > 0:
        return 0.0, 0.0
    found = [loss(distributed=False)(*views).item() for loss in DEFAULTS.values()]
    with patch.object(distributed, "is_initialized", lambda: False):
        return sum(found), sum(loss()(*views).item() for loss in DEFAULTS.values())


def in_pairs(counts: list[int]) -> tuple[list[float], list[float]]:
    """Losses of a group of two ranks, and those of one process with the samples of both."""
    groups = [distributed.new_group([first, first + 1]) for first in range(0, distributed.get_world_size(), 2)]
    rank = distributed.get_rank()
    first = rank - rank % 2
    z_a, z_b = two_views(sum(counts), 4)
    both = slice(sum(counts[:first]), sum(counts[: first + 2]))
    found = [loss(group=groups[rank // 2])(*part(counts, 4, rank)).item() for loss in DEFAULTS.values()]
    return found, [loss(distributed=False)(z_a[both], z_b[both]).item() for loss in DEFAULTS.values()]


def penalty(name: str, counts: list[int]) -> tuple[Tensor, Tensor]:
    """The derivative of ‖∂L/∂z‖² by this rank's samples, and what one process with all of them has there."""
    rank, world_size = distributed.get_rank(), distributed.get_world_size()
    loss = DEFAULTS[name]()

    def derivative(z: Tensor, copies: int) -> Tensor:
        z.requires_grad_()
        # Collectives sum over processes, each of which has a copy of the loss.
        (slope,) = torch.autograd.grad(loss(*z) / copies, z, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), z)[0]

    found = derivative(torch.stack(part(counts, 4, rank)), world_size)
    with patch.object(distributed, "is_initialized", lambda: False):
        whole = derivative(torch.stack(two_views(sum(counts), 4)), 1)
    return found, whole.split(counts, dim=1)[rank]


def messages(name: str, counts: list[int], n_dimensions: int, orthogonal: bool = False) -> list[int]:
    """How many entries each collective of this rank takes in, forward."""
    sizes = []
    views = part(counts, n_dimensions, distributed.get_rank())
    if orthogonal:
        # A basis, and some of it once more: little is left after subtracting the diagonal.
        basis = torch.eye(n_dimensions).repeat(2, 1)[: sum(counts)].split(counts)[distributed.get_rank()]
        views = (basis, basis)

    def recorded(collective):
        def call(*arguments, **named):
            sizes.append(arguments[-1].numel())
            return collective(*arguments, **named)

        return call

    with (
        patch.object(distributed, "all_gather", recorded(distributed.all_gather)),
        patch.object(distributed, "all_reduce", recorded(distributed.all_reduce)),
    ):
        DEFAULTS[name]()(*views)
    return sizes
