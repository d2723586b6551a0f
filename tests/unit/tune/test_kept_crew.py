"""Which searches find the workers of the one before."""

import pytest

from nasray.tune import crew as module
from nasray.tune.kept_crew import KeptCrew


@pytest.fixture
def hired(monkeypatch) -> list["FakeCrew"]:
    """All crews so far."""
    crews: list[FakeCrew] = []
    monkeypatch.setattr(module, "Crew", lambda *wanted: crews.append(FakeCrew(*wanted)) or crews[-1])
    return crews


class FakeCrew:
    def __init__(self, size, resources) -> None:
        self.wanted, self.dismissed = (size, resources), False

    def dismiss(self) -> None:
        assert not self.dismissed
        self.dismissed = True


def test_who_wants_the_same_workers_gets_the_same_crew_until_the_end(hired):
    with KeptCrew() as kept:
        for _ in range(2):
            with kept.at_work(2, {"CPU": 1.0}) as crew:
                assert crew is hired[0]
        assert (len(hired), hired[0].dismissed) == (1, False)
    assert hired[0].dismissed
    kept.dismiss()


def test_who_wants_others_gets_others_when_the_first_are_gone(hired):
    with KeptCrew() as kept:
        for size, cpus in ((2, 1.0), (1, 1.0), (1, 0.5)):
            with kept.at_work(size, {"CPU": cpus}):
                pass
    assert [crew.wanted for crew in hired] == [(2, {"CPU": 1.0}), (1, {"CPU": 1.0}), (1, {"CPU": 0.5})]
    assert all(crew.dismissed for crew in hired)


@pytest.mark.parametrize("end", [ValueError, KeyboardInterrupt])
def test_a_search_that_is_cut_short_leaves_its_crew_to_nobody(hired, end):
    with KeptCrew() as kept:
        with pytest.raises(end), kept.at_work(1, {"CPU": 1.0}):
            raise end
        assert hired[0].dismissed
        with kept.at_work(1, {"CPU": 1.0}):
            assert len(hired) == 2


def test_it_is_known_for_how_long_there_has_been_a_crew(hired):
    with KeptCrew(sharing=3) as kept:
        assert (kept.sharing, kept.hired_seconds) == (3, 0.0)
        with kept.at_work(1, {"CPU": 1.0}):
            assert kept.hired_seconds > 0.0
        kept.dismiss()
        assert kept.hired_seconds == 0.0
