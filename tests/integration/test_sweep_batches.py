"""A sweeper that asks in batches and needs the values of one batch for the next, as Optuna's does."""

from types import SimpleNamespace

import pytest
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.utils import JobStatus, setup_globals
from hydra.types import HydraContext, RunMode

from nasray.app.sweep import Sweep
from nasray.core.errors import NasrayError

COMMON = ["executor=simulator", "evaluator=synthetic", "tracking=none", "budget.evaluations=20", "controls=0"]
OPTUNA = "hydra_plugins.hydra_optuna_sweeper.optuna_sweeper.OptunaSweeper"


@pytest.fixture
def sweep(tmp_path):
    setup_globals()
    loader = ConfigLoaderImpl(config_search_path=create_config_search_path("pkg://nasray.conf"))
    words = ["hydra.mode=MULTIRUN", f"hydra.sweep.dir={tmp_path}", *COMMON]
    master = loader.load_configuration("run", words, RunMode.MULTIRUN)
    master.hydra.sweeper = {"_target_": OPTUNA}
    made = Sweep(HydraContext(loader, Callbacks()), master, concurrency=1, retries=0, grain="search")
    yield SimpleNamespace(made=made, path=tmp_path)
    made.close()


def test_every_batch_is_answered_with_values(sweep, capsys):
    batch = [[*COMMON, f"strategy.tournament_size={size}", "seed=1"] for size in (2, 5, 99)]
    two, five, refused = sweep.made.launch(batch)
    assert [one.status for one in (two, five, refused)] == [JobStatus.COMPLETED, JobStatus.COMPLETED, JobStatus.FAILED]
    assert all(isinstance(one.return_value, float) for one in (two, five))
    assert two.overrides == tuple(batch[0])
    with pytest.raises(NasrayError, match=r"tournament_size99-seed1-\w{10}: tournament_size \(99\) must be between"):
        _ = refused.return_value
    capsys.readouterr()

    again, other, twin = sweep.made.launch([batch[1], [*COMMON, "seed=2"], [*COMMON, "seed=2"]])
    assert again.return_value == five.return_value
    assert other.return_value == twin.return_value
    assert len(list(sweep.path.glob("*/result.json"))) == 3

    with pytest.raises(SystemExit) as end:
        sweep.made.on_multirun_end(None)
    assert end.value.code == 101
    assert "jobs        3 of 4 done" in capsys.readouterr().out
