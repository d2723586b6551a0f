"""The identity of what a search found."""

import hashlib
from collections.abc import Sequence

from nasray.core.measurement import Measurement, Outcome


def archive_hash(outcomes: Sequence[Outcome]) -> str:
    """SHA-256 over slot, genes, fidelity and bit-exact value of every outcome, in slot order.

    Durations, hosts and tracebacks are left out: two runs that found the same have the same hash.
    """
    digest = hashlib.sha256()
    for outcome in outcomes:
        proposal, result = outcome.proposal, outcome.result
        value = result.value.hex() if isinstance(result, Measurement) else result.kind
        epochs = proposal.fidelity.epochs if proposal.fidelity else 0
        digest.update(f"{proposal.slot} {proposal.architecture.genes} {epochs} {value}\n".encode())
    return digest.hexdigest()
