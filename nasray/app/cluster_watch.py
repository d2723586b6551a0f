"""Notices that the cluster under a search is gone, while there is still time to say so."""

# pyright: basic
# Strict elsewhere in app; what Ray returns has no types.

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from nasray.app.cluster import needs_ray
from nasray.app.schema import RunConfig

_EVERY_SECONDS = 1.0
_ANSWER_SECONDS = 10.0
_HEAD_SECONDS, _NODE_SECONDS = 40.0, 3.0
"""Ray ends a process 60 s after the head went away, since a head may be started again, and 10 s after its node did."""


@dataclass(frozen=True)
class Door:
    """Something of the cluster that a search cannot do without.

    Attributes:
        what: Its name in a message.
        host: Where it listens.
        port: Where it listens.
        patience_seconds: How long it may be closed.
    """

    what: str
    host: str
    port: int
    patience_seconds: float

    def is_open(self) -> bool:
        """Whether somebody listens; one that is slow to answer does."""
        try:
            socket.create_connection((self.host, self.port), timeout=_ANSWER_SECONDS).close()
        except TimeoutError:
            return True
        except OSError:
            return False
        return True


class ClusterWatch:
    """A thread that knocks at doors once a second, until it is stopped or one has been closed for too long.

    Args:
        doors: What to watch.
        on_lost: Called with a message, once.
    """

    def __init__(self, doors: Sequence[Door], on_lost: Callable[[str], None]) -> None:
        """Begin."""
        self._doors, self._on_lost = doors, on_lost
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nasray-cluster-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()

    def _run(self) -> None:
        answered = dict.fromkeys(self._doors, time.monotonic())
        while not self._over.wait(_EVERY_SECONDS):
            for door in self._doors:
                if door.is_open():
                    answered[door] = time.monotonic()
                elif time.monotonic() - answered[door] >= door.patience_seconds and not self._over.is_set():
                    self._on_lost(f"{door.what} at {door.host}:{door.port} is gone: killed, crashed, or stopped")
                    return


@contextmanager
def watched(config: RunConfig, go_on: str) -> Generator[None]:
    """End this process with code 2 if the cluster it is connected to is gone for good.

    Ray would end it as well, but with code 1 and a message about itself; what waits for Ray cannot be interrupted.

    Args:
        config: The run's; nothing is watched when it needs no cluster.
        go_on: What is safe, and the next step.
    """
    if not needs_ray(config):
        yield
        return
    watch = ClusterWatch(_doors(), lambda message: _end(f"{message}; {go_on}"))
    try:
        yield
    finally:
        watch.stop()


def _doors() -> list[Door]:
    """The head of the cluster, and Ray on this machine."""
    import ray

    here = ray.get_runtime_context()
    head, _, port = here.gcs_address.rpartition(":")
    doors = [Door("the head of the Ray cluster", head.strip("[]"), int(port), _HEAD_SECONDS)]
    node = next((one for one in ray.nodes() if one["NodeID"] == here.get_node_id()), None)
    if node is not None:
        what = "the Ray node that this search belongs to"
        doors.append(Door(what, node["NodeManagerAddress"], node["NodeManagerPort"], _NODE_SECONDS))
    return doors


def _end(message: str) -> None:
    """At once: journals are written by whole lines, so that the search is interrupted, not harmed."""
    print(f"\nnasray: {message}", file=sys.stderr, flush=True)
    os._exit(2)
