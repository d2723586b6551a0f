"""A language model that is shown good architectures, and writes another."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, ConfigDict, create_model

from nasray.core.architecture import Architecture
from nasray.core.errors import InvalidArchitecture, require
from nasray.core.space import GraphView, SearchSpace, TextView, need
from nasray.llm.bad_reply import BadReply
from nasray.llm.language_model import LanguageModel
from nasray.llm.message import Message
from nasray.llm.request import Request
from nasray.llm.structured import Structured
from nasray.llm.wording import worded

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class LanguageModelGenerator:
    """Asks for architectures in the written form of their space, and reads the replies with the space's own reader.

    What Jawahar et al. 2023, https://arxiv.org/abs/2310.16712, leave open: the language model that estimates also
    proposes. It is shown canonical forms, without layers or edges that have no effect. What it writes passes the gate
    that everybody's proposals pass.

    Args:
        space: Must offer TextView.
        language_model: Who is asked.
        task: What the networks are for, in words.
        metric: What is to be high, in words.
        shown: Most architectures of a context that one prompt shows, the best; without context random ones are shown.
        temperature: 0 for the most likely reply.
        max_tokens: Of a reply.
        reasks: Most questions after a reply that cannot be used; then a random member stands in. The first time a
            warning says so, the run's result counts them.

    Raises:
        CapabilityError: The space has no written form.
        ConfigError: A value is impossible.
    """

    space: SearchSpace
    language_model: LanguageModel
    task: str
    metric: str
    shown: int
    temperature: float
    max_tokens: int
    reasks: int
    _warned: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Check; ask nothing."""
        self._view = need(self.space, TextView, "generator language_model")
        require(self.shown >= 1, f"LanguageModelGenerator shown ({self.shown}) must be at least 1")

    def propose(self, context: Sequence[Architecture], n: int, rng: np.random.Generator) -> Sequence[Architecture]:
        """``n`` architectures, each from a reply of its own; ``context`` is the best first.

        Raises:
            NasrayError: The model could not be asked.
        """
        best = list(dict.fromkeys(map(self.space.canonical, context)))[: self.shown]
        prompts = [self._prompt(best, rng) for _ in range(n)]
        requests = [self._request(prompt, int(rng.integers(2**31))) for prompt in prompts]
        stand_ins = [self.space.sample(rng) for _ in range(n)]
        forms = [self._form()] * n
        answers = Structured(language_model=self.language_model, reasks=self.reasks).ask_all(requests, forms)
        missing = sum(isinstance(one, BadReply) for one in answers)
        if missing and not self._warned:
            self._warned = True
            logger.warning(
                "%s wrote nothing usable for %d of %d proposals; random members stand in, here and from now on",
                self._name,
                missing,
                n,
            )
        return [
            stand_in if isinstance(one, BadReply) else self._view.from_text(one.value.architecture)
            for one, stand_in in zip(answers, stand_ins, strict=True)
        ]

    def __deepcopy__(self, memo: object) -> "LanguageModelGenerator":
        """Itself: copies of a strategy ask the same model, and warn once together."""
        return self

    @property
    def _name(self) -> str:
        return self.language_model.model

    def _prompt(self, best: Sequence[Architecture], rng: np.random.Generator) -> str:
        examples = best or [self.space.canonical(self.space.sample(rng)) for _ in range(self.shown)]
        told = {"task": self.task, "metric": self.metric}
        blocks = [worded("propose_role", **told), worded("propose_instructions", **told)]
        texts = [self._view.to_text(one) for one in examples]
        if isinstance(self.space, GraphView):
            said = self.space.operator_descriptions().items()
            known = [f"- {name}: {sentences['short']}" for name, sentences in said if any(name in one for one in texts)]
            blocks += ["\n".join(["What occurs in them:", *known])] if known else []
        numbered = enumerate(texts, start=1)
        rows = [worded("propose_demonstration", rank=str(rank), text=json.dumps(text)) for rank, text in numbered]
        order = "Good architectures, the best first:" if best else "Some architectures:"
        return "\n\n".join([*blocks, "\n".join([order, *rows]), worded("propose_query")])

    def _request(self, prompt: str, sample: int) -> Request:
        return Request(
            model=self._name,
            messages=(Message("user", prompt),),
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            sample=sample,
        )

    def _form(self) -> Any:
        """Text that the space can read."""
        reads = AfterValidator(partial(_readable, need(self.space, TextView, "generator language_model")))
        return create_model(
            "Proposed", __config__=ConfigDict(extra="forbid"), architecture=(Annotated[str, reads], ...)
        )


def _readable(view: TextView, text: str) -> str:
    """The text, as pydantic wants to hear it."""
    try:
        view.from_text(text)
    except InvalidArchitecture as error:
        raise ValueError(str(error)) from error
    return text
