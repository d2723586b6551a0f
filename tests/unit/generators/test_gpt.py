import pickle
from dataclasses import replace

import numpy as np
import pytest

from nasray.core.errors import ConfigError, DataError
from nasray.generators.gpt import Gpt
from nasray.models.gpt import UNKNOWN

SETTINGS = {
    "weights": "pretrained",
    "seed": 0,
    "temperature": 1.0,
    "top_k": 0,
    "share": 0.5,
    "batch_size": 4,
    "input_shape": (3, 32, 32),
    "adapt_epochs": 8,
    "adapt_learning_rate": 0.03,
    "leak": "refuse",
}


def gpt(space, folder, **changed):
    return Gpt(space=space, checkpoint=folder, **{**SETTINGS, **changed})


def dice(n):
    return [np.random.default_rng([7, number]) for number in range(n)]


def test_greedy_is_the_same_whatever_the_dice(cells, cell_folder):
    generator = gpt(cells, cell_folder, temperature=0.0)
    one = cells.sample(np.random.default_rng(0))
    first, second = generator.rebuild([one, one], [[True] * 6] * 2, dice(2))
    assert first == second


def test_greedy_takes_the_most_likely_after_what_was_rebuilt(cells, cell_folder):
    generator = gpt(cells, cell_folder, temperature=0.0)
    one = cells.sample(np.random.default_rng(0))
    [rebuilt] = generator.rebuild([one], [[False, True, False, True, True, False]], dice(1))
    sampler, before = generator._mind.sampler, [0]
    for place, gene in enumerate(rebuilt.genes):
        logits = sampler.logits([before])[0]
        if place in (1, 3, 4):
            assert gene == int(np.argmax(logits[3:]))
        before.append(gene + 3)


def test_blocks_follow_the_blocks_before_them(chains, chain_folder):
    generator = gpt(chains, chain_folder, temperature=0.0)
    ends = [chains.from_text(f"{first}-relu-relu-relu") for first in ("inception", "stem", "relu", "conv")]
    rebuilt = generator.rebuild(ends, [[False, True, True, True]] * 4, dice(4))
    assert all(one.genes[0] == other.genes[0] for one, other in zip(ends, rebuilt, strict=True))
    assert len({one.genes[1:] for one in rebuilt}) > 1


def test_it_writes_chains_from_nothing(chains, chain_folder):
    for one in gpt(chains, chain_folder).propose([], 5, np.random.default_rng(0)):
        chains.validate(one)


def test_without_a_share_the_context_comes_back(cells, cell_folder):
    context = [cells.sample(np.random.default_rng(0))]
    assert gpt(cells, cell_folder, share=0.0).propose(context, 3, np.random.default_rng(0)) == context * 3


def test_random_weights_are_those_of_the_seed(cells, cell_folder):
    def written(**changed):
        return gpt(cells, cell_folder, **changed).propose([], 8, np.random.default_rng(0))

    assert written(weights="random") == written(weights="random") != written(weights="random", seed=1)
    assert written() == written(seed=1)


@pytest.mark.parametrize("kind", ["cells", "chains"])
def test_it_learns_from_what_it_is_shown_and_forgets_it_again(kind, request):
    space, folder = request.getfixturevalue(kind), request.getfixturevalue(f"{kind[:-1]}_folder")
    generator = gpt(space, folder)
    shown = space.sample(np.random.default_rng(3))
    mask = [[True] * len(space.unit_layers(shown))] * 12
    before = generator.rebuild([shown] * 12, mask, dice(12))
    generator.adapt([shown] * 6)
    learnt = generator.rebuild([shown] * 12, mask, dice(12))

    def alike(made):
        return np.mean([np.equal(one.genes, shown.genes).mean() for one in made])

    assert alike(learnt) > alike(before) + 0.2
    assert pickle.loads(pickle.dumps(generator)).rebuild([shown] * 12, mask, dice(12)) == learnt
    generator.adapt([shown] * 6)
    assert generator.rebuild([shown] * 12, mask, dice(12)) == learnt, "it did not begin again"
    generator.adapt([])
    assert generator.rebuild([shown] * 12, mask, dice(12)) == before


def test_layers_that_the_vocabulary_lacks_are_unknown_and_told_once(chains, of_chains, tmp_path, caplog):
    few = tuple(f"word {number}" for number in range(len(of_chains.words)))
    replace(of_chains, words=few).write(tmp_path / "few")
    generator = gpt(chains, str(tmp_path / "few"))
    chain = chains.from_text("relu-relu-relu")
    assert set(generator._writer.sequence(chain)) == {UNKNOWN}
    told = caplog.messages
    assert len(told) == len(set(told)) > 0
    assert "generator gpt: encode-decode loss: layer 'other name=relu channels=x1' is not among the" in "".join(told)
    generator._writer.sequence(chain)
    assert caplog.messages == told


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"weights": "good"}, r"weights \('good'\) must be one of pretrained, random"),
        ({"seed": -1}, r"seed \(-1\) must not be negative"),
        ({"temperature": -1.0}, r"temperature \(-1.0\) must not be negative"),
        ({"top_k": -1}, r"top_k \(-1\) must be at least 1, or 0"),
        ({"batch_size": 0}, r"batch_size \(0\) must be at least 1"),
        ({"share": 2.0}, r"share \(2.0\) must be between"),
        ({"adapt_epochs": -1}, r"epochs \(-1\) must be at least 0"),
        ({"adapt_learning_rate": 0.0}, r"learning_rate \(0.0\) must be above 0"),
    ],
)
def test_impossible_settings(cells, cell_folder, changed, match):
    with pytest.raises(ConfigError, match=match):
        gpt(cells, cell_folder, **changed)


def test_a_checkpoint_of_another_vocabulary(chains, cell_folder):
    with pytest.raises(DataError, match=r"generator gpt: checkpoint .* does not serve BlockChain"):
        gpt(chains, cell_folder)


def test_labels_that_were_seen_are_refused_or_marked(cells, taught_folder):
    with pytest.raises(ConfigError, match=r"cells was trained on nasbench201.cifar10_valid_200, .* set leak=allow"):
        gpt(cells, taught_folder)
    assert gpt(cells, taught_folder, leak="allow").card.seen[0].table == "nasbench201"
