"""Where the language model of a run lives, and what of it may change."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from nasray.app.language_model import asking_nobody, language_model_of, ledger_of, with_changes
from nasray.app.predictor import predictor_of
from nasray.core.errors import CapabilityError, ConfigError
from nasray.llm.cap_reached import CapReached
from nasray.llm.message import Message
from nasray.llm.metered_model import MeteredModel
from nasray.llm.request import Request
from nasray.spaces.nasbench201 import NasBench201

CONF = Path(__file__).resolve().parents[3] / "conf"
PREDICTOR = yaml.safe_load((CONF / "predictor" / "language_model.yaml").read_text(encoding="utf-8"))
SCREENED = {"_target_": "nasray.strategies.screened.Screened"}


@pytest.fixture
def config(tmp_path):
    def make(where="local", **changes):
        fake = yaml.safe_load((CONF / "language_model" / "fake.yaml").read_text(encoding="utf-8"))
        host = SimpleNamespace(where=where, name=None, batch_size=4, window_ms=0.0, num_cpus=0.0)
        settings = {"language_model": fake | {"path": str(tmp_path / "cache.sqlite")}, "host": host}
        settings |= {"paths": SimpleNamespace(data=str(tmp_path)), "predictor": PREDICTOR, "evaluator": {}}
        return SimpleNamespace(**{**settings, **changes})

    return make


def test_nothing_is_built_where_nobody_asks(config, tmp_path):
    assert language_model_of(config(language_model=None), [SCREENED, None], tmp_path) is None
    with pytest.raises(ConfigError, match="is chosen, but no part of the run asks for one"):
        language_model_of(config(), [SCREENED], tmp_path)
    with pytest.raises(CapabilityError, match="Estimator needs a language model and got none; choose one"):
        language_model_of(config(language_model=None), [SCREENED, PREDICTOR], tmp_path)


def test_what_is_no_service_is_refused(config, tmp_path):
    bare = {"_target_": "nasray.llm.fake.Fake", "model": "fake", "latency_seconds": 0.0}
    with pytest.raises(ConfigError, match=r"_target_ \(nasray.llm.fake.Fake\) must be MeteredModel"):
        language_model_of(config(language_model=bare), [PREDICTOR], tmp_path)


def test_it_is_built_without_touching_the_disk(config, tmp_path):
    model = language_model_of(config(), [[PREDICTOR]], tmp_path / "run")
    assert isinstance(model.inner, MeteredModel)
    assert (model.model, model.concurrency, model.path) == ("fake", 32, tmp_path / "run" / "language_model.jsonl")
    assert not list(tmp_path.iterdir())
    assert ledger_of(config()) == {"ledger": str(tmp_path / "cache.sqlite")}
    assert ledger_of(config(language_model=None)) is None


def test_in_a_host_one_owner_lives_on_the_head_node_and_the_predictor_stays_here(config, tmp_path):
    hosted = config("host")
    model = language_model_of(hosted, [PREDICTOR], tmp_path)
    recipe = model.inner.recipe
    assert (recipe.on_head, recipe.method, recipe.batching.size, model.concurrency) == (True, "answers", 32, 32)
    capped = config("host", language_model={**hosted.language_model, "concurrency": 8})
    other = language_model_of(capped, [PREDICTOR], tmp_path).inner.identity
    assert other.name == recipe.identity.name, "the file has one owner"
    assert other.configuration != recipe.identity.configuration
    space = NasBench201(channels=2, cells_per_stage=1)
    predictor, leaks = predictor_of(hosted, space, [{**SCREENED, "predictor": None}], {}, model)
    assert (type(predictor).__name__, leaks) == ("LanguageModelPredictor", ())
    assert predictor.estimator.language_model is model


@pytest.mark.parametrize("where", ["local", "host"])
def test_a_replay_pays_nobody_wherever_its_model_lived(config, tmp_path, where):
    host = {"where": where, "name": None, "batch_size": 4}
    raw = {"seed": 0, "language_model": config().language_model, "host": host}
    asked = asking_nobody(raw)
    assert asked["language_model"]["caps"] == raw["language_model"]["caps"] | {"usd": None, "tokens": None, "calls": 0}
    assert asked["host"] == host | {"where": "local"}
    again = config(asked["host"]["where"], language_model=asked["language_model"])
    model = language_model_of(again, [PREDICTOR], tmp_path)
    request = Request(model="fake", messages=(Message("user", "BLEU?"),), temperature=0.0, max_tokens=20)
    with pytest.raises(CapReached):
        model.complete(request)
    model.close()
    assert raw["host"] is host
    assert host["where"] == where


def test_what_has_no_language_model_is_replayed_as_it_was(config):
    raw = {"seed": 0, "language_model": None, "host": {"where": "host"}}
    assert asking_nobody(raw) == raw
    older = asking_nobody({"seed": 0, "language_model": config().language_model})
    assert older["language_model"]["caps"]["calls"] == 0
    assert "host" not in older


def test_limits_and_the_way_to_the_server_alone_may_change(config):
    raw = {"seed": 0, "language_model": config().language_model}
    assert with_changes(raw, []) == raw
    caps = with_changes(raw, ["language_model.caps.usd=2.5", "language_model.caps.calls=null"])["language_model"][
        "caps"
    ]
    assert (caps["usd"], caps["calls"], caps["tokens"]) == (2.5, None, None)
    assert raw["language_model"]["caps"]["usd"] is None
    for word in ("language_model.path=x", "caps.usd=3", "language_model.caps.usd", "language_model.caps.euro=3"):
        with pytest.raises(ConfigError, match=r"cannot be changed in a run that has begun; only ray\.address"):
            with_changes(raw, [word])
    with pytest.raises(ConfigError, match="must give a number, or null"):
        with_changes(raw, ["language_model.caps.usd=much"])
    with pytest.raises(ConfigError, match="must give a whole number, or null"):
        with_changes(raw, ["language_model.caps.tokens=1.5"])
    words = ["language_model.client.base_url=http://127.0.0.1:1/v1", "language_model.client.key_variable=null"]
    served = yaml.safe_load((CONF / "language_model" / "openai.yaml").read_text(encoding="utf-8"))
    client = with_changes({"language_model": served}, words)["language_model"]["client"]
    assert client == served["client"] | {"base_url": "http://127.0.0.1:1/v1", "key_variable": None}
    with pytest.raises(ConfigError, match=r"has no effect: the run has a language model without client.base_url"):
        with_changes(raw, words)
    with pytest.raises(ConfigError, match="has no effect: the run has no language model"):
        with_changes({"language_model": None}, ["language_model.caps.usd=1"])
