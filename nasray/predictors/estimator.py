"""Asks a language model what architectures will reach."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean, median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, create_model

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.predictor import Predictor
from nasray.core.space import GraphView, PromptView, SearchSpace, need
from nasray.llm.bad_reply import BadReply
from nasray.llm.language_model import LanguageModel
from nasray.llm.message import Message
from nasray.llm.request import Request
from nasray.llm.structured import Structured
from nasray.llm.wording import defined, listed, worded
from nasray.predictors.demonstrations import Demonstration

logger = logging.getLogger(__name__)

_PARTS = ("role", "instructions", "definitions")
_ENORMOUS = 1e12  # what nobody measures, and what sums of replies cannot overflow with


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """The prompt of LLM-PP, and what is made of the replies.

    Jawahar et al. 2023, "LLM Performance Predictors are good initializers for Architecture Search",
    https://arxiv.org/abs/2310.16712, section 3: role, instructions, definitions of the hyper-parameters,
    demonstrations, query, in one message.

    Departures from the paper: the words are ours; a reply is a JSON object, so that it can be checked; a number far
    outside the range of the demonstrations is refused and asked for again; task examples are not shown. Without
    demonstrations almost any number is believed.

    Args:
        space: Must offer PromptView.
        language_model: Who is asked.
        task: What the networks are for, in words.
        metric: What is estimated, in words; higher is better.
        parts: Which of ``role``, ``instructions``, ``definitions`` the prompt begins with.
        measures: Name -> predictor that computes a further line of every architecture, e.g. its FLOPs.
        decimals: Of the values shown.
        temperature: 0 for the most likely reply.
        samples: Replies for each architecture.
        combine: What is made of them: their ``mean`` or ``median``.
        margin: How far outside the demonstrations' range a number may lie, in widths of that range.
        max_tokens: Of a reply.
        reasks: Most questions after a reply that cannot be used.

    Raises:
        CapabilityError: The space cannot be described.
        ConfigError: A value is impossible.
    """

    space: SearchSpace
    language_model: LanguageModel
    task: str
    metric: str
    parts: Sequence[str]
    measures: Mapping[str, Predictor]
    decimals: int
    temperature: float
    samples: int
    combine: Literal["mean", "median"]
    margin: float
    max_tokens: int
    reasks: int

    def __post_init__(self) -> None:
        """Check; ask nothing."""
        need(self.space, PromptView, "predictor language_model")
        unknown = sorted(set(self.parts) - set(_PARTS))
        require(not unknown, f"Estimator parts {unknown} must be among {', '.join(_PARTS)}")
        require(self.samples >= 1, f"Estimator samples ({self.samples}) must be at least 1")
        require(
            self.samples == 1 or self.temperature > 0,
            f"Estimator samples ({self.samples}) at temperature 0 are all the same; set samples=1, or a temperature",
        )
        require(self.combine in ("mean", "median"), f"Estimator combine ({self.combine!r}) must be mean or median")
        require(self.margin >= 0, f"Estimator margin ({self.margin}) must not be negative")
        require(0 <= self.decimals <= 9, f"Estimator decimals ({self.decimals}) must be between 0 and 9")
        require(bool(self.language_model.model), "Estimator got a language model without a name")

    def estimates(self, asked: Sequence[Architecture], shown: Sequence[Sequence[Demonstration]]) -> NDArray[np.float64]:
        """``(A,)`` estimates for A architectures, each from its own demonstrations; equal ones are asked for once.

        An architecture without any usable reply is given the mean of its demonstrations, or NaN where it has none, and
        a warning says so.

        Raises:
            NasrayError: The model could not be asked.
        """
        distinct = dict(zip(asked, shown, strict=True))
        lines = self._lines([*distinct, *(one.architecture for group in distinct.values() for one in group)])
        prompts = [self._prompt(lines, architecture, group) for architecture, group in distinct.items()]
        requests = [self._request(prompt, sample) for prompt in prompts for sample in range(self.samples)]
        forms = [form for group in distinct.values() for form in [self._form(group)] * self.samples]
        answers = Structured(language_model=self.language_model, reasks=self.reasks).ask_all(requests, forms)
        found, unusable = dict[Architecture, float](), list[Architecture]()
        for at, (architecture, group) in enumerate(distinct.items()):
            replies = answers[at * self.samples : (at + 1) * self.samples]
            usable = [float(one.value.value) for one in replies if not isinstance(one, BadReply)]
            if usable:
                found[architecture] = fmean(usable) if self.combine == "mean" else median(usable)
            else:
                found[architecture] = fmean([one.value for one in group] or [math.nan])
                unusable.append(architecture)
        self._warn(unusable, len(found), shows=any(distinct.values()))
        return np.array([found[one] for one in asked], np.float64)

    def _warn(self, unusable: Sequence[Architecture], asked: int, *, shows: bool) -> None:
        if unusable:
            logger.warning(
                "%s gave no usable estimate of %d of %d architectures, %s the first; %s stands in for each",
                self.language_model.model,
                len(unusable),
                asked,
                unusable[0].key,
                "the mean of its demonstrations" if shows else "nothing",
            )

    def _lines(self, architectures: Sequence[Architecture]) -> dict[Architecture, dict[str, Any]]:
        """What is said of each architecture."""
        view = need(self.space, PromptView, "predictor language_model")
        every = list(dict.fromkeys(architectures))
        lines = {one: dict(view.to_prompt(one)) for one in every}
        for name, predictor in self.measures.items():
            for one, value in zip(every, predictor.predict(every).tolist(), strict=True):
                lines[one][name] = f"{value:.4g}"
        return lines

    def _prompt(
        self, lines: Mapping[Architecture, Mapping[str, Any]], query: Architecture, shown: Sequence[Demonstration]
    ) -> str:
        told = {"task": self.task, "metric": self.metric}
        blocks = [worded(f"estimate_{part}", **told) for part in ("role", "instructions") if part in self.parts]
        if shown and "instructions" in self.parts:
            blocks[-1] += f"\n{worded('estimate_examples', **told)}"
        if "definitions" in self.parts:
            blocks.append(self._definitions([lines[query], *(lines[one.architecture] for one in shown)]))
        for one in shown:
            values, value = listed(lines[one.architecture]), f"{one.value:.{self.decimals}f}"
            blocks.append(worded("estimate_demonstration", values=values, value=value, **told))
        blocks.append(
            worded("estimate_query" if shown else "estimate_query_alone", values=listed(lines[query]), **told)
        )
        return "\n\n".join(block for block in blocks if block)

    def _definitions(self, described: Sequence[Mapping[str, Any]]) -> str:
        """Of the names that occur, and of the operators that they may have."""
        names = dict.fromkeys(name for one in described for name in one)
        text = "\n".join(map(listed, described))
        operators = self.space.operator_descriptions() if isinstance(self.space, GraphView) else {}
        sentences = [f"- {name}: {said['short']}" for name, said in operators.items() if name in text]
        return "\n".join(["What is listed:", defined(names), *sentences])

    def _request(self, prompt: str, sample: int) -> Request:
        return Request(
            model=self.language_model.model,
            messages=(Message("user", prompt),),
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            sample=sample,
        )

    def _form(self, shown: Sequence[Demonstration]) -> Any:
        """A number within the range, beyond which no reply is believed."""
        if not shown:
            return _estimate(-_ENORMOUS, _ENORMOUS)
        values = [one.value for one in shown]
        width = (max(values) - min(values)) or max(1.0, abs(values[0]))
        low, high = min(values) - self.margin * width, max(values) + self.margin * width
        return _estimate(float(f"{low:.6g}"), float(f"{high:.6g}"))


@cache
def _estimate(low: float, high: float) -> type[BaseModel]:
    return create_model(
        "Estimate", __config__=ConfigDict(extra="forbid"), value=(float, Field(ge=low, le=high, allow_inf_nan=False))
    )
