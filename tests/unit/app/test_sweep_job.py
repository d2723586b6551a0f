"""Identity, folder and progress of one job of a sweep."""

import fcntl
import threading

import pytest
from filelock import FileLock

from nasray.app.sweep_job import Job, Progress, claimed, in_use, progress_of, section_of
from nasray.records.run_folder import RunFolder

RESULT = {"archive": "", "stopped": "budget", "evaluations": 1, "failures": 0, "wall_seconds": 2.5, "cost": {}}
RESULT |= {"best": {"value": 7.0}, "top": [], "test": None}
MANIFEST = {"run_id": "x", "config": {}, "seed": 0, "width": 1, "metric": "score", "data": []}


def test_identity_does_not_depend_on_the_order_of_overrides_nor_on_where_it_runs():
    plain = Job.of(["strategy=random_search", "seed=3"], ())
    assert Job.of(["seed=3", "strategy=random_search"], ()).identity == plain.identity
    moved = ["strategy=random_search", "seed=3", "paths.runs=elsewhere", "ray=auto", "+tracking.x=1", "hydra.verbose=1"]
    assert Job.of(moved, ()).identity == plain.identity
    assert Job.of(["strategy=random_search", "seed=4"], ()).identity != plain.identity


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("strategy=random_search", "random_search"),
        ("strategy.population_size=20", "population_size20"),
        ("evaluator.sleep=true", "sleeptrue"),
        ("predictor=null", "predictornull"),
        ("hydra/x=y", ""),
        ("+a.b=[1,2]", "b-1-2"),
        (f"name={'n' * 99}", "n" * 60),
    ],
)
def test_a_folder_is_named_after_what_is_special_about_its_job(override, words):
    job = Job.of([override, "budget.evaluations=5"], ["budget.evaluations=5"])
    assert job.folder == f"{words}-{job.identity}".lstrip("-")


def test_the_section_of_an_override():
    assert [section_of(one) for one in ("++hydra/x=y", "~ray", "a.b=1", "k@p=v", "=")] == ["hydra", "ray", "a", "k", ""]


def test_progress_from_waiting_to_done(tmp_path):
    folder = tmp_path / "job"
    assert progress_of(folder) == Progress("waiting")
    run = RunFolder.create(folder, MANIFEST)
    assert progress_of(folder) == Progress("running")
    run.unlock()
    assert progress_of(folder) == Progress("interrupted")
    run.write_result(RESULT)
    assert progress_of(folder) == Progress("done", 7.0, 2.5)


def test_a_result_that_cannot_be_read_counts_as_interrupted(tmp_path):
    run = RunFolder.create(tmp_path, MANIFEST)
    run.write_result(RESULT)
    run.unlock()
    (tmp_path / "result.json").write_bytes((tmp_path / "result.json").read_bytes()[:40])
    assert progress_of(tmp_path) == Progress("interrupted")


def test_a_locked_run_is_running(tmp_path):
    assert not in_use(tmp_path)
    with FileLock(tmp_path / "run.lock"):
        assert in_use(tmp_path)
        assert progress_of(tmp_path) == Progress("running")
    assert not in_use(tmp_path)


def test_a_claimed_job_runs_before_there_is_a_run(tmp_path):
    folder = tmp_path / "job"
    with claimed(folder) as free:
        assert free
        assert progress_of(folder) == Progress("running")
        with claimed(folder) as again:
            assert not again
    assert progress_of(folder) == Progress("waiting")  # nothing came of it
    with claimed(folder):
        RunFolder.create(folder, MANIFEST).unlock()
    assert sorted(one.name for one in folder.iterdir()) == ["manifest.json", "run.lock"]
    assert progress_of(folder) == Progress("interrupted")


def test_a_run_that_somebody_resumed_by_hand_is_not_free(tmp_path):
    with FileLock(tmp_path / "run.lock"), claimed(tmp_path) as free:
        assert not free


def test_those_who_ask_are_not_taken_for_those_who_work(tmp_path):
    (tmp_path / "job.lock").touch()
    with (tmp_path / "job.lock").open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert not in_use(tmp_path)


@pytest.mark.parametrize("name", ["job.lock", "run.lock"])
def test_a_claim_outwaits_those_who_ask(tmp_path, name):
    (tmp_path / name).touch()
    with (tmp_path / name).open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        asked = threading.Timer(0.1, fcntl.flock, (asking, fcntl.LOCK_UN))
        asked.start()
        with claimed(tmp_path) as free:
            assert free
        asked.join()


def test_of_a_lock_that_cannot_be_opened_nobody_can_tell(tmp_path):
    (tmp_path / "job.lock").mkdir()  # refuses like another user's file, to root too
    assert not in_use(tmp_path)
    assert progress_of(tmp_path) == Progress("interrupted")


def test_a_claim_that_outlived_its_process_is_a_job_that_was_interrupted(tmp_path):
    (tmp_path / "job.lock").touch()
    assert progress_of(tmp_path) == Progress("interrupted")


def test_a_place_that_cannot_be_written_is_left_to_the_run_folder_to_refuse(tmp_path):
    (tmp_path / "file").touch()
    with claimed(tmp_path / "file" / "job") as free:
        assert free
