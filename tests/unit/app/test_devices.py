"""A GPU that is not there is missed before the search begins."""

from types import SimpleNamespace

import pytest
import torch

from nasray.app.devices import check_device
from nasray.core.errors import ConfigError

SIMULATOR = {"_target_": "nasray.simulator.simulator.Simulator"}
TUNE = {"_target_": "nasray.tune.tune_executor.TuneExecutor"}


def config(executor: dict, address: str | None = None):
    return SimpleNamespace(executor=executor, ray=SimpleNamespace(address=address))


def evaluator(device: str):
    return SimpleNamespace(inner=SimpleNamespace(device=device))


@pytest.mark.parametrize("executor", [SIMULATOR, TUNE])
def test_a_gpu_that_this_machine_lacks_is_refused(executor: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = "evaluator.device got cuda, but torch sees no GPU on this machine; set evaluator.device=cpu, or auto"
    with pytest.raises(ConfigError, match=message):
        check_device(config(executor), evaluator("cuda"))
    check_device(config(executor), evaluator("auto"))
    check_device(config(executor), SimpleNamespace())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_device(config(executor), evaluator("cuda"))


def test_what_the_nodes_of_a_named_cluster_have_is_theirs_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    check_device(config(TUNE, "head:6379"), evaluator("cuda"))
    with pytest.raises(ConfigError, match="on this machine"):  # the simulator is here, whatever the cluster
        check_device(config(SIMULATOR, "head:6379"), evaluator("cuda"))


def test_mixed_precision_needs_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = SimpleNamespace(device="auto", recipe=SimpleNamespace(mixed_precision=True))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = "mixed_precision works on a GPU only, but evaluator.device is auto and torch sees none on .*=false"
    with pytest.raises(ConfigError, match=message):
        check_device(config(SIMULATOR), mixed)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    check_device(config(SIMULATOR), mixed)
    mixed.device = "cpu"
    with pytest.raises(ConfigError, match=r"evaluator.device is cpu and torch sees one"):
        check_device(config(SIMULATOR), mixed)
