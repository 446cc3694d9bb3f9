"""The same losses in lightly, where it has them and has them right."""

import pytest
import torch
from lightly import loss as lightly

from duality import losses
from tests.losses.kit import two_views, value_and_gradients

PAIRS = {
    "SimCLR": (losses.SimCLRLoss(temperature=0.2), lightly.NTXentLoss(temperature=0.2)),
    "DCL": (losses.DCLLoss(temperature=0.2), lightly.DCLLoss(temperature=0.2)),
    "BarlowTwins": (losses.BarlowTwinsLoss(redundancy_weight=0.1), lightly.BarlowTwinsLoss(lambda_param=0.1)),
    "VICReg": (losses.VICRegLoss(), lightly.VICRegLoss()),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("shape", [(16, 5), (8, 40), (300, 20)], ids=str)
def test_value_and_gradients_are_those_of_lightly(name, shape):
    ours, theirs = PAIRS[name]
    z_a, z_b = two_views(*shape)
    value = value_and_gradients(lambda a, b: ours(a, b).total, z_a, z_b)
    torch.testing.assert_close(value, value_and_gradients(theirs, z_a, z_b), rtol=1e-9, atol=1e-11)


def test_the_defaults_of_lightly_are_ours_for_vicreg_and_barlow_twins():
    z_a, z_b = two_views(32, 16)
    for ours, theirs in [
        (losses.VICRegLoss(), lightly.VICRegLoss()),
        (losses.BarlowTwinsLoss(), lightly.BarlowTwinsLoss()),
    ]:
        torch.testing.assert_close(ours(z_a, z_b).total, theirs(z_a, z_b))
