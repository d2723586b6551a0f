"""Sweeps that can be resumed, from the command line to the files. Runners are processes: four seconds a start."""

import json
import textwrap
from pathlib import Path

import pytest
from filelock import FileLock

SWEEP = ("run", "-m", "hydra/launcher=nasray", "hydra.launcher.concurrency=1", "hydra.sweep.dir=sweep")


def results(sweep: Path) -> dict[str, int]:
    """Folder of each finished job, and when its result was written."""
    return {file.parent.name: file.stat().st_mtime_ns for file in sorted(sweep.glob("*/result.json"))}


def test_a_sweep_leaves_the_runs_of_nasray_run_and_skips_them_the_next_time(nasray, quick, tmp_path, archive):
    ended = nasray(*SWEEP, *quick, "strategy=random_search,regularized_evolution", "seed=1,2")
    assert ended.code == 0, ended
    assert "jobs        4 of 4 done\n" in ended.out
    done = results(tmp_path / "sweep")
    arms = [f"{arm}-seed{seed}" for arm in ("random_search", "regularized_evolution") for seed in (1, 2)]
    assert [name.rpartition("-")[0] for name in done] == arms
    kept = tmp_path / "sweep" / next(iter(done))
    assert {file.name for file in kept.iterdir()} == {"manifest.json", "journal.jsonl", "result.json", "run.lock"}

    assert nasray("run", *quick, "strategy=random_search", "seed=1", "hydra.run.dir=alone").code == 0
    assert archive(kept) == archive(tmp_path / "alone")
    for file in ("result.json", "manifest.json"):
        ours, theirs = (json.loads((run / file).read_bytes()) for run in (kept, tmp_path / "alone"))
        own = {"sha256", "wall_seconds", "run_id", "created", "command"}
        assert {key for key in ours if ours[key] != theirs[key]} <= own
    assert nasray("replay", str(kept)).code == 0

    more = nasray(*SWEEP, *quick, "strategy=random_search,regularized_evolution", "seed=1,2,3")
    assert "jobs        6 of 6 done (4 of them before)\n" in more.out
    assert done.items() <= results(tmp_path / "sweep").items()

    status = nasray("sweep", "status", "sweep").out
    assert status.count("  done  ") == 6
    assert "6 jobs: 6 done\nbest value " in status.replace("\u00a0", " ")
    assert nasray("sweep", "report", "sweep", "-o", "all.html").out == "all.html\n"
    page = (tmp_path / "all.html").read_text().replace("\u00a0", " ")
    assert "2 configurations" in page
    assert "6 runs" in page

    changed = (*SWEEP, *quick, "strategy=random_search,regularized_evolution", "seed=1,2", "width=4")
    assert "is a sweep of another configuration: width was 8, now it is 4" in nasray(*changed).refused()


