"""A tiny random network with a tokenizer of bytes, in a folder."""

import pickle
import shutil

import pytest

from nasray.core.errors import ConfigError
from nasray.llm.call_error import CallError
from nasray.llm.ledger import read_ledger
from nasray.llm.message import Message
from nasray.llm.transformers_client import TransformersClient

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Llama of 2 layers and 16 channels over 257 tokens; its defaults would draw from the 3 likeliest tokens."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-llama")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: at for at, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    config = LlamaConfig(
        vocab_size=len(wrapped),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        eos_token_id=wrapped.eos_token_id,
        bos_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = LlamaForCausalLM(config)
    network.generation_config.update(do_sample=True, top_k=3, temperature=0.7)
    wrapped.save_pretrained(folder)
    network.save_pretrained(folder)
    return folder


def client(folder, **changes):
    settings = {"name": str(folder), "revision": None, "device": "cpu", "dtype": "float32", "torch_threads": 1}
    return TransformersClient(**{**settings, **changes})


def test_the_likeliest_reply_is_always_the_same_and_samples_are_not(folder, ask):
    one = client(folder)
    assert one.model.startswith("tiny-llama0@")
    assert one.source == "transformers cpu"
    greedy = one.complete(ask("hello", model=one.model))
    assert (greedy.prompt_tokens, greedy.completion_tokens, greedy.finish) == (5, 20, "length")
    assert client(folder).complete(ask("hello", model=one.model)).text == greedy.text
    drawn = [one.complete(ask("hello", model=one.model, temperature=1.0, sample=n)).text for n in (0, 1, 0)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_the_global_random_numbers_of_torch_stay_where_they_are(folder, ask):
    import torch

    before = torch.random.get_rng_state()
    client(folder).complete(ask("hello", temperature=1.0))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_chat_template_is_used_where_there_is_one(folder, ask, tmp_path):
    from transformers import AutoTokenizer

    other = tmp_path / "chat"
    shutil.copytree(folder, other)
    tokenizer = AutoTokenizer.from_pretrained(other)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(other)
    asked = ask(messages=(Message("system", "be brief"), Message("user", "hello")))
    assert client(other).complete(asked).prompt_tokens == len("<system>be brief<user>hello<assistant>")
    assert client(folder).complete(asked).prompt_tokens == len("be brief\n\nhello")
    assert client(other).model.split("@")[1] != client(folder).model.split("@")[1]


def test_a_prompt_that_does_not_fit_is_refused(folder, ask):
    with pytest.raises(CallError, match=r"reads 120 tokens and should write up to 20, but its context has 128"):
        client(folder).complete(ask("x" * 120))


def test_what_is_no_model_is_refused(folder, ask, tmp_path):
    with pytest.raises(
        ConfigError, match=r"must be a folder with a model, or a name on the hub; there is no such folder"
    ):
        _ = client(tmp_path / "none").model
    with pytest.raises(ConfigError, match=r"language model .* cannot be loaded"):
        client(tmp_path).complete(ask())
    with pytest.raises(ConfigError, match=r"client.torch_threads \(0\) must be at least 1"):
        client(folder, torch_threads=0)
    assert client("someone/some-model", revision="abc").model == "someone/some-model@abc"


def test_weights_that_were_cut_off_are_refused_and_not_charged(folder, ask, serve, tmp_path):
    shutil.copytree(folder, torn := tmp_path / "torn")
    with (torn / "model.safetensors").open("r+b") as file:
        file.truncate(500)
    service = serve(client(torn))
    with pytest.raises(ConfigError, match=r"'.*torn' cannot be loaded \(SafetensorError: "):
        service.complete(ask(model=service.model))
    service.close()
    (row,) = read_ledger(tmp_path / "cache.sqlite")
    assert (row.failures, row.prompt_tokens, row.usd) == ({"not_sent": 1}, 0, 0.0)


@pytest.mark.parametrize("name", ["no-folder", "some/no-model"])
def test_what_the_hub_does_not_give_is_refused_at_once(name, ask, monkeypatch):
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    def unreachable(*_, **__):
        raise HfHubHTTPError.__bases__[0]("nobody there")

    monkeypatch.setattr(HfApi, "model_info", unreachable)
    with pytest.raises(ConfigError, match=rf"'{name}' cannot be loaded \(OSError: .*; the hub: nobody there\); give"):
        client(name).complete(ask())


def test_what_can_be_neither_folder_nor_name_is_refused(ask):
    with pytest.raises(ConfigError, match="there is no such folder"):
        _ = client("models/of/mine").model
    with pytest.raises(ConfigError, match="is no folder, and no name on the hub either"):
        client("two words").complete(ask())


def test_a_client_travels_without_its_weights(folder, ask):
    one = client(folder)
    text = one.complete(ask("hello")).text
    baggage = pickle.dumps(one)
    assert len(baggage) < 2_000
    assert pickle.loads(baggage).complete(ask("hello")).text == text
