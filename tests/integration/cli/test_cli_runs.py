"""Runs, sweeps, resume, replay and report, from the command line to the files."""

import json
import resource
import shutil
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from nasray.core.errors import DataError
from nasray.core.measurement import TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams

FILES = {"manifest.json", "journal.jsonl", "result.json", "report.html", "run.lock"}


def archive(run: Path) -> str:
    return json.loads((run / "result.json").read_bytes())["archive"]


def cut(run: Path, n_bytes: int) -> None:
    """As a process leaves it that is killed in the middle of the search."""
    journal = run / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:n_bytes])
    for name in ("result.json", "report.html"):
        (run / name).unlink(missing_ok=True)


def edit(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))


def test_a_run_keeps_five_files_and_prints_its_winner_with_units(nasray, quick, tmp_path: Path) -> None:
    ended = nasray("run", *quick, "hydra.run.dir=one")
    assert ended.code == 0, ended
    assert {path.name for path in (tmp_path / "one").iterdir()} == FILES
    assert ended.err.startswith(f"run         {tmp_path / 'one'}\n")
    assert "40/40 evaluations" in ended.err
    for line in ("best cell   |", "VALID       ", "TEST        ", "2 random cells: ", "report      one/report.html"):
        assert line in ended.out
    assert "synthetic score" in ended.out
    assert "candidates in" in ended.out.replace("\u00a0", " ")


def test_two_runs_in_one_folder_are_refused_and_the_first_is_untouched(nasray, quick, finished: Path) -> None:
    before = {path.name: path.read_bytes() for path in finished.iterdir()}
    message = nasray("run", *quick, "hydra.run.dir=one", "seed=1").refused()
    assert f"{finished} already holds a run; go on with it by `nasray resume {finished}`" in message
    assert {path.name: path.read_bytes() for path in finished.iterdir()} == before


def test_a_sweep_is_reported_by_arm(nasray, quick, tmp_path: Path) -> None:
    words = ("strategy=random_search,regularized_evolution", "-m", "seed=0,1", *quick)
    ended = nasray("run", *words, "hydra.sweep.dir=sweep")
    assert ended.code == 0, ended
    runs = sorted(path for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    assert [run.name for run in runs] == [
        *(f"{seed}-random_search-synthetic-{seed}" for seed in range(2)),
        *(f"{seed + 2}-regularized_evolution-synthetic-{seed}" for seed in range(2)),
    ]
    assert all({path.name for path in run.iterdir()} == FILES for run in runs)
    assert len({archive(run) for run in runs}) == 4
    assert nasray("report", "sweep", "-o", "compare.html").out == "compare.html\n"
    page = (tmp_path / "compare.html").read_text()
    assert "2 configurations" in page.replace("\u00a0", " ")
    assert "4 runs" in page.replace("\u00a0", " ")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_torn_journal_is_resumed_to_the_same_archive(nasray, finished: Path, share: float) -> None:
    whole = archive(finished)
    cut(finished, int(share * (finished / "journal.jsonl").stat().st_size))
    ended = nasray("resume", "one")
    assert ended.code == 0, ended
    assert archive(finished) == whole
    assert (finished / "report.html").exists()
    assert "best cell" in ended.out


def test_a_finished_run_says_so_when_it_is_resumed(nasray, finished: Path) -> None:
    before = (finished / "journal.jsonl").read_bytes()
    (finished / "report.html").unlink()  # as if killed between the result and the report
    ended = nasray("resume", "one")
    assert ended.code == 0, ended
    assert "one is finished already; nothing was left to do" in ended.out
    assert "best cell" in ended.out
    assert (finished / "report.html").exists()
    assert (finished / "journal.jsonl").read_bytes() == before


def test_replay_uses_the_manifest_alone_and_finds_the_same_archive(nasray, finished: Path) -> None:
    (finished / "journal.jsonl").unlink()
    ended = nasray("replay", "one")
    assert ended.code == 0, ended
    assert f"replayed: archive {archive(finished)[:12]} is the recorded one" in ended.out


def test_a_replay_that_differs_is_an_error(nasray, finished: Path) -> None:
    edit(finished / "result.json", archive(finished).encode(), b"0" * 64)
    message = nasray("replay", "one").refused()
    assert "is not the recorded 000000000000: the run does not replay here" in message


def test_replay_of_an_unfinished_run_is_refused(nasray, finished: Path) -> None:
    cut(finished, 2_000)
    assert nasray("replay", "one").refused() == (
        "one is unfinished: go on with it by `nasray resume one`, then replay it"
    )


@pytest.mark.parametrize("verb", ["resume", "replay"])
@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_what_is_no_run_folder_is_refused(nasray, tmp_path: Path, verb: str, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    message = nasray(verb, folder).refused()
    assert f"{folder}/manifest.json is missing: {folder} is not a run folder; name one" in message
    assert not list((tmp_path / "empty").iterdir())


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_report_on_nothing_is_refused(nasray, tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    assert f"{folder} holds no run: no manifest.json in it or below it" in nasray("report", folder).refused()
    assert not (tmp_path / "report.html").exists()


def test_a_run_that_another_process_works_on_is_left_alone(nasray, finished: Path) -> None:
    cut(finished, 2_000)
    before = (finished / "journal.jsonl").read_bytes()
    with FileLock(finished / "run.lock"):
        assert "one is in use by another process; wait for it, or stop it first" in nasray("resume", "one").refused()
    assert (finished / "journal.jsonl").read_bytes() == before
    assert nasray("resume", "one").code == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "journal.jsonl",
            b'"ask":[{"slot":0',
            b'"ask":[{"slot":9',
            "journal.jsonl, line 2: the checksum does not match",
        ),
        ("journal.jsonl", b"\n", b"\n\n", "journal.jsonl, line 2: the checksum does not match"),
        ("manifest.json", b'"schema": 1', b'"schema": 99', "has schema 99, this nasray reads up to 1: a newer nasray"),
        ("manifest.json", b'"schema"', b'"shema"', "manifest.json has no schema number"),
        ("manifest.json", b"{", b"", "manifest.json is not valid JSON"),
        ("manifest.json", b'"config"', b'"konfig"', "manifest.json lacks config: it was edited"),
        ("manifest.json", b'"population_size": 20', b'"population_size": 1', "population_size (1) must be at least 2"),
    ],
)
@pytest.mark.parametrize("verb", ["resume", "report"])
def test_an_edited_or_newer_run_is_refused(
    nasray, finished: Path, verb: str, name: str, old: bytes, new: bytes, message: str
) -> None:
    if verb == "report" and b"population" in old:
        pytest.skip("a report does not build the strategy")
    cut(finished, 4_000)
    edit(finished / name, old, new)
    before = (finished / "journal.jsonl").read_bytes()
    assert message in nasray(verb, "one").refused()
    assert (finished / "journal.jsonl").read_bytes() == before


