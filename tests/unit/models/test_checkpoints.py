"""States are found again by slot and by training; edited pointers are refused; what nobody needs is swept away."""

import dataclasses
import hashlib
import re

import pytest
import safetensors.torch
import torch

from nasray.core.errors import RecordError
from nasray.models.checkpoint_name import CheckpointName, slot_of
from nasray.models.checkpoints import Checkpoints, Kept


class DictStore:
    def __init__(self):
        self.blobs = {}

    def put(self, content):
        address = hashlib.sha256(content).hexdigest()
        self.blobs[address] = content
        return address

    def get(self, address):
        if address not in self.blobs:
            raise RecordError(f"no blob {address}")
        return self.blobs[address]

    def delete(self, address):
        self.blobs.pop(address, None)


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(store=DictStore(), folder=tmp_path / "checkpoints")


def named(slot, origin=None, **changes):
    name = CheckpointName(slot=slot, origin=slot if origin is None else origin, family="f", network="n")
    return dataclasses.replace(name, **changes)


def kept(epoch, value=0.0):
    state = {"epoch": torch.tensor(epoch), "w": torch.full((2, 3), value)}
    return Kept(state=state, layers=("stem", "head"), inherited_share=0.5)


def epoch_of(found):
    return None if found is None else int(found.state["epoch"])


def files(checkpoints):
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_the_latest_state_of_a_slot_comes_back(checkpoints):
    assert checkpoints.latest(named(0), 9) is None
    for epoch in (1, 2):
        checkpoints.save(named(0), kept(epoch, 0.1 * epoch))
    checkpoints.save(named(1), kept(5))
    found = checkpoints.latest(named(0), 9)
    assert found is not None
    assert epoch_of(found) == 2
    assert torch.equal(found.state["w"], torch.full((2, 3), 0.2))
    assert (found.layers, found.inherited_share) == (("stem", "head"), 0.5)
    assert files(checkpoints) == ["slot-0.from-0.f.n.json", "slot-1.from-1.f.n.json"]


def test_a_continuing_slot_finds_the_furthest_useful_state_of_its_training(checkpoints):
    for slot, epoch in ((3, 1), (8, 2), (11, 4)):
        checkpoints.save(named(slot, origin=3), kept(epoch))
    checkpoints.save(named(30), kept(3))
    checkpoints.save(named(5, origin=3, network="other"), kept(3))
    checkpoints.save(named(6, origin=3, family="other"), kept(3))
    later = named(15, origin=3)
    assert [epoch_of(checkpoints.latest(later, at_most)) for at_most in (9, 3, 1, 0)] == [4, 2, 1, None]
    assert epoch_of(checkpoints.latest(named(3), 9)) == 1, "who began looks at its own state only"


def test_a_lost_blob_is_as_if_there_had_been_none(checkpoints):
    checkpoints.save(named(3), kept(1))
    checkpoints.save(named(8, origin=3), kept(2))
    later = named(15, origin=3)
    furthest = checkpoints.store.put(safetensors.torch.save(kept(2).state))
    checkpoints.store.delete(furthest)
    assert epoch_of(checkpoints.latest(later, 2)) == 1
    checkpoints.store.blobs.clear()
    assert checkpoints.latest(later, 2) is None
    with pytest.raises(RecordError, match="no blob"):
        checkpoints.of_slot(8, "f")


def test_a_slots_state_is_found_without_its_network(checkpoints):
    checkpoints.save(named(8, origin=3, network="x"), kept(2))
    checkpoints.save(named(80, network="x"), kept(4))
    assert epoch_of(checkpoints.of_slot(8, "f")) == 2
    assert checkpoints.of_slot(8, "g") is None
    assert checkpoints.of_slot(3, "f") is None


@pytest.mark.parametrize("text", ["{", "[]", '{"other": 1}', "3"])
def test_an_edited_pointer_is_refused(checkpoints, text):
    checkpoints.folder.mkdir()
    (checkpoints.folder / named(0).file_name).write_text(text)
    with pytest.raises(RecordError, match=r"slot-0.* got .*delete it, and the training starts again"):
        checkpoints.latest(named(0), 1)


def test_told_slots_that_nobody_needs_are_swept_away(checkpoints):
    for slot in range(4):
        checkpoints.save(named(slot), kept(1, slot))
    checkpoints.save(named(7), kept(1, 7.0))
    (checkpoints.folder / "slot-1.from-1.f.n.json.123.part").write_text("torn")
    (checkpoints.folder / "slot-7.from-7.f.n.json.123.part").write_text("being written")
    checkpoints.sweep(4, {2}, checkpoints.store.delete)
    assert files(checkpoints) == [
        "slot-2.from-2.f.n.json",
        "slot-7.from-7.f.n.json",
        "slot-7.from-7.f.n.json.123.part",
    ]
    assert len(checkpoints.store.blobs) == 2
    assert checkpoints.of_slot(2, "f") is not None


def test_a_blob_that_two_slots_share_stays_as_long_as_one_is_needed(checkpoints):
    for slot in (0, 1):
        checkpoints.save(named(slot), kept(1, 0.5))
    assert len(checkpoints.store.blobs) == 1
    checkpoints.sweep(2, {1}, checkpoints.store.delete)
    assert epoch_of(checkpoints.of_slot(1, "f")) == 1
    checkpoints.sweep(2, set(), checkpoints.store.delete)
    assert checkpoints.store.blobs == {}
    assert files(checkpoints) == []


def test_superseded_states_go_even_while_the_slot_is_trained(checkpoints):
    for epoch in (1, 2, 2, 3):
        checkpoints.save(named(5), kept(epoch))
    assert len(checkpoints.store.blobs) == 3
    checkpoints.sweep(0, set(), checkpoints.store.delete)
    assert len(checkpoints.store.blobs) == 1
    assert epoch_of(checkpoints.latest(named(5), 9)) == 3


def test_a_sweep_that_is_cut_short_is_finished_by_the_next(checkpoints):
    for slot in range(3):
        checkpoints.save(named(slot), kept(1, slot))
    left = [2]

    def delete(address):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        checkpoints.store.delete(address)

    with pytest.raises(KeyboardInterrupt):
        checkpoints.sweep(3, {0}, delete)
    assert checkpoints.of_slot(0, "f") is not None
    checkpoints.sweep(3, {0}, checkpoints.store.delete)
    assert files(checkpoints) == ["slot-0.from-0.f.n.json"]
    assert len(checkpoints.store.blobs) == 1


def test_file_names():
    assert slot_of(named(12, origin=3).file_name) == 12
    assert slot_of("readme.json") is None
    assert re.fullmatch(r"slot-12\.from-3\.f\.n\.json", named(12, origin=3).file_name)
