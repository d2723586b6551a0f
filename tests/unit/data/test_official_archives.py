"""The readers of the official pickles: what they take, and above all what they do not run."""

import bz2
import io
import os
import pickle
import struct
import tarfile
import zipfile
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from nasray.core.errors import DataError
from nasray.data.importers.nasbench201_archive import COLUMNS, NASBENCH201_ARCHIVE, read_archive
from nasray.data.importers.plain_pickle import load_plain
from nasray.data.importers.torch_file import load_torch
from nasray.data.importers.transnas_archive import METRICS, TRANSNAS_ARCHIVE, read_transnas_archive
from nasray.data.importers.transnas_micro import TASKS
from nasray.spaces.transnas_micro import TransNasMicro

TRANSNAS = TransNasMicro(channels=64, stem_halvings=2)
TEXT = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_3x3~1|avg_pool_3x3~2|"
OTHER = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
HERE = Path("source")


class Call:
    """Pickles as a call of ``function``."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def plain(content):
    return load_plain(HERE, io.BytesIO(content))


# --- the allow-list ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_containers_and_numbers_come_back(protocol):
    content = OrderedDict(a=[1, 2.5, None, True], b=({"c": b"\x00\xff"}, "text"), d={7, 8}, e=2**70)
    assert plain(pickle.dumps(content, protocol)) == content


@pytest.mark.parametrize("number", [np.float64(0.802426), np.float32(1.5), np.int64(-3), np.uint8(200), np.bool_(True)])
def test_numbers_of_numpy_come_back_as_pythons(number):
    found = plain(pickle.dumps(number, 4))
    assert found == number.item()
    assert type(found) is type(number.item())


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_byte_order_of_a_number_is_kept(order):
    kind = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f8K\x00K\x01tR"
    state = b"(K\x03X\x01\x00\x00\x00" + order.encode() + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    number = b"C\x08" + struct.pack(f"{order}d", 2.25)
    assert plain(b"\x80\x03cnumpy.core.multiarray\nscalar\n(" + kind + state + number + b"tR.") == 2.25


@pytest.mark.parametrize(
    "attack",
    [
        Call(os.system, "touch HARM"),
        Call(eval, "open('HARM', 'w')"),
        Call(exec, "open('HARM', 'w')"),
        Call(__import__, "os"),
        Call(getattr, "text", "format"),
        Call(open, "HARM", "w"),
        Call(partial, eval, "1"),
        np.dtype("f8").type,
        np.zeros(3),
        Path("x"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_with_code_in_it_is_refused(attack, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"source: the pickle asks for [\w.]+, which could run code; refused: .*again"):
        plain(pickle.dumps({"arch2infos": [attack]}, protocol))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        b"cos\nsystem\n(S'touch HARM'\ntR.",  # GLOBAL and REDUCE
        b"(S'touch HARM'\nios\nsystem\n.",  # INST
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\ntouch HARM\x85R.",  # STACK_GLOBAL
        b"\x80\x04\x8c\x0bcollections\x8c\x19OrderedDict.__subclasses__\x93)R.",  # a dotted name
        b"\x80\x02\x82\x01.",  # EXT1: the extension registry
    ],
)
def test_every_way_to_name_a_function_is_guarded(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"refused|is not a whole pickle"):
        plain(content)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [
        b"cnumpy.core.multiarray\nscalar\n}X\x01\x00\x00\x00aK\x01s\x86b.",  # BUILD with slots: sets attributes
        b"c_codecs\nencode\n}X\x01\x00\x00\x00aK\x01s}X\x01\x00\x00\x00aK\x01s\x86b.",
        b"cnumpy.core.multiarray\nscalar\n(K\x01C\x01atR.",  # a scalar of no type
        b"cnumpy\ndtype\n(X\x02\x00\x00\x00O8tR.",  # objects are no numbers
        b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.",
        b"Pname\n.",  # a persistent id outside a file of torch.save
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",  # a text of 2^63 bytes
        b"]" * 3 + b"2" * 10,
        b"",
        b"PK\x03\x04",
        pickle.dumps({"a": list(range(1_000))}, 4)[:-50],
    ],
)
def test_damaged_and_tampered_pickles(content):
    with pytest.raises(DataError, match=r"source is not a whole pickle .*; get the file again from its publisher"):
        plain(content)


# --- files of torch.save ----------------------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["zip", "older"])
def save(request, tmp_path):
    def write(content):
        path = tmp_path / "archive.pth"
        torch.save(content, path, _use_new_zipfile_serialization=request.param)
        return path

    return write


def test_tensors_come_back_as_arrays(save):
    grid = torch.arange(12, dtype=torch.float64).reshape(3, 4)
    content = {"a": grid, "row": grid[1], "turned": grid.T, "n": torch.tensor(7), "b": torch.tensor([True, False])}
    found = load_torch(save({**content, "plain": [1, "x"]}))
    assert found["plain"] == [1, "x"]
    for name, tensor in content.items():
        assert np.array_equal(found[name], tensor.numpy()), name


def test_code_in_a_file_of_torch_is_refused(save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for attack in (Call(os.system, "touch HARM"), Call(eval, "open('HARM', 'w')"), torch.nn.Linear(1, 1)):
        with pytest.raises(DataError, match=r"archive.pth: the pickle asks for .*, which could run code; refused"):
            load_torch(save({"meta_archs": attack}))
    assert [one.name for one in tmp_path.iterdir()] == ["archive.pth"]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_a_truncated_file_of_torch(save, share):
    path = save({"a": torch.arange(1_000), "b": list(range(1_000))})
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(DataError, match=r"archive.pth .*get the file again from its publisher"):
        load_torch(path)


@pytest.mark.parametrize("content", [b"", b"\x80\x02.", b"{}", pickle.dumps([1, 2]) * 3, b"\x89PNG\r\n"])
def test_a_file_that_torch_did_not_write(tmp_path, content):
    path = tmp_path / "foreign.pth"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"foreign.pth.* get the file again from its publisher"):
        load_torch(path)


def test_a_zip_that_torch_did_not_write(tmp_path):
    path = tmp_path / "foreign.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(DataError, match=r"0 entries called data.pkl, but there is one"):
        load_torch(path)


@pytest.mark.parametrize(
    "arguments",
    [(9, (2,), (1,)), (0, (11,), (1,)), (0, (2, 6), (6, 1)), (-1, (1,), (1,)), (0, (2,), (-1,))],
)
def test_a_tensor_beyond_its_storage_is_refused(tmp_path, arguments):
    path = tmp_path / "archive.pth"
    torch.save(torch.arange(10), path)
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    storage = b"(X\x07\x00\x00\x00storagectorch\nLongStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\ntQ"
    offset, size, stride = (pickle.dumps(one, 2)[2:-1].replace(b"q\x00", b"") for one in arguments)
    tampered = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + size + stride + b"tR."
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, tampered if name.endswith("data.pkl") else content)
    with pytest.raises(DataError, match="does not fit into its storage"):
        load_torch(path)


def test_a_storage_of_anything_else_is_refused(tmp_path):
    path = tmp_path / "archive.pth"
    pickled = b"\x80\x02(X\x07\x00\x00\x00storageX\x01\x00\x00\x00OX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ."
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/data/0", bytes(8))
    with pytest.raises(DataError, match="a storage of 'O'"):
        load_torch(path)


# --- NAS-Bench-201 and NATS-Bench -------------------------------------------------------------------------------------


def schedule(text, epochs, seeds, first):
    """One schedule of one cell, as the archives have it; accuracies count up from ``first``."""
    runs, value = OrderedDict(), first
    parts = {"cifar10-valid": ["x-valid", "ori-test"], "cifar10": ["ori-test"]}
    parts |= {name: ["ori-test", "x-valid", "x-test"] for name in ("cifar100", "ImageNet16-120")}
    for dataset, sets in parts.items():
        for seed in seeds:
            scores = {f"{part}@{epochs - 1}": value + at for at, part in enumerate(sets)}
            runs[dataset, seed] = {
                "eval_acc1es": {f"{sets[0]}@0": 1.0, **scores},
                "train_times": dict.fromkeys(range(epochs), 12.5),
                "params": np.float64(0.8),
                "net_state_dict": None,
            }
            value += 10
    return {"arch_index": 11, "arch_str": text, "all_results": runs, "dataset_seed": {}, "clear_net_done": True}


def cell(text, names=("12", "200")):
    return {names[0]: schedule(text, 12, (111,), 1.0), names[1]: schedule(text, 200, (777, 888), 2.0)}


def write_pbz2(path, content):
    path.write_bytes(bz2.compress(pickle.dumps(content, 4)))
    return path


def write_tar(path, cells):
    with tarfile.open(path, "w") as archive:
        for name, content in {"meta": {}, **{f"{at:06d}": one for at, one in enumerate(cells)}}.items():
            packed = bz2.compress(pickle.dumps(content, 4))
            member = tarfile.TarInfo(f"NATS-tss-v1_0-3ffb9-simple/{name}.pickle.pbz2")
            member.size = len(packed)
            archive.addfile(member, io.BytesIO(packed))
    return path


def unpacked(path, folder):
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder / "NATS-tss-v1_0-3ffb9-simple"


def test_the_three_forms_give_the_same_table(tmp_path, space):
    texts = [TEXT, OTHER]
    whole = {"meta_archs": texts, "evaluated_indexes": {0, 1}}
    first = tmp_path / "NAS-Bench-201-v1_1.pth"
    torch.save({**whole, "arch2infos": {at: cell(one, ("less", "full")) for at, one in enumerate(texts)}}, first)
    second = write_pbz2(
        tmp_path / "NATS-tss-v1_0.pickle.pbz2", {**whole, "arch2infos": dict(enumerate(map(cell, texts)))}
    )
    third = write_tar(tmp_path / "NATS-tss-v1_0-simple.tar", map(cell, texts))
    tables = [read_archive(path, space, n_cells=2) for path in (first, second, third, unpacked(third, tmp_path))]
    for table in tables:
        assert table.genes.tolist() == [list(space.from_text(text).genes) for text in texts]
        assert {name: values.tolist() for name, values in table.columns.items()} == {
            name: values.tolist() for name, values in tables[0].columns.items()
        }
    # By hand: 200 epochs, seeds 777 and 888: cifar10-valid from 2 and 12, cifar10 22 and 32, cifar100 42 and 52, …;
    # x-valid and x-test come second and third there. 12 epochs: 1, 11, 21, 31.
    found = {name: float(values[0]) for name, values in tables[0].columns.items()}
    assert [found[f"{name}_valid_200"] for name in ("cifar10", "cifar100", "imagenet16_120")] == [7.0, 48.0, 68.0]
    assert [found[f"{name}_test_200"] for name in ("cifar10", "cifar100", "imagenet16_120")] == [27.0, 49.0, 69.0]
    assert [found[f"{name}_valid_12"] for name in ("cifar10", "cifar100", "imagenet16_120")] == [1.0, 22.0, 32.0]
    assert (found["cifar10_seconds_200"], found["cifar10_seconds_12"]) == (2_500.0, 150.0)
    assert NASBENCH201_ARCHIVE.columns == COLUMNS


def changed(change):
    content = cell(TEXT)
    change(content)
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (changed(lambda one: one.pop("200")), "cell 0: a run is missing or foreign"),
        (changed(lambda one: one["200"]["all_results"].pop(("cifar10", 777))), "1 rows, but the benchmark has 15625"),
        (changed(lambda one: one["12"]["all_results"].pop(("cifar10", 111))), "cell 0: a run is .*ZeroDivisionError"),
        (changed(lambda one: one["12"].update(arch_str=OTHER)), "cell 0: schedules of different cells"),
        (cell("|conv_9x9~0|"), "row 0: unknown architecture"),
        ({"200": 3, "12": 4}, "cell 0: a run is missing or foreign"),
        ([], "cell 0: a run is missing or foreign"),
        (
            changed(lambda one: one["12"]["all_results"]["cifar10", 111]["eval_acc1es"].update({"ori-test@11": 101})),
            "row 0: cifar10_test_12 is 101.0, but it must be a number between 0 and 100",
        ),
    ],
)
def test_what_is_no_cell_of_the_benchmark_is_named(tmp_path, space, content, message):
    with pytest.raises(DataError, match=message):
        read_archive(write_tar(tmp_path / "simple.tar", [content]), space)


def test_a_cell_that_comes_twice(tmp_path, space):
    with pytest.raises(DataError, match=r"row 1: .* is also row 0"):
        read_archive(write_tar(tmp_path / "simple.tar", [cell(TEXT), cell(TEXT)]), space)


def test_archives_with_code_in_them_are_refused(tmp_path, space, monkeypatch):
    monkeypatch.chdir(tmp_path)
    attack = {"arch2infos": {0: Call(os.system, "touch HARM")}}
    for path in (write_pbz2(tmp_path / "x.pickle.pbz2", attack), write_tar(tmp_path / "x.tar", [attack])):
        with pytest.raises(DataError, match=r"the pickle asks for \w+.system, which could run code; refused"):
            read_archive(path, space)
    assert not (tmp_path / "HARM").exists()


@pytest.mark.parametrize("name", ["x.tar", "x.pickle.pbz2", "x.pth"])
def test_damaged_archives(tmp_path, space, name):
    whole = {"arch2infos": {0: cell(TEXT)}}
    path = tmp_path / name
    for content in (b"", b"rubbish" * 100):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"x\.\w+.* get the file again from its publisher"):
            read_archive(path, space)
    if name == "x.tar":
        write_tar(path, [cell(TEXT)] * 2)
    elif name == "x.pth":
        torch.save(whole, path)
    else:
        write_pbz2(path, whole)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    with pytest.raises(DataError, match=r"x\.\w+.* get the file again"):
        read_archive(path, space)


def test_an_archive_of_something_else(tmp_path, space):
    with pytest.raises(DataError, match="there is no 'arch2infos', so it is no archive of the benchmark"):
        read_archive(write_pbz2(tmp_path / "x.pickle.pbz2", {"meta_archs": []}), space)


# --- TransNAS-Bench-101 -----------------------------------------------------------------------------------------------


def tasks(value):
    def metrics(task, epochs):
        sign = -1 if task == "room_layout" else 1
        scale = 0.01 if METRICS[task] == "ssim" else 1
        return {
            f"{split}_{METRICS[task]}": [0.0] * (epochs - 1) + [sign * scale * (value + at)]
            for at, split in enumerate(("valid", "test"))
        }

    return {task: {"metrics": metrics(task, epochs), "total_epochs": epochs} for task, (epochs, *_) in TASKS.items()}


def test_the_official_file_of_transnas(save):
    cells = {"64-41414-1_02_333": tasks(50.0), "64-41414-0_00_000": tasks(10.0)}
    path = save({"data": {"macro": {}, "micro": cells}, "task_list": list(TASKS)})
    rows = read_transnas_archive(path, TRANSNAS, n_cells=2, best={"class_scene_valid_25": 50.0})
    assert rows.genes.tolist() == [[1, 0, 2, 3, 3, 3], [0] * 6]
    assert rows.columns["class_scene_valid_25"].tolist() == [50.0, 10.0]
    assert rows.columns["room_layout_test_25"].tolist() == [-51.0, -11.0]
    assert rows.columns["normal_test_30"].tolist() == [0.51, 0.11]
    assert {column.name for column in TRANSNAS_ARCHIVE.columns} == rows.columns.keys()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "there is no data of micro cells"),
        ({"data": {"macro": {}}}, "there is no data of micro cells"),
        ({"data": {"micro": {"64-41414-1_02_333": {}}}}, "cell 64-41414-1_02_333: a value is missing or foreign"),
        ({"data": {"micro": {"64-41414-1_02_339": tasks(1.0)}}}, "row 64-41414-1_02_339: unknown architecture"),
        ({"data": {"micro": {"64-41414-1_02_333": tasks(101.0)}}}, "class_scene_valid_25 is 101.0, but it must be"),
        ({"data": {"micro": {"64-41414-1_02_333": tasks(1.0)}}}, "1 rows, but the benchmark has 4096"),
    ],
)
def test_what_is_no_transnas_is_named(save, content, message):
    with pytest.raises(DataError, match=message):
        read_transnas_archive(save(content), TRANSNAS)


def test_a_training_that_was_cut_off_is_named(save):
    short = tasks(1.0)
    short["jigsaw"]["metrics"]["test_top1"].pop()
    with pytest.raises(DataError, match="jigsaw has 9 epochs, but 10 are published"):
        read_transnas_archive(save({"data": {"micro": {"64-41414-1_02_333": short}}}), TRANSNAS)
