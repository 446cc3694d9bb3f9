"""What the tests of the experiments share."""

import pytest

from duality.experiments.plan.scale import Scale, load_scale


@pytest.fixture(scope="session")
def scale() -> Scale:
    return load_scale("fashion-mnist")
