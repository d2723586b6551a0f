"""Predictors in hosts on a real Ray cluster: started once, the same bits as here, and alive after a crash."""

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from nasray.actors.batching import Batching
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.actors.padded_learner import PaddedLearner
from nasray.actors.padded_predictor import PaddedPredictor
from nasray.core.budget import Budget
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.event_log import NoLog
from nasray.core.predictor import Learner
from nasray.core.seeds import Streams
from nasray.evaluators.synthetic import Synthetic
from nasray.predictors.ridge import Ridge
from nasray.records.store import Store
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution
from nasray.strategies.screened import NOTE, Screened

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]

SPACE = NasBench201(channels=4, cells_per_stage=1)
RIDGE = partial(Ridge, space=SPACE, target="ranks", shrinkage=1.0)
BATCHING = Batching(size=16, window_ms=5)


def moody():
    """A predictor whose scores depend on the shape of the batch, as those of every network do, only more so."""

    class Moody:
        higher_is_better = False

        def predict(self, architectures):
            return np.array([sum(one.genes) + len(architectures) / 7 for one in architectures])

    return Moody()


@pytest.fixture
def recipe(tmp_path):
    """A host of its own for every test, ended afterwards."""
    from nasray.actors import directory

    recipe = HostRecipe(
        identity=Identity.of("ridge", {"test": str(tmp_path)}, None),
        factory=RIDGE,
        method="predict",
        batching=BATCHING,
        store=Store(root=str(tmp_path / "store")),
    )
    yield recipe
    if recipe.identity.name in directory.names():
        directory.stop(recipe.identity.name)


def learner(recipe):
    from nasray.actors.remote_learner import RemoteLearner

    return RemoteLearner(identity=recipe.identity, higher_is_better=True, recipe=recipe)


def predictor(recipe):
    from nasray.actors.remote_predictor import RemotePredictor

    return RemotePredictor(identity=recipe.identity, higher_is_better=False, recipe=replace(recipe, factory=moody))


def cells(n, seed=0):
    rng = np.random.default_rng(seed)
    return [SPACE.sample(rng) for _ in range(n)]


def search(predictor, seed=0, width=4):
    """The archive of a screened search, and the scores it went by."""
    inner = RegularizedEvolution(space=SPACE, population_size=8, tournament_size=3)
    strategy = Screened(inner=inner, predictor=predictor, candidates=5, warm_up=10, refit_every=5, reserved=0.0)
    work = Search(space=SPACE, strategy=strategy, budget=Budget(evaluations=40), width=width, seed=seed, log=NoLog())
    Simulator(workers=1).run(work, partial(Synthetic, n_choices=5, chunk_size=1), Streams(seed, "evaluator"))
    notes = [outcome.proposal.notes for outcome in work.outcomes]
    return archive_hash(work.outcomes), [note[NOTE]["scores"] for note in notes if note]


def test_a_search_finds_the_same_with_its_predictor_here_in_a_host_and_in_a_host_shared_with_another_search(recipe):
    local = [search(PaddedLearner(inner=RIDGE(), batching=BATCHING), seed) for seed in (0, 1)]
    assert local[0][1] != local[1][1]
    assert len(local[0][1]) == 27  # slots 13 to 39: with width 4, ten outcomes are told when slot 13 is asked
    assert search(learner(recipe)) == local[0]
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(lambda seed: search(learner(recipe), seed), (0, 1))) == local


def test_scores_that_depend_on_the_shape_of_the_batch_are_the_same_too(recipe):
    local = [search(PaddedPredictor(inner=moody(), batching=BATCHING), seed) for seed in (0, 1)]
    recipe = replace(recipe, batching=replace(BATCHING, window_ms=20))  # time for a slow machine's searches to meet
    client = predictor(recipe)
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(lambda seed: search(predictor(recipe), seed), (0, 1))) == local
    health = client.health()
    assert health["calls"] == 80
    assert health["items"] == 400
    assert health["batches"] < 80, "no batch was shared by the two searches"
    assert search(moody())[1] != local[0][1], "the shape of the batch does not matter: this test shows nothing"


def test_four_processes_that_start_the_same_host_at_once_get_the_same_one(recipe, ray_cluster, tmp_path):
    script = textwrap.dedent("""
        import pathlib, pickle, sys
        import ray
        from nasray.actors.remote_learner import RemoteLearner

        ray.init(address=sys.argv[1], namespace="elsewhere", log_to_driver=False)
        recipe, cells = pickle.loads(pathlib.Path(sys.argv[2]).read_bytes())
        client = RemoteLearner(identity=recipe.identity, higher_is_better=True, recipe=recipe)
        client.fit(cells, [float(sum(cell.genes)) for cell in cells])
        print(client._connect()._actor_id.hex(), client.state().decode(), client.predict(cells).tolist())
    """)
    baggage = tmp_path / "recipe.pickle"
    baggage.write_bytes(pickle.dumps((recipe, cells(20))))
    command = [sys.executable, "-c", script, ray_cluster, str(baggage)]
    environment = {**os.environ, "RAY_AUTH_MODE": "token"}
    clients = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    told = [client.communicate(timeout=120)[0] for client in clients]
    assert told[0].strip()
    assert len(set(told)) == 1
    assert learner(recipe).health()["calls"] == 4, "the host must outlive those who started it"