def test_interrupted_jobs_go_on_and_those_in_use_are_left_alone(nasray, quick, tmp_path, archive, cut):
    words = (*SWEEP, *quick, "seed=0,1,2,3", "hydra.launcher.grain=job")
    assert nasray(*words).code == 0
    sweep = tmp_path / "sweep"
    before = results(sweep)
    zero, one, two, three = (sweep / name for name in before)
    archives = {run: archive(run) for run in (zero, one, two)}
    cut(zero, (zero / "journal.jsonl").stat().st_size // 2)
    (one / "result.json").write_bytes(b"torn")  # by a power failure
    cut(two, 3000)
    cut(three, 3000)
    with FileLock(three / "run.lock"):
        assert "  running" in nasray("sweep", "status", "sweep").out
        again = nasray("sweep", "resume", "sweep")
    assert again.code == 101, again  # the torn result is an error of that job: it is not guessed at
    assert "jobs        2 of 4 done\n            1 left to other processes" in again.out
    assert f"failed      {one.name}: " in again.out
    assert [archive(run) for run in (zero, two)] == [archives[zero], archives[two]]
    assert not (three / "result.json").exists()
    assert "console.log" in {file.name for file in zero.iterdir()}


def test_a_job_that_is_refused_is_one_line_and_takes_no_other_down(nasray, quick, tmp_path):
    ended = nasray(*SWEEP, *quick, "strategy.tournament_size=30,3,many", "seed=0")
    assert ended.code == 102, ended
    assert ended.out.count("\nfailed      ") == 2
    assert "tournament_size (30) must be between 1 and population_size (20)\n" in ended.out
    assert "tournament_size ('many') must be a valid integer\n" in ended.out
    assert len(results(tmp_path / "sweep")) == 1
    assert len((tmp_path / "sweep" / "failures.jsonl").read_text().splitlines()) == 2, "refused jobs are tried once"
    assert nasray("sweep", "status", "sweep").out.count("  failed       once: ") == 2


PART = """
    import os
    from pathlib import Path

    from nasray.evaluators.synthetic import Synthetic


    class {name}(Synthetic):
        def evaluate(self, proposals, streams):
            if streams.seed == 1 and len(list(Path({folder!r}).glob("death*"))) < {deaths}:
                (Path({folder!r}) / f"death{{os.getpid()}}").touch()
                {die}
            return super().evaluate(proposals, streams)
"""


@pytest.fixture
def part(tmp_path, monkeypatch):
    """Makes an evaluator that dies a number of times in the search with seed 1."""

    def make(name: str, deaths: int, die: str) -> str:
        text = textwrap.dedent(PART).format(name=name.capitalize(), folder=str(tmp_path), deaths=deaths, die=die)
        (tmp_path / f"{name}.py").write_text(text)
        return f"evaluator._target_={name}.{name.capitalize()}"

    monkeypatch.syspath_prepend(tmp_path)
    return make


def test_a_job_that_takes_its_runner_down_is_tried_again_and_others_are_done(nasray, quick, part, tmp_path):
    ended = nasray(*SWEEP, *quick, part("mortal", 1, "os.kill(os.getpid(), 9)"), "seed=0,1,2")
    assert ended.code == 0, ended
    assert len(results(tmp_path / "sweep")) == 3
    (failure,) = (tmp_path / "sweep" / "failures.jsonl").read_text().splitlines()
    assert "the process that ran it died (signal 9)" in failure


def test_a_job_that_always_fails_is_given_up_and_counted(nasray, quick, part, tmp_path):
    retries = "hydra.launcher.retries=1"
    ended = nasray(*SWEEP, *quick, part("hopeless", 99, "raise SystemExit('no way')"), "seed=0,1,2", retries)
    assert ended.code == 101, ended
    assert len(results(tmp_path / "sweep")) == 2
    assert len((tmp_path / "sweep" / "failures.jsonl").read_text().splitlines()) == 2
    assert "1 job failed; `nasray sweep resume" in ended.out.replace("\u00a0", " ")


def test_the_same_command_finds_its_folder_again(nasray, quick, tmp_path):
    words = (*SWEEP[:-1], *quick, "seed=0")
    assert nasray(*words).code == 0
    assert "(1 of them before)" in nasray(*words).out
    (folder,) = (tmp_path / "runs" / "sweeps").iterdir()
    assert (folder / "sweep.json").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seed=range(0)",), "the sweep is empty: it has no job at all"),
        (("seed=0", "hydra.launcher.concurrency=0"), r"hydra.launcher.concurrency (0) must be at least 1"),
        (("seed=0", "hydra.launcher.retries=-1"), "hydra.launcher.retries (-1) must not be negative"),
        (("seed=0", "hydra.launcher.grain=fine"), "hydra.launcher.grain ('fine') must be search or job"),
        (("strategy=random_search,nonsense",), "strategy=nonsense: the group strategy has no such option"),
        (("seed=0", "hydra.sweep.dir=file/sweep"), "choose another place"),
    ],
)
def test_impossible_sweeps_are_refused(nasray, quick, words, message, tmp_path):
    (tmp_path / "file").touch()
    assert message in nasray(*SWEEP, *quick, *words).refused()


def test_folders_without_a_sweep_are_refused(nasray, tmp_path):
    for verb in ("status", "resume", "report"):
        assert f"{tmp_path} holds no sweep: sweep.json is missing" in nasray("sweep", verb, ".").refused()


def test_every_command_of_a_sweep_is_resumed_and_their_failures_add_up(nasray, quick):
    for widths in ("-1,-2", "-3,-4"):
        assert nasray(*SWEEP, *quick, f"width={widths}").code == 102
    again = nasray("sweep", "resume", "sweep")
    assert again.code == 104, again
    assert all(f"failed      width-{width}-" in again.out for width in (1, 2, 3, 4))


def test_a_sweep_goes_on_where_it_was_begun_or_says_why_not(nasray, quick, tmp_path, monkeypatch):
    (tmp_path / "begun").mkdir()
    monkeypatch.chdir(tmp_path / "begun")
    assert nasray(*SWEEP, *quick, "width=-1,-2").code == 102
    monkeypatch.chdir(tmp_path)
    (tmp_path / "begun").rename(tmp_path / "moved")
    message = nasray("sweep", "resume", "moved/sweep").refused()
    assert f"was begun in {tmp_path / 'begun'}, which cannot be entered (No such file or directory)" in message
    assert "make it again, or begin the sweep anew with absolute paths" in message


def test_a_report_of_a_sweep_needs_a_finished_search(nasray, quick, tmp_path):
    assert nasray(*SWEEP, *quick, "strategy.tournament_size=30", "seed=0").code == 101
    assert "has no finished search yet; see `nasray sweep status" in nasray("sweep", "report", "sweep").refused()
