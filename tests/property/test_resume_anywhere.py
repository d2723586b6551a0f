"""A run that is killed at any moment, and resumed, finds what it would have found."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasray.core.budget import Budget
from nasray.core.seeds import Streams
from nasray.evaluators.failing import Failing
from nasray.evaluators.synthetic import Synthetic
from nasray.records.journal import Journal, read_journal
from nasray.records.run_folder import RunFolder
from nasray.search.archive import archive_hash
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator
from nasray.spaces.nasbench201 import NasBench201
from nasray.strategies.regularized_evolution import RegularizedEvolution

SPACE = NasBench201(channels=8, cells_per_stage=1)
N = 16


class Recorder:
    """The evaluator; ``slots`` is what it was asked to measure."""

    metric, chunk_size = "score", 4

    def __init__(self):
        self.inner = Failing(inner=Synthetic(n_choices=5, chunk_size=4), share=0.15, kind="exception")
        self.slots = set()

    def evaluate(self, proposals, streams):
        self.slots |= {one.slot for one in proposals}
        return self.inner.evaluate(proposals, streams)


def run(journal, width, workers, past=None):
    """The hash of a search that goes on from ``past``, and the slots it evaluated."""
    strategy = RegularizedEvolution(space=SPACE, population_size=6, tournament_size=3)
    budget = Budget(evaluations=N)
    search = Search(space=SPACE, strategy=strategy, budget=budget, width=width, seed=0, log=journal, past=past)
    evaluator = Recorder()
    Simulator(workers=workers).run(search, lambda: evaluator, Streams(0, "evaluator"))
    journal.close()
    assert search.finished
    return archive_hash(search.outcomes), evaluator.slots


@pytest.mark.parametrize("width", [1, 5])
def test_cut_at_every_byte(tmp_path, width):
    path, cut = tmp_path / "journal.jsonl", tmp_path / "cut.jsonl"
    whole, _ = run(Journal(path, fsync=False), width, workers=2)
    content = path.read_bytes()
    seen = {}
    for n_bytes in range(content.index(b"\n") + 1, len(content) + 1):
        # What is read is what ends in a newline (tests/unit/records/test_journal.py): the resumed run is the same.
        end = content.rfind(b"\n", 0, n_bytes) + 1
        cut.write_bytes(content[:n_bytes])
        past, tail = read_journal(cut)
        assert tail.n_bytes == end
        if end not in seen:
            known = set(past.results)
            seen[end] = run(Journal(cut, fsync=False, tail=tail), width, workers=1, past=past)
            assert seen[end][0] == whole, f"cut at byte {n_bytes}, it finds something else"
            assert seen[end][1] == set(range(N)) - known, f"cut at byte {n_bytes}, it evaluates known slots, or too few"
            assert set(read_journal(cut)[0].results) == set(range(N))
    assert len(seen) == content.count(b"\n")


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 3)), max_size=4), st.sampled_from([1, 3, 8, 64]))
@settings(max_examples=40)
def test_killed_again_and_again(tmp_path_factory, kills, width):
    folder = tmp_path_factory.getbasetemp() / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    whole, _ = run(Journal(folder / "whole.jsonl", fsync=False), width, workers=1)
    first = RunFolder.create(folder / "run", {})
    got, _ = run(first.start_journal(fsync=False), width, workers=2)
    first.unlock()
    for share, workers in kills:
        again = RunFolder.open(folder / "run")
        content = again.journal_path.read_bytes()
        begun = content.index(b"\n") + 1
        again.journal_path.write_bytes(content[: begun + int(share * (len(content) - begun))])
        again.lock()
        journal, past = again.reopen_journal(fsync=False)
        got, _ = run(journal, width, workers, past)
        again.unlock()
    assert got == whole
