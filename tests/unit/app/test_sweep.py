"""Which jobs a sweep gives to its pool and how large that is, with a pool that does nothing but answer."""

import json

import pytest
from hydra._internal.callbacks import Callbacks
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.utils import setup_globals
from hydra.types import HydraContext, RunMode

from nasray.app import sweep as module
from nasray.app.sweep import Sweep
from nasray.app.sweep_task import Ended

COMMON = ["executor=simulator", "evaluator=synthetic", "tracking=none"]


class Answering:
    """Keeps what it was given, and finds that every search is done."""

    def __init__(self, size, log):
        self.size, self.log, self.closed = size, log, False
        self.given = []

    def run(self, tasks):
        while tasks:
            self.given.append(tasks.popleft())
            yield Ended(self.given[-1].identity, 0, "", 1.0, True)

    def close(self):
        self.closed = True


@pytest.fixture
def pools(monkeypatch):
    made = []

    def pool(size, log):
        made.append(Answering(size, log))
        return made[-1]

    monkeypatch.setattr(module, "Pool", pool)
    return made


@pytest.fixture
def begin(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    setup_globals()

    def make(*words):
        loader = ConfigLoaderImpl(config_search_path=create_config_search_path("pkg://nasray.conf"))
        words = ["hydra.mode=MULTIRUN", "hydra.sweep.dir=sweep", *COMMON, *words]
        master = loader.load_configuration("run", words, RunMode.MULTIRUN)
        context = HydraContext(loader, Callbacks())
        return Sweep(context, master, concurrency=3, retries=0, grain="search")

    return make


def jobs(n, first=0):
    return [[*COMMON, f"seed={seed}"] for seed in range(first, first + n)]


def test_a_pool_grows_with_its_batches_up_to_the_limit_and_stays_as_large(begin, pools):
    sweep = begin()
    for n, first in ((1, 0), (2, 1), (1, 3), (5, 4)):
        sweep.launch(jobs(n, first))
    assert [pool.size for pool in pools] == [1, 2, 3]
    assert [pool.closed for pool in pools] == [True, True, False]
    assert [len(pool.given) for pool in pools] == [1, 3, 5]
    sweep.close()


def test_a_job_that_is_known_by_another_name_is_looked_for_where_it_is(begin, pools, tmp_path):
    (name,) = (one.working_dir for one in begin("seed=0").launch(jobs(1)))
    (before,) = pools[0].given
    begin("seed=0,1").launch([[*reversed(COMMON), f"seed={seed}"] for seed in (0, 1)])
    again, other = pools[1].given
    assert before.folder == again.folder == name
    assert other.folder.startswith(f"{tmp_path / 'sweep' / 'seed1'}-")
    known = json.loads((tmp_path / "sweep" / "sweep.json").read_bytes())["jobs"]
    assert [str(tmp_path / "sweep" / one["folder"]) for one in known] == [again.folder, other.folder]
