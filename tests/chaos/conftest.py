"""Clusters that may be killed: Ray's own programs on the loopback interface, apart from the session's cluster."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

PATIENCE_SECONDS = 180
"""A machine that is busy with other work takes a minute to start Ray."""


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition, not for a time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE_SECONDS} s"
        time.sleep(0.05)


@dataclass
class Machine:
    """One node: ``ray start --block`` and everything that it started."""

    process: subprocess.Popen

    def named(self, word: str) -> list[int]:
        """Processes of this node whose command line has ``word``."""
        found: list[int] = []
        with suppress(psutil.Error):
            for one in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    if word in " ".join(one.cmdline()):
                        found.append(one.pid)
        return found

    def kill(self, word: str) -> None:
        """``kill -9`` one of them."""
        os.kill(self.named(word)[0], signal.SIGKILL)


@dataclass
class Cluster:
    """A head and the machines that joined it."""

    environment: dict[str, str]
    port: int
    machines: list[Machine] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start_head(self, *settings: str) -> Machine:
        words = ["--head", "--node-ip-address=127.0.0.1", f"--port={self.port}", "--include-dashboard=false", *settings]
        head = self._started(words)
        wait_until(lambda: head.named("raylet/raylet") and self._answers(), "the head did not come up")
        return head

    def join(self, *settings: str) -> Machine:
        return self._started([f"--address={self.address}", "--node-ip-address=127.0.0.1", *settings])

    def _answers(self) -> bool:
        words = ["ray", "health-check", "--address", self.address]
        return subprocess.run(words, env=self.environment, capture_output=True, check=False).returncode == 0

    def _started(self, words: list[str]) -> Machine:
        words = ["ray", "start", "--block", "--disable-usage-stats", *words]
        process = subprocess.Popen(
            words, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self.machines.append(Machine(process))
        return self.machines[-1]


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def _end(machines: list[Machine], marked: str) -> None:
    """Kill all processes of these machines, those too whose parents are dead."""
    for machine in machines:
        machine.process.kill()
        machine.process.wait()
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if one.environ().get("RAY_TMPDIR") == marked:
                one.kill()


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Callable[[], Cluster]]:
    """Makes clusters with a token, a home and a folder of their own; nothing of them is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="nr"))  # paths of sockets must be short
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment = {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "NASRAY_DATA": str(tmp_path / "data"),
        "RAY_TMPDIR": str(folder),
        "RAY_AUTH_MODE": "token",
    }
    subprocess.run(["ray", "get-auth-token", "--generate"], env=environment, check=True, capture_output=True)
    made: list[Cluster] = []

    def make() -> Cluster:
        made.append(Cluster(environment, _free_port()))
        return made[-1]

    try:
        yield make
    finally:
        _end([machine for cluster in made for machine in cluster.machines], str(folder))
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def until() -> Callable[[Callable[[], object], str], None]:
    """``until(condition, "what is wrong otherwise")``."""
    return wait_until