def test_a_host_that_is_killed_comes_back_and_knows_what_it_knew(recipe):
    from nasray.actors.host_watch import HostWatch

    client = learner(recipe)
    client.fit(cells(30), np.arange(30.0))
    before = client.predict(cells(5, seed=1))
    watch = HostWatch(names={"predictor": recipe.identity.name, "generator": "nobody"})
    assert watch()["host/predictor/items"] == 5
    assert watch()["host/generator/answers"] == 0
    pid = client.health()["pid"]
    os.kill(pid, signal.SIGKILL)
    np.testing.assert_array_equal(client.predict(cells(5, seed=1)), before)
    assert client.health()["pid"] != pid
    assert watch()["host/predictor/restarts"] == 1


def test_a_host_that_was_stopped_is_started_again_by_the_client_that_can(recipe):
    from nasray.actors import directory

    client = learner(recipe)
    client.fit(cells(30), np.arange(30.0))
    before = client.predict(cells(5, seed=1))
    directory.stop(recipe.identity.name)
    np.testing.assert_array_equal(client.predict(cells(5, seed=1)), before)


def test_a_client_travels_to_workers_without_its_recipe(recipe):
    import ray

    client = learner(recipe)
    client.fit(cells(30), np.arange(30.0))
    assert isinstance(client, Learner)
    assert pickle.loads(pickle.dumps(client)).recipe is None
    task = ray.remote(num_cpus=0)(lambda traveller: traveller.predict(cells(5, seed=1)))
    np.testing.assert_array_equal(ray.get(task.remote(client)), client.predict(cells(5, seed=1)))
    client.load(client.state())
    np.testing.assert_array_equal(ray.get(task.remote(client)), client.predict(cells(5, seed=1)))


def test_clients_of_another_version_or_configuration_are_refused(recipe):
    client = learner(recipe)
    client.health()
    for change, message in (
        ({"version": "0.0.0"}, "its client is nasray 0.0.0"),
        ({"configuration": "?"}, r"wants \?"),
    ):
        stranger = learner(replace(recipe, identity=replace(recipe.identity, **change)))
        with pytest.raises(ConfigError, match=message):
            stranger.fit(cells(3), np.arange(3.0))
        with pytest.raises(ConfigError, match=message):
            stranger.predict(cells(3))


def test_what_the_predictor_refuses_arrives_as_its_own_message(recipe):
    with pytest.raises(CapabilityError, match=r"^ridge was asked for scores before it learnt anything"):
        learner(recipe).predict(cells(3))


def test_a_host_that_is_nowhere_is_missed_by_name(recipe):
    from nasray.actors import directory
    from nasray.actors.remote_predictor import RemotePredictor

    with pytest.raises(ConfigError, match=r"no host is called 'ridge-.*' on this cluster; there are: "):
        RemotePredictor(identity=recipe.identity, higher_is_better=True, recipe=None).predict(cells(1))
    with pytest.raises(ConfigError, match="no host is called 'nobody'"):
        directory.stop("nobody")


def test_a_host_leaves_all_cpus_to_workers(recipe):
    import ray

    learner(recipe).health()
    until = time.monotonic() + 60
    while (free := ray.available_resources().get("CPU")) != 2:  # what earlier tests held is given back with a delay
        assert time.monotonic() < until, f"{free} of 2 CPUs are free"
        time.sleep(0.05)


def test_a_host_that_is_started_in_a_placement_group_outlives_it(recipe):
    import ray
    from ray.util.placement_group import placement_group, remove_placement_group
    from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

    group = placement_group([{"CPU": 1}])
    inside = PlacementGroupSchedulingStrategy(group, placement_group_capture_child_tasks=True)
    start = ray.remote(num_cpus=1, scheduling_strategy=inside)(lambda make, recipe: make(recipe).health()["pid"])
    pid = ray.get(start.remote(learner, recipe))
    remove_placement_group(group)
    assert learner(recipe).health()["pid"] == pid


def test_a_host_that_finds_no_room_says_what_is_free(recipe, monkeypatch):
    monkeypatch.setattr("nasray.actors.host_client.START_SECONDS", 3.0)
    message = r"did not start within 3 s; .* of the cluster's 2 CPUs are free: ask for fewer \(host.num_cpus\)"
    with pytest.raises(ConfigError, match=message):
        learner(replace(recipe, num_cpus=64.0)).health()


def test_an_actor_of_another_project_is_not_taken_for_a_host(recipe):
    import ray

    class Stranger:
        def greet(self):
            return "hello"

    name = f"stranger-{recipe.identity.configuration}"
    stranger = ray.remote(num_cpus=0)(Stranger).options(name=name, namespace="nasray").remote()
    try:
        with pytest.raises(ConfigError, match=rf"'{name}' is an actor of another project in the namespace 'nasray'"):
            learner(replace(recipe, identity=replace(recipe.identity, name=name))).health()
    finally:
        ray.kill(stranger)
