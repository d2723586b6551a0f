"""A fake whose replies are charged as the longest that may come, to know what a plan costs at most."""

from dataclasses import dataclass, replace

from nasray.llm.fake import Fake
from nasray.llm.reply import Reply
from nasray.llm.request import Request


@dataclass(frozen=True, kw_only=True)
class Talkative(Fake):
    """A fake that says to have written as many tokens as the request allows."""

    def complete(self, request: Request) -> Reply:
        """The fake's reply, at its highest price."""
        return replace(super().complete(request), completion_tokens=request.max_tokens)
