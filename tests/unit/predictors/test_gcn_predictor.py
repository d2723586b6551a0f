"""What is special about the predictors of graphs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save

from nasray.core.card import Card, Seen, space_name
from nasray.core.errors import CapabilityError, ConfigError, DataError
from nasray.core.graph_batch import GraphBatch
from nasray.models.assets import read_asset, write_asset
from nasray.models.gcn import Gcn as Network
from nasray.models.gcn import GcnShape
from nasray.predictors.gcn import Gcn
from nasray.predictors.graph_scorer import FLOOR
from nasray.predictors.operator_embeddings import TABLE, OperatorEmbeddings, shipped_table
from nasray.predictors.parameters import Parameters
from nasray.predictors.pretrained_gcn import PretrainedGcn
from nasray.spaces.cell_space import CellSpace
from nasray.spaces.nasbench201 import NasBench201

CONF = Path(__file__).resolve().parents[3] / "conf"
SPACE = NasBench201(channels=4, cells_per_stage=1)
DEAD = SPACE.from_text("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
SHAPE = GcnShape(
    width=4, layers=1, both_directions=False, normalisation="none", node_norm="none", readout="sum", dropout=0.0
)


def settings(**changes):
    whole = yaml.safe_load((CONF / "predictor" / "gcn.yaml").read_text(encoding="utf-8"))
    whole.pop("_target_")
    return whole | {"epochs": 3, "width": 8} | changes


def sampled(n, seed=0, space=SPACE):
    rng = np.random.default_rng(seed)
    return [space.sample(rng) for _ in range(n)]


def fitted(**changes):
    predictor = Gcn(space=SPACE, **settings(**changes))
    predictor.fit(sampled(20), np.arange(20.0))
    return predictor


@pytest.mark.parametrize("flow", [False, True])
def test_plain_graphs_score_like_their_architectures(flow):
    predictor, asked = fitted(data_flow=flow), sampled(9, seed=1)
    operators = tuple(SPACE.operator_descriptions())
    batch = GraphBatch.of([SPACE.graph(one) for one in asked], operators)
    np.testing.assert_array_equal(predictor.predict_graphs(batch), predictor.predict(asked))


def test_a_mixture_lies_between_its_operators_or_near():
    """The first step of a supernet: half convolution, half pooling on every edge; a finite score of its own."""
    predictor = fitted()
    operators = tuple(SPACE.operator_descriptions())
    batch = GraphBatch.of([SPACE.graph(one) for one in sampled(2, seed=3)], operators)
    mixture = batch.mixture.copy()
    mixture[0, 1:7] = mixture[1, 1:7] = 0
    mixture[:, 1:7, operators.index("nor_conv_3x3")] = 0.5
    mixture[:, 1:7, operators.index("avg_pool_3x3")] = 0.5
    scores = predictor.predict_graphs(GraphBatch(operators, mixture, batch.adjacency))
    assert np.isfinite(scores).all()
    assert scores[0] == scores[1]


def test_a_cell_that_passes_nothing_on_scores_the_floor():
    assert fitted(data_flow=True).predict([DEAD]).tolist() == [FLOOR]


def test_members_are_averaged_and_their_spread_is_the_uncertainty():
    three, asked = fitted(members=3), sampled(5, seed=1)
    alone = [fitted(seed=seed).predict(asked) for seed in range(3)]
    np.testing.assert_allclose(three.predict(asked), np.mean(alone, axis=0), rtol=1e-6)
    np.testing.assert_allclose(three.uncertainty(asked), np.std(alone, axis=0), rtol=1e-4, atol=1e-6)
    assert not fitted().uncertainty(asked).any()


def test_scores_of_other_predictors_are_inputs():
    counted = Parameters(space=SPACE, input_shape=(3, 8, 8), n_classes=10)
    with_counts, asked = fitted(features=[counted], epochs=30), sampled(30, seed=1)
    assert np.isfinite(with_counts.predict(asked)).all()
    with pytest.raises(CapabilityError, match="gcn has features"):
        with_counts.predict_graphs(GraphBatch.of([], tuple(SPACE.operator_descriptions())))
    other = Gcn(space=SPACE, **settings(features=[counted]))
    other.load(with_counts.state())
    np.testing.assert_array_equal(other.predict(asked), with_counts.predict(asked))


@pytest.mark.parametrize("n", [1, 20])
def test_equal_lessons_teach_no_order(n):
    predictor = Gcn(space=SPACE, **settings(members=2))
    predictor.fit(sampled(n), np.full(n, 5.0))
    assert not predictor.predict(sampled(9, seed=1)).any()
    assert not predictor.uncertainty(sampled(9, seed=1)).any()


def test_graphs_over_other_operators_are_refused():
    with pytest.raises(DataError, match="gcn got graphs over"):
        fitted().predict_graphs(GraphBatch.of([], ("input", "output")))


def test_it_must_learn_first():
    with pytest.raises(CapabilityError, match="before it learnt anything"):
        Gcn(space=SPACE, **settings()).predict(sampled(1))


@pytest.mark.parametrize(
    ("values", "message"),
    [([1.0], "2 architectures and values of shape"), ([1.0, float("nan")], "not finite")],
)
def test_lessons_that_are_none_are_refused(values, message):
    with pytest.raises(DataError, match=message):
        Gcn(space=SPACE, **settings()).fit(sampled(2), np.array(values))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": 0}, "Gcn members"),
        ({"seed": -1}, "Gcn seed"),
        ({"target": "logits"}, "Gcn target"),
        ({"wording": "epic"}, "embedding wording"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        Gcn(space=SPACE, **settings(**change))


def test_a_state_of_another_embedding_is_refused():
    with pytest.raises(DataError, match="weights of another network"):
        fitted().load(fitted(wording="one_hot").state())


def test_a_state_that_is_none_is_refused():
    with pytest.raises(DataError, match=r"gcn got 4 bytes that are no state \(.*\); load what state\(\) of a gcn gave"):
        fitted().load(b"junk")
    with pytest.raises(DataError, match=r"weights of no network of its kind \(line\); load"):
        fitted().load(save({"line": torch.zeros(3)}))


# Embeddings


def test_words_alike_are_embedded_alike():
    vectors = OperatorEmbeddings(wording="short", sentence_model=None).table(SPACE.operator_descriptions())
    at = dict(zip(SPACE.operator_descriptions(), vectors, strict=True))
    conv1, conv3, pool = (at[name] for name in ("nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"))
    assert float(conv3 @ conv1) == pytest.approx(0.751, abs=0.001)  # all-MiniLM-L6-v2 of 2026-11-22
    assert float(conv3 @ conv1) > float(conv3 @ pool)


def own_space():
    described = {"short": "Shuffle of channels", "medium": "m", "long": "l"}
    return CellSpace(
        nodes=2,
        edges=None,
        operators={"skip": {"operator": "identity"}, "shuffle": {"operator": "relu", "description": described}},
        merge="sum",
        channels=4,
        stages=1,
        cells_per_stage=1,
    )


@pytest.mark.parametrize("wording", ["short", "one_hot"])
def test_a_new_operator_without_a_model_is_refused(wording):
    with pytest.raises(
        CapabilityError, match=r"\['Shuffle of channels'\] are not in the shipped table.*set sentence_m"
    ):
        Gcn(space=own_space(), **settings(wording=wording))


def test_a_model_that_is_not_there_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ConfigError, match="cannot be loaded"):
        Gcn(space=own_space(), **settings(sentence_model=str(tmp_path)))


@pytest.fixture(scope="module")
def small_model(tmp_path_factory) -> str:
    """The folder of an encoder with random weights, length 8."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    said = " ".join(one["short"] for one in SPACE.operator_descriptions().values())
    words = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *said.lower().split(), "shuffle"])
    BertTokenizerFast(vocab={word: number for number, word in enumerate(words)}).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        BertModel(config).save_pretrained(folder)
    return str(folder)


