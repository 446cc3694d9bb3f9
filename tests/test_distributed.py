"""Losses over processes with different, uneven data: the loss of the whole batch, in value and in gradient.

One pool of gloo processes per number of ranks serves all tests. Each rank puts its part of the batch through its
copy of a small network under `DistributedDataParallel`; afterwards every rank must hold the loss and the gradient
of one process with the whole batch.
"""

import multiprocessing
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch

from duality.distributed import gather_samples, process_count, process_rank, sum_over_processes
from duality.losses import VICRegLoss
from tests import ranks
from tests.losses.kit import CASES, DEFAULTS

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


@pytest.mark.parametrize("name", [name for name in DEFAULTS if "side" in DEFAULTS[name]().settings])
def test_the_smaller_of_embeddings_and_moments_is_sent(name, pool):
    counts = COUNTS[pool.world_size][0]
    for n_dimensions, smaller in [(4, 4**2), (60, max(counts) * 60)]:
        assert {max(sizes) for sizes in pool.run(ranks.messages, name, counts, n_dimensions)} == {smaller}


def test_embeddings_are_sent_after_all_where_their_moments_would_cancel(pool):
    counts, n_dimensions = COUNTS[pool.world_size][0], 9
    embeddings = max(counts) * n_dimensions
    for orthogonal in (True, False):
        for sizes in pool.run(ranks.messages, "SpectralContrastiveLoss", counts, n_dimensions, orthogonal):
            assert (embeddings in sizes) == orthogonal


def test_every_rank_learns_of_bad_views_on_one(pool):
    w = pool.world_size
    messages = pool.run(ranks.refuse, [3] * w, [2] * w, 1)
    assert all("NaN or infinite" in message for message in messages)
    assert sum("process 1 cannot go on: embeddings have NaN" in message for message in messages) == w - 1


def test_ranks_must_agree_in_dimensions_and_have_two_samples_in_all(pool):
    w = pool.world_size
    assert all(
        "they must agree" in message for message in pool.run(ranks.refuse, [3] * w, [2] * (w - 1) + [5], None)
    )
    lonely = [1] + [0] * (w - 1)
    assert all("give at least 2" in message for message in pool.run(ranks.refuse, lonely, [2] * w, None))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("type", "embeddings of .*64.* bits: they must agree"),
        ("side", "other losses or settings"),
        ("setting", "other losses or settings"),
        ("loss", "other losses or settings"),
        ("gradient", "which view needs a gradient"),
        ("bad setting", "covariance_weight is -1.0"),
    ],
)
def test_ranks_that_differ_learn_of_it_at_once(pool, kind, message):
    assert all(re.search(message, found) for found in pool.run(ranks.disagree, kind))


def test_a_loss_kept_to_one_process_needs_no_other(pool):
    (found, expected), *_ = sorted(pool.run(ranks.alone), key=str, reverse=True)
    assert found == pytest.approx(expected, rel=1e-12)


def test_a_group_is_a_batch_of_its_own(pool):
    for found, expected in pool.run(ranks.in_pairs, COUNTS[pool.world_size][0]):
        assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", DEFAULTS)
def test_second_derivatives_are_those_of_one_process(name, pool):
    for found, expected in pool.run(ranks.penalty, name, COUNTS[pool.world_size][0]):
        torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


def test_a_group_of_a_loss_kept_to_its_process_is_refused(unchecked):
    z = torch.randn(3, 2)
    with pytest.raises(ValueError, match="leave out one of the two"):
        VICRegLoss(distributed=False, group=object())(z, z)


def test_without_a_process_group_collectives_are_the_identity():
    z = torch.randn(3, 2)
    assert (process_count(), process_rank()) == (1, 0)
    assert sum_over_processes(z) is z
    assert gather_samples(z, [3]) is z
