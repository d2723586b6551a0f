"""How the command line ends."""

import errno
import os
import platform
import sys
from pathlib import Path

import pytest

from nasray.app.exit_codes import exit_codes
from nasray.core.errors import ConfigError


def ended(error: BaseException, folder: Path | None = None) -> object:
    with pytest.raises(SystemExit) as stop, exit_codes(folder):
        raise error
    return stop.value.code


def test_nothing_is_done_about_success() -> None:
    with exit_codes():
        pass


def test_a_user_error_is_printed_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(ConfigError("width (0) must be at least 1")) == 2
    assert capsys.readouterr().err == "nasray: width (0) must be at least 1\n"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.ESTALE])
def test_a_machine_that_refuses_is_no_bug(code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(OSError(code, "it refuses", "some/file"), tmp_path) == 2
    told = capsys.readouterr().err
    assert told == (
        f"nasray: some/file cannot be used on {platform.node()} (it refuses); make room there, or mend its rights, "
        "mount or limits, or choose another folder; nothing was lost\n"
    )


def test_a_crash_shows_its_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "journal.jsonl").touch()
    assert ended(ZeroDivisionError("by zero"), tmp_path) == 3
    told = capsys.readouterr().err
    assert "ZeroDivisionError: by zero" in told
    assert (
        f"a bug in nasray, or in a part of your own; everything measured is kept, `nasray resume {tmp_path}` goes on"
        in told
    )


def test_another_os_error_is_a_crash() -> None:
    assert ended(FileNotFoundError(errno.ENOENT, "missing", "some/file")) == 3


def test_an_interruption_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "nasray: interrupted; nothing was lost\n"


def test_output_that_nobody_reads_any_more_is_no_crash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert ended(BrokenPipeError(errno.EPIPE, "another pipe broke")) == 3
        os.close(reading)
        assert ended(BrokenPipeError(errno.EPIPE, "this one broke")) == 141
    assert capsys.readouterr().err.count("Traceback") == 1
