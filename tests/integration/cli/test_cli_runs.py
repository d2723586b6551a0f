"""Runs, sweeps, resume, replay and report, from the command line to the files."""

import errno
import json
import resource
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nasray.core.errors import DataError, RecordError
from nasray.core.measurement import Outcome, TestScore
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams

FILES = {"manifest.json", "journal.jsonl", "result.json", "report.html", "run.lock"}


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


def test_a_sweep_is_reported_by_arm(nasray, quick, tmp_path: Path, archive) -> None:
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


def test_a_run_that_the_clock_ended_replays_at_its_length(nasray, quick, tmp_path: Path, archive) -> None:
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
    assert nasray("report", "lost1", "lost2").out == "report.html\n"
    assert (tmp_path / "report.html").exists()


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


def test_a_machine_that_refuses_at_test_leaves_the_run_to_be_resumed(
    nasray, quick, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive
) -> None:
    from nasray.evaluators.synthetic import Synthetic

    def test(*_: object) -> TestScore:
        raise OSError(errno.ESTALE, "Stale file handle", "images.npy")

    folder = tmp_path / "two"
    with monkeypatch.context() as patch:
        patch.setattr(Synthetic, "test", test)
        message = nasray("run", *quick, "hydra.run.dir=two").refused()
    assert message.startswith("images.npy cannot be used on ")
    assert "`nasray resume`" in message
    assert not (folder / "result.json").exists()
    assert nasray("resume", "two").code == 0
    assert archive(folder) == archive(finished)
    assert json.loads((folder / "result.json").read_bytes())["test"]["best"] > 0


def test_a_report_that_fails_costs_nothing_but_the_report(
    nasray, quick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nasray.app import session

    class Watching:
        def told(self, outcomes: Sequence[Outcome]) -> None: ...

        def close(self, summary: Mapping[str, Any]) -> None:
            closed.append(summary["evaluations"])

    def fail(*_: object) -> None:
        raise RecordError("the report cannot be written")

    observers_of, closed = session.observers_of, list[int]()
    with monkeypatch.context() as patch:
        patch.setattr("nasray.reports.report.write_report", fail)
        patch.setattr(session, "observers_of", lambda *told: [*observers_of(*told), Watching()])
        ended = nasray("run", *quick, "hydra.run.dir=two")
    assert (ended.code, ended.err.count("nasray: the report cannot be written")) == (2, 1), ended
    assert closed == [40]
    assert (tmp_path / "two" / "result.json").exists()
    assert nasray("resume", "two").code == 0
    assert (tmp_path / "two" / "report.html").exists()


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
def test_a_full_disk_loses_nothing(
    nasray, quick, finished: Path, tmp_path: Path, n_bytes: int, archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nasray.records.patience.PATIENCE_SECONDS", 0.0)
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
    assert asked == [(finished / "report.html").as_uri()]
    assert ended.out == "one/report.html\n"
    assert ("no browser can be opened" in ended.err) is not opens


def test_a_run_given_twice_is_refused(nasray, finished: Path) -> None:
    assert "one was given twice" in nasray("report", "one", "one").refused()


def test_a_search_that_measured_nothing_ends_with_code_3_and_its_first_failure(nasray, quick, tmp_path: Path) -> None:
    words = [word for word in quick if not word.startswith("evaluator=")]
    ended = nasray("run", *words, "evaluator=failing", "evaluator.share=1")
    assert ended.code == 3, ended
    assert "40\u00a0candidates, most often: RuntimeError: slot 0 fails on purpose" in ended.out
    assert "best cell" not in ended.out
    told = ended.err.replace("\u00a0", " ")
    assert (
        "nasray: not one of 40 candidates could be measured; the first failed with: RuntimeError: slot 0 fails" in told
    )
    assert "Tracebacks: runs/" in told
    assert "Traceback (most" not in told
    (folder,) = tmp_path.glob("runs/*/*")
    assert (folder / "report.html").exists()
    assert nasray("resume", str(folder)).code == 3
    assert nasray("replay", str(folder)).code == 0


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


def test_an_impossible_split_is_told_before_anything_is_written(nasray, quick, tmp_path: Path) -> None:
    message = nasray("run", *quick[1:], "dataset.n_train=5000").refused()
    assert message.startswith("digits got n_train=5000 and n_valid=600; both must be at least 1 and leave some")
    assert not list(tmp_path.glob("runs/*/*"))


def test_missing_images_are_told_before_anything_is_written(nasray, quick, tmp_path: Path) -> None:
    words = ("dataset=cifar10", "dataset.folder=nowhere")
    assert f"{tmp_path}/nowhere/data_batch_1.bin does not exist" in nasray("run", *quick[1:], *words).refused()
    assert not list(tmp_path.glob("runs/*/*"))
