"""How the hosts of a search are, in numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ray.exceptions import RayError

from nasray.actors import directory
from nasray.core.errors import ConfigError

PATIENCE_SECONDS = 1.0


@dataclass(kw_only=True)
class HostWatch:
    """Asks hosts how they are, and counts how often they began anew.

    A host serves every search of its cluster: so do its figures.

    Attributes:
        names: Of hosts, by the part that lives there: ``predictor``, ``generator``, ``language_model``.
        patience_seconds: How long each is waited for.
    """

    names: Mapping[str, str]
    patience_seconds: float = PATIENCE_SECONDS
    _processes: dict[str, list[int]] = field(default_factory=dict[str, list[int]], init=False, repr=False)

    def __call__(self) -> dict[str, float]:
        """``host/<part>/answers``, 0 or 1, and of one that does: what it did since it was started last.

        ``items`` served, ``mean_batch``, ``waiting`` items, and the ``restarts`` that were noticed.
        """
        return {f"host/{part}/{figure}": value for part in self.names for figure, value in self._figures(part).items()}

    def _figures(self, part: str) -> dict[str, float]:
        try:
            health = directory.health(self.names[part], self.patience_seconds)
        except (ConfigError, RayError):  # not started yet, stopped, or the cluster is gone, which others tell
            health = None
        if health is None:
            return {"answers": 0}
        processes = self._processes.setdefault(part, [])
        if health["pid"] not in processes[-1:]:
            processes.append(health["pid"])
        return {
            "answers": 1,
            "items": health["items"],
            "mean_batch": health["mean_batch_size"],
            "waiting": health["queue_length"],
            "restarts": len(processes) - 1,
        }
