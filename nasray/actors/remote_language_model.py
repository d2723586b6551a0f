"""A language model that lives in a host."""

from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from nasray.actors import directory
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.core.errors import NasrayError
from nasray.llm.reply import Reply
from nasray.llm.request import Request


@dataclass(kw_only=True)
class RemoteLanguageModel:
    """A client of a host whose part is a ``MeteredModel``, and a LanguageModel like the one inside it.

    The host's process owns cache, limiter, caps and ledger for the whole cluster, and its environment has the key. The
    recipe's method is ``answers``; as many requests as its batches have places are on their way at once. Connects at
    the first request, and pickles without connection and recipe, as a RemotePredictor does.

    Args:
        identity: The host that is meant.
        model: The name that requests must bear.
        recipe: How to start the host if it is not there; None to rely on somebody else.
    """

    identity: Identity
    model: str
    recipe: HostRecipe | None
    _handle: Any = field(init=False, default=None, repr=False, compare=False)

    def complete(self, request: Request) -> Reply:
        """The reply; waits for the host. A host that was stopped meanwhile is started again, once.

        Raises:
            ConfigError: There is no such host, or it is of another version or configuration.
            NasrayError: As the language model in the host.
        """
        try:
            answer = self._try(request)
        except RayActorError:
            self._handle = None
            answer = self._try(request)
        if isinstance(answer, NasrayError):
            raise answer
        return answer

    def __getstate__(self) -> dict[str, Any]:
        """Without connection and recipe: the process that composed the search starts hosts, others find them."""
        return {**self.__dict__, "recipe": None, "_handle": None}

    def _try(self, request: Request) -> Reply | NasrayError:
        if self._handle is None:
            found = directory.find_or_start(self.recipe) if self.recipe else directory.find(self.identity.name)
            self._handle = found
        try:
            return ray.get(self._handle.call.remote(self.identity, "", [request]))[0]
        except RayTaskError as error:
            if isinstance(error.cause, NasrayError):  # the message alone: it is for the user
                raise type(error.cause)(str(error.cause)) from None
            raise
