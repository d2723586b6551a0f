"""All that reaches disk comes back as it was."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from nasray.core.architecture import Architecture
from nasray.core.event_log import Past
from nasray.core.fidelity import Fidelity
from nasray.core.measurement import Cost, Failure, Measurement, result_from_json, result_to_json
from nasray.core.principles import Principles
from nasray.core.proposal import Proposal
from nasray.records.journal import Journal, read_journal
from nasray.records.snapshot import read_snapshot, write_snapshot

integers = st.integers(-(2**63), 2**63 - 1)
finite = st.floats(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
seconds = st.floats(0, 1e9)
slots = st.integers(0, 2**40)
architectures = st.builds(Architecture, st.lists(integers, max_size=8).map(tuple))
fidelities = st.builds(Fidelity, st.integers(1, 1_000))
json_values = st.recursive(
    st.none() | st.booleans() | integers | finite | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
proposals = st.builds(
    Proposal,
    slots,
    architectures,
    text,
    st.lists(slots, max_size=3).map(tuple),
    fidelity=st.none() | fidelities,
    continues=st.none() | slots,
    inherits=st.none() | slots,
    predicted=st.lists(st.integers(0, 100), max_size=3).map(tuple),
    raw=st.none() | architectures,
    notes=st.none() | st.dictionaries(text, json_values, max_size=3),
)
costs = st.builds(Cost, seconds, seconds)
curves = st.lists(st.tuples(st.integers(0, 1_000), finite), max_size=3).map(tuple)
measurements = st.builds(Measurement, finite, costs, curves, st.dictionaries(text, finite, max_size=3), text)
kinds = st.sampled_from(["exception", "timeout", "worker_died", "out_of_memory", "not_finite"])
results = st.builds(Measurement, finite) | measurements | st.builds(Failure, kinds, text, text, costs, text)
asks = st.tuples(slots, st.lists(proposals, min_size=1, max_size=3))
arrivals = st.lists(st.tuples(slots, results), min_size=1, max_size=3)
events = st.lists(asks.map(lambda ask: ("asked", *ask)) | arrivals.map(lambda pairs: ("arrived", pairs)), max_size=6)


def through_json(data):
    return orjson.loads(orjson.dumps(data))


@given(architectures)
def test_architectures(one):
    assert Architecture.from_json(through_json(one.to_json())) == one


@given(fidelities)
def test_fidelities(one):
    assert Fidelity.from_json(through_json(one.to_json())) == one


@given(proposals)
def test_proposals(one):
    assert Proposal.from_json(through_json(one.to_json())) == one


@given(results)
def test_results_bit_by_bit(one):
    again = result_from_json(through_json(result_to_json(one)))
    assert again == one
    if isinstance(one, Measurement):
        assert again.value.hex() == one.value.hex()


choices = st.lists(st.lists(st.integers(0, 9), max_size=4).map(tuple), max_size=4).map(tuple)


@given(st.builds(Principles, text, choices, choices))
def test_principles(one):
    assert Principles.from_json(through_json(one.to_json())) == one


def written(path, story):
    """A journal of ``story`` and the Past it should give; slots are those of the events, whatever they are."""
    path.unlink(missing_ok=True)
    journal, past = Journal(path, fsync=False), Past()
    for event in story:
        if event[0] == "asked":
            journal.asked(event[1], event[2])
            past.asks.append((event[1], event[2]))
        else:
            pairs = dict(event[1])
            journal.arrived(list(pairs), list(pairs.values()), 1.5)
            past.results.update(pairs)
            past.wall_seconds = 1.5
    journal.commit(durable=True)
    journal.close()
    return past


@given(events)
def test_journals(tmp_path_factory, story):
    path = tmp_path_factory.getbasetemp() / "round-trip.jsonl"
    assert written(path, story) == read_journal(path)[0]


@given(events, events)
def test_snapshots_shorten_a_replay_and_change_nothing(tmp_path_factory, story, more):
    path = tmp_path_factory.getbasetemp() / "snapped.jsonl"
    snapshot = path.with_suffix(".json")
    written(path, story)
    past, tail = read_journal(path)
    write_snapshot(snapshot, past, tail)
    kept = read_snapshot(snapshot)
    assert kept == (past, tail)
    journal = Journal(path, fsync=False, tail=tail)
    for event in more:
        if event[0] == "asked":
            journal.asked(event[1], event[2])
    journal.commit(durable=True)
    journal.close()
    assert read_journal(path, kept) == read_journal(path)


@given(st.data())
def test_a_damaged_snapshot_never_harms(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "damaged.jsonl"
    snapshot = path.with_suffix(".json")
    written(path, data.draw(events))
    truth = read_journal(path)
    write_snapshot(snapshot, *read_journal(path))
    content = bytearray(snapshot.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    damage = data.draw(st.sampled_from(["cut", "flip", "foreign", "missing", "empty"]))
    if damage == "foreign":
        written(path, data.draw(events))
        truth = read_journal(path)
    elif damage == "missing":
        snapshot.unlink()
    else:
        content[at] ^= data.draw(st.integers(1, 255))
        snapshot.write_bytes({"cut": content[:at], "flip": content, "empty": b""}[damage])
    assert read_journal(path, read_snapshot(snapshot)) == truth
