"""Who a host is, so that nobody is served by another model than the one that was asked for."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nasray import __version__
from nasray.core.errors import ConfigError, require


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What host and client must agree on.

    Attributes:
        name: Of the host, within the cluster.
        configuration: Hash of everything that the part is built from.
        version: Of nasray.
    """

    name: str
    configuration: str
    version: str = __version__

    @classmethod
    def of(cls, part: str, configuration: Mapping[str, Any], name: str | None) -> "Identity":
        """The identity of a part that is built from ``configuration``; without a ``name`` it is named after both."""
        text = json.dumps(configuration, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return cls(name=name or f"{part}-{digest}", configuration=digest)

    def admit(self, client: "Identity") -> None:
        """Return if ``client`` expects what this host is.

        Raises:
            ConfigError: It expects another version or another configuration.
        """
        rule = f"stop it by `nasray host stop {self.name}`, or give yours another host.name"
        require(
            client.version == self.version,
            f"host {self.name} runs nasray {self.version}, but its client is nasray {client.version}; they must be "
            f"equal: {rule}",
            ConfigError,
        )
        require(
            client.configuration == self.configuration,
            f"host {self.name} serves configuration {self.configuration}, but its client wants {client.configuration}; "
            f"they must be equal: {rule}",
            ConfigError,
        )
