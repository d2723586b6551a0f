"""What a host is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nasray.actors.batching import Batching
from nasray.actors.identity import Identity
from nasray.core.blob_store import BlobStore


@dataclass(frozen=True, kw_only=True, slots=True)
class HostRecipe:
    """Everything that a host needs to come to life, and to come back to it; picklable.

    Attributes:
        identity: Who it is.
        factory: Builds its part, in the host's process, at the first call.
        method: The part's method that answers a sequence of items, e.g. ``predict``.
        batching: How calls are put together.
        store: Where a part that learns keeps what it learnt; every node must reach it.
        num_cpus: Ray CPUs that the host holds; 0 leaves them all to workers.
        on_head: Whether it lives on the head node, also when it is started again: for what is kept on a local disk.
    """

    identity: Identity
    factory: Callable[[], Any]
    method: str
    batching: Batching
    store: BlobStore
    num_cpus: float = 0.0
    on_head: bool = False
