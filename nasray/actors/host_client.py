"""What every client of a host does: find it, ask it, and start it again if it was stopped."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

import ray
from ray.exceptions import RayActorError, RayTaskError

from nasray.actors import directory
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.core.errors import NasrayError

START_SECONDS = 300.0
"""A new node may have to come up first."""


@dataclass(kw_only=True)
class HostClient:
    """A client of a host; derive from it what the part inside the host is.

    Connects at the first call. Pickles without connection and recipe, so that it can travel to workers, which find the
    host by name.

    Args:
        identity: The host that is meant.
        recipe: How to start the host if it is not there; None to rely on somebody else.
    """

    identity: Identity
    recipe: HostRecipe | None
    _handle: Any = field(init=False, default=None, repr=False, compare=False)

    def health(self) -> dict[str, Any]:
        """What the host says about itself.

        Raises:
            ConfigError: There is no such host.
        """
        return ray.get(self._connect().health.remote())

    def __getstate__(self) -> dict[str, Any]:
        """Without connection and recipe: the process that composed the search starts hosts, others find them."""
        return {**self.__dict__, "recipe": None, "_handle": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The same host: a copy lives in the process that can start it, so it keeps connection and recipe."""
        copied = object.__new__(type(self))
        memo[id(self)] = copied
        shared = {"recipe": self.recipe, "_handle": self._handle}
        own = {name: deepcopy(value, memo) for name, value in self.__dict__.items() if name not in shared}
        copied.__dict__ |= {**own, **shared}
        return copied

    def _ask(self, method: str, *arguments: Any) -> Any:
        """The host's answer; a host that was stopped meanwhile is started again, once."""
        try:
            return self._try(method, *arguments)
        except RayActorError:
            self._handle = None
        return self._try(method, *arguments)

    def _try(self, method: str, *arguments: Any) -> Any:
        try:
            return ray.get(getattr(self._connect(), method).remote(self.identity, *arguments))
        except RayTaskError as error:
            if isinstance(error.cause, NasrayError):  # the message alone: it is for the user
                raise type(error.cause)(str(error.cause)) from None
            raise

    def _connect(self) -> Any:
        if self._handle is None:
            name = self.identity.name
            found = directory.find_or_start(self.recipe) if self.recipe else directory.find(name)
            directory.await_start(found, name, START_SECONDS)
            self._handle = found
        return self._handle
