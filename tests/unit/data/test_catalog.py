import errno
import functools
import os
import struct
import threading
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from filelock import FileLock

from nasray.core.architecture import Architecture
from nasray.core.errors import CapabilityError, DataError
from nasray.data import table_seal as module
from nasray.data.catalog import Catalog
from nasray.data.entries import ENTRIES
from nasray.data.table import Table
from nasray.data.table_file import header_of, seal_path, sha256_of, write_table


@pytest.fixture
def server(source, monkeypatch):
    """The mirror folder on the loopback interface."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    handler = functools.partial(SimpleHTTPRequestHandler, directory=source.parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


def test_first_use_imports_from_the_mirror(catalog, space):
    assert [(one.name, one.rows, one.state) for one in catalog.listing()] == [("toy", 4, "in mirror")]
    table = catalog.open("toy", space)
    assert table.column("toy_valid_200")[table.rows([Architecture((3,) * 6)])].tolist() == [90.5]
    status = catalog.listing()[0]
    assert (status.state, status.rows, status.path, status.provenance) == ("ready", 4, table.path, "written by hand")
    assert names(catalog.folder) == ["toy.arrow", "toy.json"]


def test_second_use_needs_no_mirror(catalog, space, source):
    sha256 = catalog.open("toy", space).sha256
    source.unlink()
    assert replace(catalog, mirror=None).open("toy", space).sha256 == sha256
    assert catalog.verify("toy") == sha256


def test_an_unknown_name_is_answered_with_the_known_ones(catalog, space):
    with pytest.raises(DataError, match="no table is called 'nasbench999'; known tables: toy"):
        catalog.open("nasbench999", space)


def test_a_missing_table_says_where_it_was_looked_for_and_how_to_get_it(catalog, space, source):
    source.unlink()
    assert catalog.listing()[0].state == "missing"
    with pytest.raises(
        DataError,
        match=r"table toy is not here: no .*toy.arrow, and the mirror has no .*mirror/toy.csv.gz; set "
        r"NASRAY_DATA_MIRROR to a folder that has toy.csv.gz, or run `nasray data fetch toy --from URL` or "
        r"`nasray data import toy FILE`",
    ):
        catalog.open("toy", space)


def test_a_missing_table_without_a_mirror(catalog, space):
    alone = replace(catalog, mirror=None)
    with pytest.raises(DataError, match=r"toy.arrow, and no mirror is set; set NASRAY_DATA_MIRROR"):
        alone.open("toy", space)
    with pytest.raises(DataError, match="table toy is not here"):
        alone.verify("toy")


def test_another_file_in_the_mirror_is_refused(catalog, space, write_source, lines):
    write_source([*lines[:1], *reversed(lines[1:])])
    with pytest.raises(DataError, match=r"toy.csv.gz has SHA-256 \w+, but \w+ is wanted.*run `nasray data import toy "):
        catalog.open("toy", space)
    assert names(catalog.folder) == []


def test_a_file_given_by_name_may_differ_in_bytes_but_not_in_content(catalog, space, write_source, lines):
    before = catalog.open("toy", space)
    other = write_source([*lines[:1], *reversed(lines[1:])], "other.csv.gz")
    after = catalog.import_file("toy", other, space)
    assert after.index == before.index
    assert after.column("toy_test_200").tolist() == before.column("toy_test_200").tolist()
    assert after.header.source_sha256 != before.header.source_sha256


def test_importing_repairs_a_damaged_table(catalog, space, source):
    path = catalog.open("toy", space).path
    os.truncate(path, 100)
    with pytest.raises(DataError, match="has 100 bytes"):
        catalog.open("toy", space)
    catalog.import_file("toy", source, space)
    catalog.verify("toy")


def damage(path):
    """Flip one bit of the last value, which leaves the size and everything that Arrow looks at as they were."""
    content = bytearray(path.read_bytes())
    content[content.rindex(struct.pack("<d", 61.0))] ^= 1
    path.write_bytes(content)


def test_a_table_with_one_changed_bit_is_refused(catalog, space, source):
    path = catalog.open("toy", space).path
    damage(path)
    assert len(Table.open(path)) == 4, "what a worker does is cheap and does not hash"
    with pytest.raises(DataError, match=r"toy.arrow has SHA-256 \w+, .*; get it back by `nasray data fetch toy` or"):
        catalog.open("toy", space)
    (status, *_) = catalog.listing()
    assert (status.state, status.rows) == ("damaged", 4)
    catalog.import_file("toy", source, space)
    assert len(catalog.open("toy", space)) == 4


def test_a_large_table_is_hashed_once_until_it_is_touched(catalog, space, monkeypatch):
    monkeypatch.setattr(module, "STAMPED_BYTES", 100)
    hashed = []
    monkeypatch.setattr(module, "sha256_of", lambda path: hashed.append(path) or sha256_of(path))
    path = catalog.open("toy", space).path
    stamp = catalog.folder / ".toy.arrow.verified"
    catalog.open("toy", space)
    assert hashed == [path]
    stamp.write_bytes(b"torn")
    catalog.open("toy", space)
    assert hashed == [path] * 2
    damage(path)
    with pytest.raises(DataError, match="the file has changed"):
        catalog.open("toy", space)
    assert len(hashed) == 3


def test_a_large_table_is_listed_without_being_read(catalog, space, monkeypatch):
    monkeypatch.setattr(module, "STAMPED_BYTES", 100)
    path = catalog.open("toy", space).path
    whole = path.read_bytes()
    monkeypatch.setattr(module, "sha256_of", lambda path: pytest.fail(f"{path} was read"))
    assert catalog.listing()[0].state == "ready", "it was verified when it was opened"
    damage(path)
    status = catalog.listing()[0]
    assert (status.state, status.rows) == ("unverified", 4)
    assert status.problem == f"{path}; `nasray data verify toy` reads it to its end"
    monkeypatch.setattr(module, "sha256_of", sha256_of)
    with pytest.raises(DataError, match="the file has changed"):
        catalog.verify("toy")
    path.write_bytes(whole)
    catalog.verify("toy")
    assert catalog.listing()[0].state == "ready"


def test_a_stamp_that_cannot_be_written_costs_time_only(catalog, space, monkeypatch):
    monkeypatch.setattr(module, "STAMPED_BYTES", 100)
    (catalog.folder / ".toy.arrow.verified").mkdir(parents=True)
    assert len(catalog.open("toy", space)) == 4


def test_a_damaged_table_is_listed_as_such(catalog, space):
    path = catalog.open("toy", space).path
    seal_path(path).write_text("{")
    status = catalog.listing()[0]
    assert (status.state, status.rows) == ("damaged", 4)
    assert "cannot be read" in status.problem


def test_an_import_that_was_cut_off_before_the_seal_is_done_again(catalog, space):
    path = catalog.open("toy", space).path
    seal_path(path).unlink()
    path.write_bytes(b"half")
    assert len(catalog.open("toy", space)) == 4


def test_a_bad_file_leaves_the_table_as_it_was(catalog, space, write_source, lines):
    sha256 = catalog.open("toy", space).sha256
    with pytest.raises(DataError, match="2 rows, but the benchmark has 4"):
        catalog.import_file("toy", write_source(lines[:3], "short.csv.gz"), space)
    assert catalog.verify("toy") == sha256


def test_a_file_that_is_not_there(catalog, space, tmp_path):
    with pytest.raises(DataError, match=r"no file at .*nowhere.gz; name the file of toy to import"):
        catalog.import_file("toy", tmp_path / "nowhere.gz", space)


def test_a_full_disk_leaves_the_table_as_it_was(catalog, space, source, monkeypatch):
    sha256 = catalog.open("toy", space).sha256

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DataError, match=r"cannot write table toy to .*No space left.*free space there or choose"):
            catalog.import_file("toy", source, space)
    assert catalog.verify("toy") == sha256
    assert names(catalog.folder) == ["toy.arrow", "toy.json"]


def test_a_folder_that_cannot_be_made(catalog, space, source):
    with pytest.raises(DataError, match=r"cannot write table toy to .*choose another folder"):
        replace(catalog, folder=source / "below_a_file").open("toy", space)


def test_waiting_for_another_process_has_an_end(catalog, space):
    catalog.folder.mkdir()
    with (
        FileLock(catalog.folder / ".toy.lock"),
        pytest.raises(DataError, match=r"another process has held .*\.toy\.lock for more than 0.05 s; wait for it"),
    ):
        replace(catalog, lock_seconds=0.05).open("toy", space)


def test_a_space_without_a_written_form_is_refused(catalog):
    with pytest.raises(CapabilityError, match="table toy needs a space with TextView, but object does not offer it"):
        catalog.open("toy", object())


def test_fetch_over_http_and_from_a_file_address(catalog, space, server, source, tmp_path):
    fetched = Catalog(folder=tmp_path / "a", mirror=None, entries=catalog.entries).fetch(
        "toy", space, f"{server}/toy.csv.gz"
    )
    assert fetched.sha256 == catalog.open("toy", space).sha256
    assert names(tmp_path / "a") == ["toy.arrow", "toy.json"]
    known = tuple(replace(one, addresses=(f"{server}/moved.gz", source.as_uri())) for one in catalog.entries)
    assert len(Catalog(folder=tmp_path / "b", mirror=None, entries=known).fetch("toy", space)) == 4


def test_fetch_refuses_other_content(catalog, space, server, source):
    source.write_bytes(source.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"toy.csv.gz holds a file with SHA-256 \w+, but \w+ is wanted"):
        catalog.fetch("toy", space, f"{server}/toy.csv.gz")
    assert names(catalog.folder) == []


def test_fetch_names_every_address_that_failed(catalog, space, server):
    known = tuple(replace(one, addresses=(f"{server}/a.gz", f"{server}/b.gz")) for one in catalog.entries)
    with pytest.raises(
        DataError, match=r"cannot fetch .*a.gz \(HTTP Error 404.*check the address.*cannot fetch .*b.gz"
    ):
        replace(catalog, mirror=None, entries=known).fetch("toy", space)


def test_fetch_from_a_server_that_is_not_there(catalog, space, server):
    with pytest.raises(DataError, match=r"cannot fetch http://127.0.0.1:1/x \(.*\); check the address, the network"):
        catalog.fetch("toy", space, "http://127.0.0.1:1/x")


@pytest.mark.parametrize("address", ["ftp://host/toy.csv.gz", "toy.csv.gz"])
def test_fetch_knows_three_kinds_of_address(catalog, space, address):
    with pytest.raises(
        DataError, match=rf"cannot fetch '{address}': the address must begin with https://, http://, file://"
    ):
        catalog.fetch("toy", space, address)


def test_fetch_without_an_address(catalog, space):
    with pytest.raises(
        DataError, match=r"no public address of toy.csv.gz is configured \(it was made from .*\), and no mirror"
    ):
        replace(catalog, mirror=None).fetch("toy", space)


def test_fetch_takes_the_mirror_without_an_address_and_replaces_what_is_damaged(catalog, space):
    path = catalog.open("toy", space).path
    path.write_bytes(b"damaged")
    assert len(catalog.fetch("toy", space)) == 4
    assert catalog.verify("toy")


def test_the_entries_are_told_apart():
    assert len({one.name for one in ENTRIES}) == len({one.file_name for one in ENTRIES}) == len(ENTRIES)
    assert all(one.provenance and one.licence for one in ENTRIES)
    unpinned = {one.name for one in ENTRIES if one.sha256 is None}
    assert unpinned == {
        "nasbench101",
        "nasbench101_full",
        "nasbench101_cells",
        "nasbench201_archive",
        "transnas_archive",
    }
    assert all(len(one.sha256) == 64 for one in ENTRIES if one.sha256 is not None)
    assert all(len({column.name for column in one.columns}) == len(one.columns) for one in ENTRIES)


def test_what_is_not_pinned_is_imported_but_not_fetched(catalog, source, space):
    unpinned = replace(catalog, entries=tuple(replace(one, sha256=None) for one in catalog.entries))
    assert len(unpinned.open("toy", space)) == 4
    with pytest.raises(DataError, match=r"the content of toy.csv.gz is not pinned, so it is not fetched unseen: down"):
        unpinned.fetch("toy", space, source.as_uri())


@pytest.fixture
def shipped(catalog, entry, source, space, tmp_path, monkeypatch):
    """The toy table as one that comes with nasray; nothing else is here."""
    assets = tmp_path / "assets"
    monkeypatch.setattr(module, "ASSETS", assets)
    path = assets / "toy" / "toy.arrow"
    path.parent.mkdir(parents=True)
    rows = entry.read(source, space)
    write_table(path, header_of(entry, source, rows, space), rows)
    return replace(catalog, mirror=None, entries=(replace(entry, shipped=path), replace(entry, name="other")))


def test_a_table_that_ships_is_there_without_anything_else(shipped, space):
    assert [(one.name, one.state) for one in shipped.listing()] == [("toy", "ready"), ("other", "missing")]
    assert shipped.has("toy")
    table = shipped.open("toy", space)
    assert table.path == shipped.entry("toy").shipped
    assert table.sha256 == shipped.verify("toy") == shipped.fetch("toy", space).sha256
    assert not shipped.folder.exists(), "it is read where it is"


def test_a_table_that_is_missing_leads_to_the_one_that_ships(shipped, space):
    with pytest.raises(DataError, match=r"or `nasray data import other FILE`; `nasray run experiment=toy` needs no "):
        shipped.open("other", space)


def test_a_table_that_ships_is_not_imported(shipped, space, source):
    with pytest.raises(DataError, match="toy ships with nasray and is not imported: it is here already"):
        shipped.import_file("toy", source, space)


def test_a_table_that_ships_is_restored_by_another_installation(shipped, space, source):
    path = shipped.entry("toy").shipped
    damage(path)
    with pytest.raises(DataError, match="the file has changed; install nasray again"):
        shipped.open("toy", space)
    os.truncate(path, 100)
    with pytest.raises(DataError, match="truncated or replaced; install nasray again"):
        shipped.open("toy", space)
    seal_path(path).unlink()
    for catalog in (shipped, replace(shipped, mirror=source.parent)):  # a mirror is not asked for it
        assert catalog.listing()[0].state == "missing"
        with pytest.raises(DataError, match=r"toy ships with nasray, but there is no .*: install nasray again"):
            catalog.open("toy", space)
