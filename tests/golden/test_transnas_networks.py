"""TransNAS-Bench-101's networks have the sizes that the benchmark's own code gives them."""

import pytest

from nasray.models.parameter_count import plan_parameters
from nasray.spaces.transnas_micro import TransNasMicro

pytestmark = pytest.mark.golden
SPACE = TransNasMicro(channels=64, stem_halvings=2)


# Counted once with the networks of github.com/yawen-d/TransNASBench, classifier of 75 classes.
@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("64-41414-3_33_333", 41_450_091),
        ("64-41414-1_11_111", 579_435),
        ("64-41414-0_00_000", 57_963),
        ("64-41414-1_02_333", 22_559_083),
        ("64-41414-2_01_123", 9_446_763),
    ],
)
def test_parameters(text, parameters):
    assert plan_parameters(SPACE.plan(SPACE.from_text(text), (3, 256, 256), 75)) == parameters