def test_another_model_embeds_all_operators(small_model):
    said = SPACE.operator_descriptions()
    embeddings = OperatorEmbeddings(wording="short", sentence_model=small_model)
    table = embeddings.table(said)
    assert (embeddings.name, embeddings.n_features, table.shape) == (small_model, 8, (len(said), 8))
    assert len(table.unique(dim=0)) == len(said)
    assert fitted(sentence_model=small_model).predict(sampled(2)).shape == (2,)


def test_the_tables_own_model_embeds_what_the_table_lacks(small_model, monkeypatch):
    from nasray.predictors import operator_embeddings

    known = ("Residual connection", "Input", "Output")
    vectors = OperatorEmbeddings(wording="short", sentence_model=small_model).table(
        {one: {"short": one} for one in known}
    )
    monkeypatch.setattr(operator_embeddings, "shipped_table", lambda: (vectors, {"short": [*known]}))
    embeddings = OperatorEmbeddings(wording="short", sentence_model=small_model)
    table = embeddings.table({"skip": {"short": known[0]}, "new": {"short": "Shuffle of channels"}})
    assert embeddings.name == TABLE
    assert torch.equal(table[0], vectors[0])
    assert table.norm(dim=1).tolist() == pytest.approx([1.0, 1.0])


def test_a_checkpoint_is_not_shown_what_another_model_says(small_model, tmp_path):
    with pytest.raises(DataError, match=f"was trained on the embeddings {TABLE}, and those at hand are {small_model}"):
        PretrainedGcn(space=SPACE, **checkpoint(tmp_path) | {"sentence_model": small_model})


