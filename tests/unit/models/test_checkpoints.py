"""States are found again by name; edited pointers are refused."""

import hashlib

import pytest
import torch

from nasray.core.errors import RecordError
from nasray.models.checkpoints import Checkpoints


class DictStore:
    def __init__(self):
        self.blobs = {}

    def put(self, content):
        address = hashlib.sha256(content).hexdigest()
        self.blobs[address] = content
        return address

    def get(self, address):
        return self.blobs[address]


def test_the_latest_state_of_a_name_comes_back(tmp_path):
    checkpoints = Checkpoints(store=DictStore(), folder=tmp_path / "checkpoints")
    assert checkpoints.load("slot-0") is None
    for epoch in (1, 2):
        checkpoints.save("slot-0", {"epoch": torch.tensor(epoch), "w": torch.full((2, 3), 0.1 * epoch)})
    checkpoints.save("slot-1", {"epoch": torch.tensor(9)})
    state = checkpoints.load("slot-0")
    assert state is not None
    assert int(state["epoch"]) == 2
    assert torch.equal(state["w"], torch.full((2, 3), 0.2))
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["slot-0.json", "slot-1.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"other": 1}'])
def test_an_edited_pointer_is_refused(tmp_path, text):
    (tmp_path / "slot-0.json").write_text(text)
    with pytest.raises(RecordError, match=r"slot-0.json got .* it must hold .*delete it, and the training"):
        Checkpoints(store=DictStore(), folder=tmp_path).load("slot-0")
