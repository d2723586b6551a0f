"""Questions whose replies must fit a form."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel, RootModel

from nasray.core.errors import require
from nasray.llm.bad_reply import BadReply
from nasray.llm.language_model import LanguageModel
from nasray.llm.message import Message
from nasray.llm.refusal import Refusal
from nasray.llm.reply import Reply
from nasray.llm.request import Request
from nasray.llm.strict_reading import read_strictly
from nasray.llm.structured_answer import StructuredAnswer
from nasray.llm.tallied_model import TalliedModel

Form = TypeVar("Form", bound=BaseModel)

_MOST_QUOTED = 1_000  # characters of a refused reply that are paid for again


@dataclass(frozen=True, kw_only=True)
class Structured:
    """Asks, reads, and asks again a bounded number of times, telling the model what was wrong.

    Args:
        language_model: Who is asked.
        reasks: Most questions after the first.

    Raises:
        ConfigError: ``reasks`` is negative.
    """

    language_model: LanguageModel
    reasks: int

    def __post_init__(self) -> None:
        """Refuse to ask less than once."""
        require(self.reasks >= 0, f"reasks ({self.reasks}) must not be negative; 0 asks once")

    def ask(self, request: Request, form: type[Form]) -> StructuredAnswer[Form]:
        """The first reply that fits ``form``.

        Replies are refused as ``empty``, ``truncated``, ``not_json`` (prose, too), ``trailing_text``,
        ``duplicate_key``, ``wrong_form`` or ``out_of_range``. A re-ask is a request of its own, so a second run finds
        it in the cache as well.

        Args:
            request: What is asked; it has to tell the model what to reply with. Its schema is set here.
            form: A pydantic model that forbids extra keys, or a ``RootModel``, e.g. of a number with its bounds.

        Raises:
            BadReply: None of the replies fits.
            ConfigError: The form would let extra keys pass.
            NasrayError: As the language model.
        """
        require(
            issubclass(form, RootModel) or form.model_config.get("extra") == "forbid",
            f"form {form.__name__} lets extra keys pass; set model_config = ConfigDict(extra='forbid')",
        )
        schema = json.dumps(form.model_json_schema(), sort_keys=True)
        request = replace(request, schema=schema)
        asked, replies, refusals = request, list[Reply](), list[Refusal]()
        for _ in range(self.reasks + 1):
            reply = self.language_model.complete(asked)
            replies.append(reply)
            read = read_strictly(reply, form)
            if not isinstance(read, Refusal):
                return StructuredAnswer(read, tuple(replies), tuple(one.kind for one in refusals))
            refusals.append(read)
            if isinstance(self.language_model, TalliedModel):
                self.language_model.refused(asked, read.kind)
            asked = _asked_again(request, reply, read)
        if isinstance(self.language_model, TalliedModel):
            self.language_model.unanswered(request)
        raise BadReply(
            f"{self.language_model.model} gave no usable reply in {len(replies)} tries: "
            f"{'; '.join(f'{one.kind}: {one.reason}' for one in refusals)}. The last one was {replies[-1].text[:80]!r}"
            "; raise reasks or max_tokens, or choose a model that follows instructions better",
            tuple(one.kind for one in refusals),
        )

    def ask_all(
        self, requests: Sequence[Request], forms: Sequence[type[Form]]
    ) -> list[StructuredAnswer[Form] | BadReply]:
        """An answer, or why there is none, to each of R requests, as many at once as the model takes.

        Any other error ends it: what was not asked by then is not asked, what was is kept.

        Args:
            requests: ``(R,)`` what is asked.
            forms: ``(R,)`` what each reply must fit.

        Raises:
            NasrayError: As ``ask``, BadReply excepted.
        """
        with ThreadPoolExecutor(max_workers=max(1, min(self.language_model.concurrency, len(requests)))) as threads:
            try:
                return list(threads.map(self._ask_or_tell, requests, forms))
            finally:
                threads.shutdown(cancel_futures=True)

    def _ask_or_tell(self, request: Request, form: type[Form]) -> StructuredAnswer[Form] | BadReply:
        try:
            return self.ask(request, form)
        except BadReply as error:
            return error


def _asked_again(request: Request, reply: Reply, refusal: Refusal) -> Request:
    """The question, the refused reply, and what was wrong: chat templates want the roles to alternate."""
    said = reply.text.strip()[:_MOST_QUOTED] or "(nothing)"
    wanted = Message(
        "user",
        f"Your reply cannot be used: {refusal.reason}. Reply with one JSON value that fits this schema, and with "
        f"nothing else: {request.schema}",
    )
    return replace(request, messages=(*request.messages, Message("assistant", said), wanted))