# Checkpoints


def checkpoint(folder, *, seen="nasray.spaces.nasbench101.NasBench101", embeddings=TABLE, width=384, facts=None):
    network = Network(SHAPE, width, 0, torch.Generator().manual_seed(0))
    tensors = {f"0.{name}": one for name, one in network.state_dict().items()}
    shape = {name: getattr(SHAPE, name) for name in SHAPE.__dataclass_fields__}
    reads = {"embeddings": embeddings, "wording": "short", "data_flow": True}
    whole = {"shape": shape, "reads": reads} if facts is None else facts
    write_asset(folder, tensors, Card("gcn_test", "none", (Seen(seen, "some", "column", 1),), whole).to_json())
    return {"checkpoint": str(folder), "sentence_model": None, "leak": "refuse"}


def test_a_checkpoint_scores_where_it_has_not_been(tmp_path):
    predictor = PretrainedGcn(space=SPACE, **checkpoint(tmp_path))
    asked = sampled(6)
    assert predictor.leaks is False
    assert predictor.predict(asked).shape == (6,)
    assert not predictor.uncertainty(asked).any()
    np.testing.assert_array_equal(predictor.member(0).predict(asked), predictor.predict(asked))
    with pytest.raises(ConfigError, match=r"member \(1\) must be between 0 and 0"):
        predictor.member(1)


def test_a_checkpoint_that_knows_the_cells_is_refused_or_marked(tmp_path):
    chosen = checkpoint(tmp_path, seen=space_name(SPACE))
    with pytest.raises(ConfigError, match=r"gcn_test was trained on some\.column"):
        PretrainedGcn(space=SPACE, **chosen)
    assert PretrainedGcn(space=SPACE, **chosen | {"leak": "allow"}).leaks is True


def test_a_checkpoint_for_another_embedding_is_refused(tmp_path):
    with pytest.raises(DataError, match="was trained on the embeddings mpnet"):
        PretrainedGcn(space=SPACE, **checkpoint(tmp_path / "a", embeddings="mpnet"))
    with pytest.raises(DataError, match="weights of another network"):
        PretrainedGcn(space=SPACE, **checkpoint(tmp_path / "b", width=64))


def test_a_card_without_settings_is_refused(tmp_path):
    with pytest.raises(DataError, match="must say shape and reads"):
        PretrainedGcn(space=SPACE, **checkpoint(tmp_path, facts={}))


def test_the_weights_of_a_generator_are_refused():
    fitting = "gcn_nasbench101, .*gcn_transnas_darts,"
    with pytest.raises(DataError, match=f"gpt_layers is that of a generator, and a predictor asks .*one of {fitting}"):
        PretrainedGcn(space=SPACE, checkpoint="gpt_layers", sentence_model=None, leak="refuse")


def test_an_asset_that_is_not_there_or_damaged_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"there is no asset 'nothing': name one of .*operator_embeddings"):
        read_asset("nothing")
    checkpoint(tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"torn")
    with pytest.raises(DataError, match="is damaged"):
        read_asset(str(tmp_path))


def test_shipped_checkpoints_are_small_and_say_what_they_saw():
    assets = CONF.parent / "nasray" / "assets"
    for folder in [assets / TABLE, *sorted(assets.glob("gcn_*"))]:
        card = Card.from_json(json.loads((folder / "card.json").read_text(encoding="utf-8")))
        assert card.command.startswith("python experiments/")
        assert card.seen or folder.name == TABLE
        assert not any("nasbench201" in one.table for one in card.seen)
        assert sum(path.stat().st_size for path in folder.iterdir()) < 5_000_000
    assert shipped_table()[0].shape[1] == 384