@pytest.mark.parametrize("verb", ["resume", "replay", "report"])
def test_a_result_that_was_edited_is_refused(nasray, finished: Path, verb: str) -> None:
    edit(finished / "result.json", b'"evaluations"', b'"evaluation"')
    assert "one/result.json lacks evaluations: it was edited" in nasray(verb, "one").refused()


@pytest.mark.parametrize("verb", ["resume", "replay"])
def test_a_file_is_no_run_folder(nasray, finished: Path, verb: str) -> None:
    name = "one/result.json"
    assert f"{name}/manifest.json is missing: {name} is not a run folder" in nasray(verb, name).refused()


@pytest.mark.parametrize("verb", ["resume", "replay"])
def test_a_manifest_that_is_a_folder_is_refused(nasray, tmp_path: Path, verb: str) -> None:
    (tmp_path / "odd" / "manifest.json").mkdir(parents=True)
    assert "odd/manifest.json cannot be read (Is a directory)" in nasray(verb, "odd").refused()


def test_a_run_that_the_clock_ended_replays_at_its_length(nasray, quick, tmp_path: Path) -> None:
    words = ("budget.wall_seconds=0.1", "budget.evaluations=1000000000", "hydra.run.dir=one")
    quick = tuple(word for word in quick if not word.startswith("budget"))
    assert nasray("run", *quick, *words).code == 0
    assert json.loads((tmp_path / "one" / "result.json").read_bytes())["stopped"] == "clock"
    ended = nasray("replay", "one")
    assert ended.code == 0, ended
    assert archive(tmp_path / "one")[:12] in ended.out


def test_the_folders_of_two_quick_runs_differ(nasray, quick, tmp_path: Path) -> None:
    assert [nasray("run", *quick).code for _ in range(2)] == [0, 0]
    assert len(list(tmp_path.glob("runs/*/*/result.json"))) == 2


