import pytest

from nasray.core.errors import DataError
from nasray.data.importers.nasbench201_archive import read_archive


def test_a_damaged_file_of_an_unpacked_archive_is_named(tmp_path, space):
    (tmp_path / "meta.pickle.pbz2").write_bytes(b"not read")
    with pytest.raises(DataError, match=r"0 rows, but the benchmark has 15625"):
        read_archive(tmp_path, space)
    for content in (b"", b"BZh9", b"rubbish"):
        (tmp_path / "000000.pickle.pbz2").write_bytes(content)
        with pytest.raises(DataError, match=r"000000.pickle.pbz2 is not a whole .*get the file again from its publish"):
            read_archive(tmp_path, space)
