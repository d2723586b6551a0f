"""Counter-based streams."""

import hashlib
import pickle

import numpy as np
import pytest

from nasray.core.errors import ConfigError
from nasray.core.seeds import Streams, key_of


def test_golden_numbers():
    # Frozen: every archive hash on record depends on them. Made again, without nasray, by
    #   python -c "import hashlib, numpy as np; k = int.from_bytes(hashlib.blake2b(b'0/strategy', digest_size=16)
    #   .digest(), 'little'); print(np.random.Generator(np.random.Philox(key=k, counter=[0, 0, SLOT, 0])).random(3))"
    assert key_of(0, "strategy") == 0xBD0F6CC93B60D5423844C615E38D72E6
    streams = Streams(0, "strategy")
    assert streams.at(0).random(3).tolist() == [0.5619770653924893, 0.08691733033271154, 0.21351852759779388]
    assert streams.at(1).random(2).tolist() == [0.04309845566944037, 0.9705135389260727]
    assert streams.at(0).integers(0, 1000, 4).tolist() == [962, 561, 234, 86]
    assert streams.integer(7) == 4890060449163534739
    assert Streams(1, "strategy").at(0).random() == 0.40801290922149225
    assert Streams(0, "evaluator").at(0).random() == 0.6946086808088534


@pytest.mark.parametrize("slot", [0, 1, 7, 2**40])
def test_a_slot_is_one_word_of_the_counter(slot):
    key = int.from_bytes(hashlib.blake2b(b"5/repair", digest_size=16).digest(), "little")
    plain = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, slot, 0]))
    assert Streams(5, "repair").at(slot).random(9).tolist() == plain.random(9).tolist()


def test_numbers_depend_on_the_slot_and_not_on_what_was_drawn_before():
    streams = Streams(3, "strategy")
    forwards = {slot: streams.at(slot).random(5).tolist() for slot in range(20)}
    streams.at(4).standard_normal(1001)
    streams.at(5).integers(0, 10, 3, dtype=np.int32)  # leaves half a word in numpy's buffer
    backwards = {slot: streams.at(slot).random(5).tolist() for slot in reversed(range(20))}
    assert backwards == forwards
    assert len({tuple(numbers) for numbers in forwards.values()}) == 20


def test_half_a_word_left_over_does_not_reach_the_next_slot():
    streams = Streams(3, "strategy")
    expected = streams.fresh(1).integers(0, 10, 5, dtype=np.int32).tolist()
    streams.at(0).integers(0, 10, 3, dtype=np.int32)
    assert streams.at(1).integers(0, 10, 5, dtype=np.int32).tolist() == expected


def test_at_equals_fresh():
    streams = Streams(3, "strategy")
    assert streams.at(8).random(6).tolist() == streams.fresh(8).random(6).tolist()


def test_at_is_one_generator_and_fresh_are_many():
    streams = Streams(3, "strategy")
    assert streams.at(1) is streams.at(2)
    first, second = streams.fresh(1), streams.fresh(2)
    alone = streams.fresh(1).random(4).tolist()
    assert [x for _ in range(4) for x in (float(first.random()), second.random() * 0)][::2] == alone


def test_seeds_and_parts_have_streams_of_their_own():
    firsts = {Streams(seed, part).at(0).random() for seed in range(10) for part in ("strategy", "repair", "evaluator")}
    assert len(firsts) == 30


def test_it_pickles_as_what_it_was_made_from():
    streams = Streams(3, "strategy")
    streams.at(9).random(5)
    copy = pickle.loads(pickle.dumps(streams))
    assert (copy.seed, copy.part) == (3, "strategy")
    assert copy.at(2).random(3).tolist() == streams.at(2).random(3).tolist()
    assert len(pickle.dumps(streams)) < 200


def test_integers_are_seeds():
    seeds = [Streams(0, "evaluator").integer(slot) for slot in range(100)]
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert len(set(seeds)) == 100


def test_a_negative_seed_is_refused():
    with pytest.raises(ConfigError, match=r"seed \(-1\) must not be negative"):
        Streams(-1, "strategy")