def test_a_control_that_fails_is_left_out(nasray, quick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nasray.evaluators.synthetic import Synthetic

    whole = Synthetic.test

    def test(self: Synthetic, proposal: Proposal, streams: Streams) -> TestScore:
        if proposal.operation == "control" and proposal.slot in lost:
            raise LookupError("no row")
        return whole(self, proposal, streams)

    monkeypatch.setattr(Synthetic, "test", test)
    for lost in ((0,), (0, 1)):
        folder = tmp_path / f"lost{len(lost)}"
        ended = nasray("run", *quick, f"hydra.run.dir={folder}")
        assert ended.code == 0, ended
        tested = json.loads((folder / "result.json").read_bytes())["test"]
        kept = 2 - len(lost)
        assert [len(tested[key]) for key in ("controls", "control_valid", "control_texts")] == [kept] * 3
        assert tested["controls_failed"] == len(lost)
        assert f"{len(lost)}\u00a0random cell" in ended.out
        assert (folder / "report.html").exists()
    assert nasray("report", "lost1", "lost2").code == 0


@pytest.mark.parametrize("error", [DataError("no row"), ZeroDivisionError("by\nzero"), None])
def test_a_winner_without_test_is_recorded(
    nasray, quick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    from nasray.evaluators.synthetic import Synthetic

    def test(*_: object) -> TestScore:
        if error:
            raise error
        return TestScore(float("nan"))

    monkeypatch.setattr(Synthetic, "test", test)
    ended = nasray("run", *quick, "hydra.run.dir=one")
    assert ended.code == 0, ended
    result = json.loads((tmp_path / "one" / "result.json").read_bytes())
    told = f"{type(error).__name__}: {error}".replace("\n", " ") if error else "Synthetic: TEST is nan"
    assert result["test"] is None
    assert told in result["test_failure"]
    assert f"TEST        could not be measured: {told}" in ended.out
    assert f"TEST could not be measured ({told}" in (tmp_path / "one" / "report.html").read_text()
    assert nasray("replay", "one").code == 0


@pytest.mark.parametrize("left", ["nothing", "an empty file", "half a line"])
def test_a_run_killed_before_its_journal_began_begins(nasray, finished: Path, left: str) -> None:
    recorded = json.loads((finished / "result.json").read_text())["archive"]
    cut(finished, {"nothing": 0, "an empty file": 0, "half a line": 9}[left])
    if left == "nothing":
        (finished / "journal.jsonl").unlink()
    nasray("resume", "one")
    assert json.loads((finished / "result.json").read_text())["archive"] == recorded


@contextmanager
def _largest_file(n_bytes: int) -> Iterator[None]:
    """A disk that takes no file larger than this. CPython ignores SIGXFSZ, so that a write fails with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.chaos
@pytest.mark.parametrize("n_bytes", [200, 2_500, 5_000])
def test_a_full_disk_loses_nothing(nasray, quick, finished: Path, tmp_path: Path, n_bytes: int) -> None:
    with _largest_file(n_bytes):
        message = nasray("run", *quick, "hydra.run.dir=full").refused()
    assert "File too large" in message
    if n_bytes == 200:  # not even the manifest
        assert "resume" not in message
        assert nasray("run", *quick, "hydra.run.dir=full").code == 0
    else:
        assert f"`nasray resume {tmp_path / 'full'}`" in message
        assert nasray("resume", "full").code == 0
    assert archive(tmp_path / "full") == archive(finished)


def test_a_report_that_cannot_be_written_is_refused(nasray, finished: Path) -> None:
    (finished.parent / "file").touch()
    message = nasray("report", "one", "-o", "file/report.html").refused()
    assert "the report file/report.html cannot be written" in message


@pytest.mark.parametrize("opens", [True, False])
def test_opening_a_report_needs_no_browser(
    nasray, finished: Path, monkeypatch: pytest.MonkeyPatch, opens: bool
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) or opens)
    ended = nasray("report", "one", "--open")
    assert ended.code == 0, ended
    assert asked == [(finished.parent / "report.html").as_uri()]
    assert ended.out == "report.html\n"
    assert ("no browser can be opened" in ended.err) is not opens


def test_a_run_given_twice_is_refused(nasray, finished: Path) -> None:
    assert "one was given twice" in nasray("report", "one", "one").refused()


def test_failures_are_counted_and_the_most_frequent_is_named(nasray, quick) -> None:
    words = [word for word in quick if not word.startswith("evaluator=")]
    ended = nasray("run", *words, "evaluator=failing", "evaluator.share=1")
    assert ended.code == 0, ended
    assert "40\u00a0candidates, most often: RuntimeError: slot 0 fails on purpose" in ended.out
    assert "best cell" not in ended.out


def test_an_interruption_says_how_to_go_on(nasray, quick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nasray.simulator.simulator import Simulator

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Simulator, "run", interrupted)
        ended = nasray("run", *quick, "hydra.run.dir=one")
    assert ended.code == 130
    folder = tmp_path / "one"
    assert f"nasray: interrupted; everything measured is kept, `nasray resume {folder}` goes on" in ended.err
    assert nasray("resume", "one").code == 0


def test_a_run_resumes_from_another_folder_after_it_was_moved(nasray, finished: Path, tmp_path: Path) -> None:
    whole = archive(finished)
    cut(finished, 3_000)
    shutil.move(finished, tmp_path / "elsewhere" / "moved")
    assert nasray("resume", "elsewhere/moved").code == 0
    assert archive(tmp_path / "elsewhere" / "moved") == whole
