"""Nothing is removed, whatever was found."""

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError
from nasray.refiners.everything import Everything
from nasray.spaces.darts import Darts
from nasray.spaces.nasbench201 import NasBench201

CELL = Architecture((3, 2, 0, 1, 4, 3))


def test_the_whole_space_stays_open():
    space = NasBench201(channels=4, cells_per_stage=1)
    learnt = Everything(space=space).learn([CELL])
    assert (learnt.operators, learnt.sources) == (((0, 1, 2, 3, 4),) * 6, ())
    assert space.restrict(learnt).size() == 15_625
    assert Everything(space=space).adapt(learnt, [CELL], improved=True) == learnt


def test_what_is_read_stays_open_too():
    learnt = Everything(space=Darts(channels=4, cells=3, allow_none=False)).learn([CELL])
    assert [len(ids) for ids in learnt.sources] == [2, 2, 3, 3, 4, 4, 5, 5] * 2


def test_a_space_without_layers_is_refused():
    with pytest.raises(CapabilityError, match="refiner everything needs a space with Restrictable"):
        Everything(space=object())
