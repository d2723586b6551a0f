import errno
import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nasray.core.errors import ConfigError, RecordError
from nasray.records.store import Store, arrays_from_bytes, arrays_to_bytes, load_arrays, save_arrays


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(root=str(tmp_path / "blobs"))


def files_of(store: Store) -> list[Path]:
    return sorted(path for path in Path(store.root).rglob("*") if path.is_file())


def test_the_address_is_the_sha256(store):
    address = store.put(b"abc")
    # FIPS 180-2, appendix B.1
    assert address == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert store.get(address) == b"abc"
    assert files_of(store) == [Path(store.root) / "ba" / address]


def test_a_blob_is_written_once(store):
    address = store.put(b"abc")
    before = files_of(store)[0].stat().st_mtime_ns
    assert store.put(b"abc") == address
    assert files_of(store)[0].stat().st_mtime_ns == before


def test_the_empty_blob_can_be_stored(store):
    assert store.get(store.put(b"")) == b""


def test_building_a_store_writes_nothing(store, tmp_path):
    assert list(tmp_path.iterdir()) == []


def test_a_missing_blob_is_named(store):
    with pytest.raises(RecordError, match=r"has no blob 0{64}"):
        store.get("0" * 64)


@pytest.mark.parametrize("address", ["", "abc", "../../etc/passwd", "A" * 64, "0" * 64 + "\n"])
def test_only_addresses_are_looked_up(store, address):
    with pytest.raises(RecordError, match="64 lower-case hexadecimal digits"):
        store.get(address)


def test_damage_is_found_when_read(store):
    address = store.put(b"abc")
    files_of(store)[0].write_bytes(b"abd")
    with pytest.raises(RecordError, match=f"blob {address} .* is damaged"):
        store.get(address)


def test_a_torn_blob_is_written_again(store):
    address = store.put(b"abc")
    files_of(store)[0].write_bytes(b"a")
    assert store.put(b"abc") == address
    assert store.get(address) == b"abc"


def test_an_unreadable_blob_is_a_clear_error(store):
    address = store.put(b"abc")
    files_of(store)[0].unlink()
    (Path(store.root) / address[:2] / address).mkdir()
    with pytest.raises(RecordError, match=f"cannot read blob {address}"):
        store.get(address)


def test_a_full_disk_is_a_clear_error_and_leaves_no_draft(store, monkeypatch):
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("nasray.core.atomic.os.fsync", full)
    with pytest.raises(RecordError, match=r"No space left on device.*free space"):
        store.put(b"abc")
    assert files_of(store) == []


def test_a_root_that_is_a_file_is_a_clear_error(tmp_path):
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(RecordError, match="cannot write 3 bytes"):
        Store(root=str(tmp_path / "blobs")).put(b"abc")


def test_an_unknown_uri_is_a_clear_error():
    with pytest.raises(ConfigError, match="must be a folder or a URI that pyarrow knows"):
        Store(root="gopher://somewhere/blobs")


def test_a_uri_and_a_folder_are_the_same_store(store):
    address = store.put(b"abc")
    assert Store(root=f"file://{store.root}").get(address) == b"abc"


def test_a_remote_filesystem_is_written_through_its_stream():
    store = Store(root="mock://blobs")  # pyarrow's filesystem in memory
    assert store.get(store.put(b"abc")) == b"abc"


def test_a_store_pickles_as_its_root(store):
    address = store.put(b"abc")
    copy = pickle.loads(pickle.dumps(store))
    assert copy == store
    assert copy.get(address) == b"abc"


def test_writers_need_no_lock(store):
    blobs = [bytes([number]) * 50_000 for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        addresses = list(pool.map(store.put, blobs * 8))
    assert addresses == [hashlib.sha256(blob).hexdigest() for blob in blobs] * 8
    assert [store.get(address) for address in addresses[:20]] == blobs
    assert len(files_of(store)) == 20


def test_arrays_come_back_equal(store):
    arrays = {
        "weight": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
        "bias": np.array(1.5),
        "mask": np.array([True, False]),
        "ids": np.array([], dtype=np.int64),
    }
    loaded = load_arrays(store, save_arrays(store, arrays))
    assert list(loaded) == ["bias", "ids", "mask", "weight"]
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name], array)
        assert loaded[name].dtype == array.dtype
        assert loaded[name].shape == array.shape


def test_equal_arrays_have_equal_addresses(store):
    one, two = np.ones(3), np.zeros(2)
    assert save_arrays(store, {"a": one, "b": two}) == save_arrays(store, {"b": two, "a": one})


def test_an_array_of_objects_is_refused():
    with pytest.raises(RecordError, match="array 'x' has type object"):
        arrays_to_bytes({"x": np.array([None])})


def test_bytes_that_hold_no_arrays_are_refused(store):
    with pytest.raises(RecordError, match="are not safetensors"):
        arrays_from_bytes(b"not safetensors at all")
    with pytest.raises(RecordError, match="are not safetensors"):
        load_arrays(store, store.put(b"xyz"))


def test_a_store_says_whether_it_can_be_written_to(store, tmp_path, monkeypatch):
    store.check()
    assert not Path(store.root).exists()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"must be in a folder, or a bucket, that exists .*; .*/file is not"):
        Store(root=str(tmp_path / "file" / "store")).check()
    with pytest.raises(ConfigError, match="that exists and may be written to; there is none"):
        Store(root="mock:///nowhere").check()
    monkeypatch.setattr("nasray.records.store.os.access", lambda path, mode: False)
    with pytest.raises(ConfigError, match=f"may be written to; {tmp_path} is not"):
        Store(root=str(tmp_path / "store")).check()


def test_a_filesystem_that_does_not_answer_is_refused():
    class Silent:
        def get_file_info(self, paths):
            raise OSError("curlCode: 7,\n  no answer")

    store = Store(root="mock://bucket/x")
    store._filesystem = Silent()
    with pytest.raises(ConfigError, match="the store at mock://bucket/x cannot be reached: curlCode: 7, no answer"):
        store.check()
