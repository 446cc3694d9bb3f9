"""Losses over processes with different, uneven data: the loss of the whole batch, in value and in gradient.

One pool of gloo processes per number of ranks serves all tests. Each rank puts its part of the batch through its
copy of a small network under `DistributedDataParallel`; afterwards every rank must hold the loss and the gradient
of one process with the whole batch.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from duality.distributed import gather_samples, process_count, process_rank, sum_over_processes
from tests import ranks
from tests.losses.kit import CASES

COUNTS = {2: [[7, 4], [3, 1]], 4: [[4, 1, 5, 2], [2, 0, 1, 1]]}


class Ranks:
    """A process per rank; ``run`` has every rank call a function and gives what they return."""

    def __init__(self, world_size: int, store: str) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["duality.losses", "torch.nn.parallel"])
        self.world_size = world_size
        numbers = context.SimpleQueue()
        for rank in range(world_size):
            numbers.put(rank)
        self.pool = ProcessPoolExecutor(
            world_size, mp_context=context, initializer=ranks.join, initargs=(numbers, world_size, store)
        )

    def run(self, function: Callable, *arguments: object) -> list:
        # A rank waits for the others in its first collective, so each process takes one call.
        calls = [self.pool.submit(function, *arguments) for _ in range(self.world_size)]
        return [call.result(timeout=120) for call in calls]


@pytest.fixture(scope="module", params=sorted(COUNTS), ids=lambda world_size: f"{world_size} ranks")
def pool(request, tmp_path_factory):
    ranks_ = Ranks(request.param, str(tmp_path_factory.mktemp("ranks") / "store"))
    yield ranks_
    ranks_.pool.shutdown()


@pytest.mark.parametrize("n_dimensions", [3, 15])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_loss_and_gradient_are_those_of_one_process(case, n_dimensions, pool):
    for counts in COUNTS[pool.world_size]:
        expected, expected_gradient = ranks.step(case.name, counts, n_dimensions)
        for values, gradient in pool.run(ranks.step, case.name, counts, n_dimensions):
            torch.testing.assert_close(values, expected, rtol=1e-9, atol=1e-11)
            torch.testing.assert_close(gradient, expected_gradient, rtol=1e-8, atol=1e-10)


def test_without_a_process_group_collectives_are_the_identity():
    z = torch.randn(3, 2)
    assert (process_count(), process_rank()) == (1, 0)
    assert sum_over_processes(z) is z
    assert gather_samples(z, [3]) is z
