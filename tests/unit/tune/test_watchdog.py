"""What a process that was stuck leaves to the one after it."""

import subprocess
import sys

from nasray.tune.watchdog import Watchdog

STUCK = """
import sys, time
from pathlib import Path
from nasray.tune.watchdog import Watchdog

with Watchdog(Path(sys.argv[1])).watching("3/17", 0.05):
    time.sleep(60)
"""


def test_a_process_that_is_stuck_ends_and_its_successor_knows_on_what_and_where(tmp_path):
    note = tmp_path / "note"
    ended = subprocess.run([sys.executable, "-c", STUCK, str(note)], timeout=30)
    assert ended.returncode == 1
    successor = Watchdog(note)
    assert successor.stuck_mark == "3/17"
    assert "most recent call first" in successor.stack
    assert Watchdog(note).stuck_mark is None


def test_what_ends_in_time_leaves_nothing(tmp_path):
    watchdog = Watchdog(tmp_path / "note")
    with watchdog.watching("1/1", 60.0):
        assert (tmp_path / "note").read_text() == "1/1\n"
    with watchdog.watching("1/2", None):
        assert not list(tmp_path.iterdir())
    assert Watchdog(tmp_path / "note").stuck_mark is None
