"""The compact index against a dictionary, whatever the genes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nasray.data.compact_index import CompactIndex

GENES = st.lists(st.tuples(*[st.integers(-128, 127)] * 4), min_size=1, max_size=60, unique=True)


@given(genes=GENES, asked=st.lists(st.tuples(*[st.integers(-130, 130)] * 4), max_size=20))
def test_a_compact_index_is_the_dictionary(genes, asked):
    index = CompactIndex(np.array(genes, np.int8))
    plain = {key: row for row, key in enumerate(genes)}
    assert dict(index) == plain
    assert [index.get(key) for key in [*genes, *asked]] == [plain.get(key) for key in [*genes, *asked]]
    assert index.rows(genes[::-1]).tolist() == [plain[key] for key in genes[::-1]]
