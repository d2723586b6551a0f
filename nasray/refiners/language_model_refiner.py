"""LAPT: a language model reads good architectures as code, says what they have in common, and narrows the space."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, create_model

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.principles import Candidates, Principles
from nasray.core.restrictable import Restrictable
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace, need
from nasray.llm.bad_reply import BadReply
from nasray.llm.language_model import LanguageModel
from nasray.llm.message import Message
from nasray.llm.request import Request
from nasray.llm.structured import Structured
from nasray.llm.wording import worded
from nasray.refiners.everything import everything_remains

_OPENING = 3
"""Role, question and reply with which every dialogue begins."""


@dataclass(kw_only=True)
class LanguageModelRefiner:
    """Asks a language model for principles, shows it what the search finds, and asks again.

    Zhou et al. 2024, "Design Principle Transfer in Neural Architecture Search via Large Language Models",
    https://arxiv.org/abs/2408.11330. The model is shown the space as code, the best architectures of the source task
    as lists of numbers without their scores, and is asked for principles and for the candidates of each layer. After
    an improvement the dialogue goes on with the best that were found; without one it goes back to the first
    principles and asks for other candidates.

    Departures from the paper: the words are ours; a reply is one JSON object that is checked. One with an unknown
    operator or an empty or missing layer is refused and asked for again; the first k of too many candidates are kept.
    Where no reply can be used, every operator remains at first, and later the principles stay as they are. The reasons
    are kept in the principles, and so is the dialogue.

    Args:
        space: Must offer Restrictable.
        language_model: Who is asked.
        most_operators: k, how many operators a layer keeps, at most.
        most_sources: Likewise for information sources; without effect where the wiring is fixed.
        anonymous: Hide the names of the operators and mix up their ids, to tell finding from remembering.
        seed: Of the mixing.
        temperature: 0 for the most likely reply.
        max_tokens: Of a reply.
        reasks: Most questions after a reply that cannot be used.

    Raises:
        CapabilityError: The space cannot be restricted.
        ConfigError: A layer would be left empty.
    """

    space: SearchSpace
    language_model: LanguageModel
    most_operators: int
    most_sources: int
    anonymous: bool
    seed: int
    temperature: float
    max_tokens: int
    reasks: int

    def __post_init__(self) -> None:
        """Find out what may be chosen; ask nothing."""
        self._view = need(self.space, Restrictable, "refiner language_model")
        for name in ("most_operators", "most_sources"):
            require(getattr(self, name) >= 1, f"LanguageModelRefiner {name} ({getattr(self, name)}) must be at least 1")
        self._structured = Structured(language_model=self.language_model, reasks=self.reasks)
        self._layers = self._view.layer_choices()
        n = max(len(layer.operators) for layer in self._layers)
        self._shown: list[int] = list(range(n))
        if self.anonymous:
            self._shown = Streams(self.seed, "refiner/anonymous").at(0).permutation(n).tolist()
        self._known = np.argsort(self._shown).tolist()

    def learn(self, sources: Sequence[Architecture]) -> Principles:
        """The learning prompt.

        Raises:
            ConfigError: There are no sources.
            NasrayError: The model could not be asked.
        """
        require(len(sources) > 0, "LanguageModelRefiner got no architectures to learn from: give at least one")
        operators = self._layers[0].operators
        names = [f"Operator{at}" if self.anonymous else operators[at] for at in range(len(operators))]
        code, lists = self._view.family_code(names), self._listed(sources)
        question = worded("principles_learn", code=code, lists=lists, rules=self._reply_rules())
        everything = everything_remains(
            self._view, "No principles: the model gave no usable reply, and every operator remains."
        )
        return self._asked((("system", worded("principles_role")), ("user", question)), everything)

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:
        """The improved branch, or the other one.

        Raises:
            NasrayError: The model could not be asked.
        """
        if improved and found:
            question = worded("principles_improved", lists=self._listed(found), rules=self._reply_rules())
            return self._asked((*principles.dialogue, ("user", question)), principles)
        question = worded("principles_not_improved", rules=self._reply_rules())
        return self._asked((*principles.dialogue[:_OPENING], ("user", question)), principles)

    def _asked(self, dialogue: tuple[tuple[str, str], ...], otherwise: Principles) -> Principles:
        """The model's principles; ``otherwise``, with the reason, where it gives no usable reply."""
        request = Request(
            model=self.language_model.model,
            messages=tuple(Message(role, said) for role, said in dialogue),  # type: ignore[arg-type] -- our own roles
            temperature=self.temperature,
            max_tokens=self.max_tokens,
        )
        try:
            answer = self._structured.ask(request, self._reply_form())
        except BadReply as error:
            said = ("assistant", "(no usable reply)")
            return replace(otherwise, dialogue=(*dialogue, said), repairs=(str(error),))
        repairs = [f"a reply was refused as {kind} and asked for again" for kind in answer.refusals]
        reply = answer.value.model_dump()
        lists = {_compact(reply[f"layer{at}"]) for at in range(len(self._layers))}
        if lists <= {line for _, said in dialogue for line in said.splitlines()}:
            repairs.append(
                "the candidates of the layers are lists of networks that were shown: they say nothing of layers"
            )
        operators = self._read(reply, "layer", self.most_operators, repairs)
        return Principles(
            reply["principles"].strip() or "(no words)",
            tuple(tuple(self._known[one] for one in ids) for ids in operators),
            self._read(reply, "sources", self.most_sources, repairs) if self._layers[0].sources else (),
            (*dialogue, ("assistant", answer.replies[-1].text.strip())),
            tuple(repairs),
        )

    def _read(self, reply: dict[str, Any], kind: str, most: int, repairs: list[str]) -> Candidates:
        """The candidates of each layer, each once, no more than allowed."""
        found: list[tuple[int, ...]] = []
        for at in range(len(self._layers)):
            ids = tuple(dict.fromkeys(reply[f"{kind}{at}"]))
            if len(ids) > most:
                repairs.append(f"{kind}{at} had {len(ids)} candidates, of which the first {most} were kept")
            found.append(ids[:most])
        return tuple(found)

    def _listed(self, architectures: Sequence[Architecture]) -> str:
        """One list a line: operator ids, or pairs of source and operator."""
        lines: list[str] = []
        for one in architectures:
            operators = [self._shown[id_] for id_ in self._view.operators_of(one)]
            sources = self._view.sources_of(one)
            pairs = [list(pair) for pair in zip(sources, operators, strict=True)] if sources else operators
            lines.append(_compact(pairs))
        return "\n".join(lines)

    def _reply_rules(self) -> str:
        """What every question says of the reply: a form to fill in, since small models fill in what they see."""
        keys, rules = ['"principles": "your findings"'], list[str]()
        for kind, ids, most in self._kinds():
            slots = ", ".join(["id"] * most)
            keys += [f'"{kind}{at}": [{slots}]' for at in range(len(ids))]
            for size, group in groupby(range(len(ids)), key=lambda at, ids=ids: len(ids[at])):
                first, *_, last = [kind + str(at) for at in group] * 2
                rules.append(f"for {first} to {last} at most {most} of the ids 0 to {size - 1}")
        return worded("principles_reply", form="{" + ", ".join(keys) + "}", rules="; ".join(rules))

    def _kinds(self) -> list[tuple[str, list[tuple[str, ...]], int]]:
        """What is chosen in a layer: the word for it, ``(L,)`` what there is, and how many may remain."""
        operators = ("layer", [layer.operators for layer in self._layers], self.most_operators)
        sources = ("sources", [layer.sources for layer in self._layers], self.most_sources)
        return [operators, sources] if self._layers[0].sources else [operators]

    def _reply_form(self) -> type[BaseModel]:
        fields: dict[str, Any] = {"principles": (str, ...)}
        for kind, ids, _ in self._kinds():
            for at, known in enumerate(ids):
                each = Annotated[int, Field(ge=0, le=len(known) - 1)]
                fields[f"{kind}{at}"] = (list[each], Field(min_length=1))
        return create_model("PrinciplesReply", __config__=ConfigDict(extra="forbid"), **fields)


def _compact(values: Sequence[Any]) -> str:
    """A list without blanks, which cost tokens."""
    return json.dumps(values, separators=(",", ":"))
