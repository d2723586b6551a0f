"""Evaluators that hang or end their process are refused where the search would go with them."""

import pytest

from nasray.app.isolation import check_isolation
from nasray.app.schema import RunConfig
from nasray.core.errors import ConfigError
from nasray.evaluators.failing import Failing
from nasray.evaluators.noisy import Noisy
from nasray.evaluators.synthetic import Synthetic
from nasray.spaces.nasbench201 import NasBench201

SIMULATOR = {"_target_": "nasray.simulator.simulator.Simulator"}
TUNE = {"_target_": "nasray.tune.tune_executor.TuneExecutor", "time_limit_seconds": 10.0}


@pytest.fixture
def failing():
    def make(kind: str, share: float = 0.1) -> Failing:
        space = NasBench201(channels=1, cells_per_stage=1)
        return Failing(inner=Synthetic(space=space, n_choices=None, chunk_size=8), share=share, kind=kind)

    return make


def config(executor: dict) -> RunConfig:
    return RunConfig.model_construct(executor=executor)


@pytest.mark.parametrize(("kind", "does"), [("hang", "hangs"), ("exit", "ends its process")])
def test_in_one_process_with_the_search_they_are_refused(failing, kind: str, does: str) -> None:
    message = f"evaluator Failing {does} in some slots, and the simulator would go with it.*set executor=tune, or"
    with pytest.raises(ConfigError, match=message):
        check_isolation(config(SIMULATOR), failing(kind))
    with pytest.raises(ConfigError, match=message):
        check_isolation(config(SIMULATOR), Noisy(inner=failing(kind), std=1.0))
    check_isolation(config(TUNE), failing(kind))


def test_a_hang_needs_somebody_who_ends_it(failing) -> None:
    endless = {**TUNE, "time_limit_seconds": None}
    with pytest.raises(ConfigError, match=r"time_limit_seconds is null.*set it, e.g. executor.time_limit_seconds=10"):
        check_isolation(config(endless), failing("hang"))
    check_isolation(config(endless), failing("exit"))


@pytest.mark.parametrize("kind", ["exception", "not_finite", "out_of_memory"])
def test_what_can_be_caught_is_welcome_everywhere(failing, kind: str) -> None:
    check_isolation(config(SIMULATOR), failing(kind))
    check_isolation(config(SIMULATOR), failing("hang", share=0.0))
