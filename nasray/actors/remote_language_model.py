"""A language model that lives in a host."""

from dataclasses import dataclass

from nasray.actors.host_client import HostClient
from nasray.core.errors import NasrayError
from nasray.llm.reply import Reply
from nasray.llm.request import Request


@dataclass(kw_only=True)
class RemoteLanguageModel(HostClient):
    """A client of a host whose part is a ``MeteredModel``, and a LanguageModel like the one inside it.

    The host's process owns cache, limiter, caps and ledger for the whole cluster, and its environment has the key. The
    recipe's method is ``answers``; as many requests as its batches have places are on their way at once.

    Args:
        model: The name that requests must bear.
        concurrency: Places in the host's batches.
    """

    model: str
    concurrency: int

    def complete(self, request: Request) -> Reply:
        """The reply; waits for the host. A host that was stopped meanwhile is started again, once.

        Raises:
            ConfigError: There is no such host, or it is of another version or configuration.
            NasrayError: As the language model in the host.
        """
        (answer,) = self._ask("call", "", [request])
        if isinstance(answer, NasrayError):
            raise answer
        return answer

    def close(self) -> None:
        """The host goes on serving others."""
