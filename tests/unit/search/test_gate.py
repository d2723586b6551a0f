"""The one gate."""

from nasray.core.architecture import Architecture
from nasray.core.fidelity import Fidelity
from nasray.core.proposal import Proposal
from nasray.core.seeds import Streams
from nasray.search.gate import Gate
from nasray.spaces.nasbench201 import NasBench201

SPACE = NasBench201(channels=8, cells_per_stage=1)


def test_a_valid_proposal_goes_through_untouched():
    proposal = Proposal(3, Architecture((0, 1, 2, 3, 4, 0)))
    assert Gate(SPACE, Streams(0, "repair")).passed([proposal])[0] is proposal


def test_an_invalid_one_is_repaired_and_its_raw_form_kept():
    raw = Architecture((4, 9, 3))
    proposal = Proposal(3, raw, "generated", (1,), Fidelity(12), notes={"score": 0.5})
    let_through = Gate(SPACE, Streams(0, "repair")).passed([proposal])[0]
    assert let_through.raw == raw
    assert let_through.architecture.genes[0::2][:2] == (4, 3)
    SPACE.validate(let_through.architecture)
    kept = (let_through.slot, let_through.operation, let_through.parents, let_through.fidelity, let_through.notes)
    assert kept == (3, "generated", (1,), Fidelity(12), {"score": 0.5})


def test_a_raw_form_beyond_json_is_recorded_at_the_limit():
    through = Gate(SPACE, Streams(0, "repair")).passed([Proposal(0, Architecture((2**70, -(2**70), 1)))])[0]
    assert through.raw == Architecture((2**53, -(2**53), 1))


def test_a_repair_depends_on_seed_and_slot_only():
    def repaired(gate, slot):
        return gate.passed([Proposal(slot, Architecture(()))])[0].architecture

    one, other = Gate(SPACE, Streams(0, "repair")), Gate(SPACE, Streams(0, "repair"))
    assert [repaired(one, slot) for slot in range(9)] == [repaired(other, slot) for slot in reversed(range(9))][::-1]
    assert len({repaired(one, slot) for slot in range(9)}) > 5
