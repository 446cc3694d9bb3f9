"""What the tests of the experiments share."""

import pytest

from duality.experiments.plan.scale import Scale, load_scale
from tests.experiments.synthetic import roomy_scale


@pytest.fixture(scope="session")
def scale() -> Scale:
    return load_scale("fashion-mnist")


@pytest.fixture(scope="session")
def roomy() -> Scale:
    return roomy_scale()
