"""Architectures that a language model writes."""

import copy
import json

import numpy as np
import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, ConfigError
from nasray.generators.language_model_generator import LanguageModelGenerator
from nasray.llm.reply import Reply
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=2, cells_per_stage=1)
BEST = [Architecture((0, 0, 0, n, 0, 0)) for n in range(4)]
NEW = Architecture((3, 3, 3, 3, 3, 3))


class Scripted:
    """Says ``script`` entry by entry, the last one for ever, and keeps what it was asked."""

    model = "scripted"
    concurrency = 1

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []

    def complete(self, request):
        text = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(request)
        return Reply(text=text, source="a script", prompt_tokens=1, completion_tokens=1)

    def close(self):
        """Nothing is open."""


def generator(model, **changes):
    settings = {"task": "t", "metric": "m", "shown": 2, "temperature": 0.5, "max_tokens": 99, "reasks": 1}
    return LanguageModelGenerator(**{"space": SPACE, "language_model": model, **settings, **changes})


def written(architecture):
    return json.dumps({"architecture": SPACE.to_text(architecture)})


def test_it_is_shown_the_best_and_what_it_writes_is_read():
    model = Scripted(written(NEW))
    assert generator(model).propose(BEST, 1, np.random.default_rng(0)) == [NEW]
    text = model.asked[0].messages[0].content
    assert f"1. {written(BEST[0])}\n2. {written(BEST[1])}\n" in text
    assert SPACE.to_text(BEST[2]) not in text
    assert "- skip_connect: Residual connection" in text


def test_what_has_no_effect_is_not_shown():
    model = Scripted(written(NEW))
    idle = Architecture((3, 0, 0, 2, 0, 0))  # its first edge leads to a node that nobody reads
    generator(model).propose([idle, BEST[2], BEST[1]], 1, np.random.default_rng(0))
    assert f"1. {written(BEST[2])}\n2. {written(BEST[1])}\n" in model.asked[0].messages[0].content


def test_without_context_random_members_are_shown():
    model = Scripted(written(NEW))
    assert generator(model).propose([], 1, np.random.default_rng(0)) == [NEW]
    assert "Some architectures:" in model.asked[0].messages[0].content


@pytest.mark.parametrize("bad", ["a cell", '{"architecture": "|nor_conv_9x9~0|"}', '{"architecture": 7}', ""])
def test_what_the_space_cannot_read_is_asked_for_again(bad):
    model = Scripted(bad, written(NEW))
    assert generator(model).propose(BEST, 1, np.random.default_rng(0)) == [NEW]
    assert "cannot be used" in model.asked[1].messages[-1].content


def test_a_random_member_stands_in_for_what_was_never_written(caplog):
    asked = generator(Scripted("no"))
    (found,) = asked.propose(BEST, 1, np.random.default_rng(0))
    SPACE.validate(found)
    assert "scripted wrote nothing usable for 1 of 1 proposals; random members stand in" in caplog.text
    copy.deepcopy(asked).propose(BEST, 1, np.random.default_rng(1))
    assert len(caplog.records) == 1  # once a run, however often it happens


def test_impossible_settings_are_refused():
    with pytest.raises(ConfigError, match=r"shown \(0\) must be at least 1"):
        generator(Scripted(""), shown=0)
    with pytest.raises(CapabilityError, match="needs a space with TextView"):
        generator(Scripted(""), space=object())
