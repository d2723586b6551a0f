"""Every space of conf/space keeps the contract, and its operators have their rows in the shipped embeddings."""

import pytest
import torch

from nasray.app.parts import build
from nasray.core.space import GraphView
from nasray.predictors.operator_embeddings import WORDINGS, OperatorEmbeddings
from nasray.testing.space_contract import SpaceContract, offered


@pytest.fixture(scope="module")
def space(composed, name):
    return build(composed("space", name))


class TestSpaces(SpaceContract):
    group = "space"

    @pytest.mark.parametrize("wording", WORDINGS)
    def test_operators_are_embedded_without_a_model(self, space, wording):
        said = offered(space, GraphView).operator_descriptions()
        embeddings = OperatorEmbeddings(wording=wording, sentence_model=None)
        table = embeddings.table(said)
        assert table.shape == (len(said), embeddings.n_features)
        torch.testing.assert_close(table.norm(dim=1), torch.ones(len(said)), rtol=1e-4, atol=1e-4)
        length = "short" if wording == "one_hot" else wording
        assert len(table.unique(dim=0)) == len({one[length] for one in said.values()})
