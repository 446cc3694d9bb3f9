"""What one rank does in `tests.test_distributed`: it runs in a process of its own, in a pool that stays alive."""

import os
from unittest.mock import patch

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

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


def messages(name: str, counts: list[int], n_dimensions: int, orthogonal: bool = False) -> list[int]:
    """How many entries each collective of this rank takes in, forward."""
    sizes = []
    views = part(counts, n_dimensions, distributed.get_rank())
    if orthogonal:
        # A basis, and some of it once more: little is left after subtracting the diagonal.
        basis = torch.eye(n_dimensions).repeat(2, 1)[: sum(counts)].split(counts)[distributed.get_rank()]
        views = (basis, basis)

    def recorded(collective):
        def call(*arguments):
            sizes.append(arguments[-1].numel())
            return collective(*arguments)

        return call

    with (
        patch.object(distributed, "all_gather", recorded(distributed.all_gather)),
        patch.object(distributed, "all_reduce", recorded(distributed.all_reduce)),
    ):
        DEFAULTS[name]()(*views)
    return sizes
