"""Members of a supernet: cut out exactly, as large as the cost model says, causal, deaf to padding."""

import numpy as np
import pytest
import torch

from nasray.models.hat_supernet import HatSupernet
from nasray.models.hat_transformer import BEGIN, PAD, HatTransformer
from nasray.models.supernet_members import extreme
from nasray.spaces.hat import Hat
from nasray.spaces.hat_shape import HatShape

VOCABULARY = 23
LISTS = {
    "encoder_dims": (12, 8),
    "encoder_layers": (3,),
    "encoder_ffn_dims": (16, 8),
    "encoder_heads": (4, 2),
    "decoder_dims": (12, 8),
    "decoder_layers": (2, 1),
    "decoder_ffn_dims": (16, 8),
    "decoder_heads": (4, 2),
    "cross_heads": (4, 2),
    "cross_reach": (-1, 1, 2),
}
SMALL = Hat(**LISTS, qkv_dim=8)
PAPER = Hat(
    **{
        **LISTS,
        "encoder_dims": (640, 512),
        "encoder_layers": (6,),
        "encoder_ffn_dims": (3072, 1024),
        "decoder_dims": (640, 512),
        "decoder_layers": (6, 3, 1),
        "decoder_ffn_dims": (3072, 1024),
        "encoder_heads": (8, 4),
    },
    qkv_dim=512,
)


@pytest.fixture(scope="module")
def supernet() -> HatSupernet:
    rng = torch.Generator().manual_seed(3)
    return HatSupernet(extreme(SMALL.choices, max), 8, VOCABULARY, 0.1, rng).eval()


@pytest.fixture(scope="module")
def sentences() -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(4)
    source, target = (torch.randint(3, VOCABULARY, (4, n), generator=rng) for n in (6, 5))
    source[2, 3:] = PAD
    target[:, 0] = BEGIN
    return source, target


def shapes(n: int) -> list[HatShape]:
    rng = np.random.default_rng(0)
    return [SMALL.shape(SMALL.sample(rng)) for _ in range(n)]


def test_an_extracted_member_equals_the_shared_forward_to_the_bit(supernet, sentences):
    for dims in (*shapes(20), extreme(SMALL.choices, max), extreme(SMALL.choices, min)):
        with torch.no_grad():
            assert torch.equal(supernet.extract(dims)(*sentences), supernet(dims, *sentences))


def test_the_widest_member_is_the_whole_network(supernet, sentences):
    with torch.no_grad():
        assert torch.equal(supernet(extreme(SMALL.choices, max), *sentences), supernet.network(*sentences))


def test_an_extracted_member_shares_no_memory(supernet, sentences):
    member = supernet.extract(extreme(SMALL.choices, min))
    shared = {weight.untyped_storage().data_ptr() for weight in supernet.parameters()}
    assert not any(weight.untyped_storage().data_ptr() in shared for weight in member.parameters())


def test_gradients_reach_the_corner_of_a_member_and_nothing_else(supernet, sentences):
    dims = extreme(SMALL.choices, min)
    supernet.zero_grad()
    supernet(dims, *sentences).logsumexp(-1).sum().backward()
    first = supernet.network.encoder[0].ffn.widen.weight.grad
    assert first[:8, :8].abs().sum() > 0
    assert first[8:].abs().sum() == first[:, 8:].abs().sum() == 0
    assert supernet.network.decoder[1].ffn.widen.weight.grad is None


def test_weights_are_those_that_the_cost_model_counts():
    rng = np.random.default_rng(1)
    for _ in range(10):
        architecture = PAPER.sample(rng)
        dims = PAPER.shape(architecture)
        with torch.device("meta"):
            network = HatTransformer(dims, 512, 32_768, 0.0)
        weights = sum(weight.numel() for weight in network.parameters())
        table = 32_768 * max(dims.encoder_dim, dims.decoder_dim)
        assert weights - table == PAPER.cost(architecture, 32_768).parameters


def test_a_word_changes_nothing_before_it(supernet, sentences):
    source, target = sentences
    changed = target.clone()
    changed[:, 3] = (changed[:, 3] + 1).clamp(max=VOCABULARY - 1)
    for dims in shapes(5):
        with torch.no_grad():
            one, other = supernet(dims, source, target), supernet(dims, source, changed)
        assert torch.equal(one[:, :3], other[:, :3])
        assert not torch.equal(one[:, 3:], other[:, 3:])


def test_filling_changes_no_meaning(supernet, sentences):
    source, target = sentences
    longer = torch.cat((source, torch.full((4, 3), PAD)), 1)
    for dims in shapes(5):
        with torch.no_grad():
            torch.testing.assert_close(supernet(dims, longer, target), supernet(dims, source, target))


def test_a_decoder_layer_reads_as_many_encoder_layers_as_it_should(supernet, sentences):
    source, _ = sentences
    for dims in shapes(8):
        memory = supernet.extract(dims).encode(source)
        assert [read.keys.shape[2] for read in memory.read] == [6 * n for n in dims.attended]
        assert [seen.shape[-1] for seen in memory.seen] == [6 * n for n in dims.attended]


def test_words_one_at_a_time_get_the_logits_of_all_at_once(supernet, sentences):
    source, target = sentences
    for dims in shapes(5):
        network = supernet.extract(dims)
        memory, past, steps = network.encode(source), None, []
        for place in range(target.shape[1]):
            logits, past = network.decode(target[:, place : place + 1], memory, past)
            steps.append(logits)
        torch.testing.assert_close(torch.cat(steps, 1), network(source, target))


def test_the_same_seed_draws_the_same_weights():
    def table(seed: int) -> torch.Tensor:
        rng = torch.Generator().manual_seed(seed)
        return HatSupernet(extreme(SMALL.choices, max), 8, VOCABULARY, 0.0, rng).network.embedding.weight

    assert torch.equal(table(1), table(1))
    assert not torch.equal(table(1), table(2))
