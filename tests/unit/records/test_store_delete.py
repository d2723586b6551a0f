from pathlib import Path

import pytest
from pyarrow import fs

from nasray.core.errors import RecordError
from nasray.records.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=str(tmp_path / "blobs"))


def test_what_is_deleted_is_gone_and_the_rest_is_not(store):
    first, second = store.put(b"first"), store.put(b"second")
    store.delete(first)
    with pytest.raises(RecordError, match=f"has no blob {first}"):
        store.get(first)
    assert store.get(second) == b"second"
    assert store.put(b"first") == first
    assert store.get(first) == b"first"


def test_what_is_not_there_can_be_deleted(store):
    store.delete("0" * 64)


def test_a_store_at_a_uri_deletes_too(tmp_path):
    store = Store(root=f"file://{tmp_path}/blobs")
    address = store.put(b"abc")
    store.delete(address)
    with pytest.raises(RecordError, match="has no blob"):
        store.get(address)


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "0" * 64 + "\n"])
def test_only_addresses_are_deleted(store, address):
    with pytest.raises(RecordError, match="64 lower-case hexadecimal digits"):
        store.delete(address)


def test_a_filesystem_that_refuses_is_named(store):
    address = store.put(b"abc")

    class Refusing:
        def delete_file(self, path):
            raise PermissionError(13, "read-only")

    store._filesystem = Refusing()
    with pytest.raises(RecordError, match=rf"cannot delete blob {address} .*read-only.*make the folder writable"):
        store.delete(address)
    store._filesystem = fs.LocalFileSystem()
