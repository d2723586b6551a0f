"""Image sources: tiny files in each format, written here."""

import gzip
import pickle
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from nasray.core.errors import ConfigError, DataError
from nasray.data.image_sets.cifar import Cifar
from nasray.data.image_sets.digits import Digits, read_digits
from nasray.data.image_sets.fingerprinted import digest, fingerprint_of
from nasray.data.image_sets.mnist import Mnist
from nasray.data.image_sets.npz import Npz
from nasray.data.image_sets.split import hold_out, standardised, stratified_order

PARTS = ("train", "valid", "test")


def some(n, n_classes, shape, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (n, *shape), dtype=np.uint8), (np.arange(n) % n_classes).astype(np.uint8)


# --- splitting -------------------------------------------------------------------------------------------------------


def test_every_prefix_of_a_stratified_order_has_the_classes_in_proportion():
    y = np.repeat([0, 1, 2], [60, 30, 10])
    order = stratified_order(y, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    for n in range(1, 101):
        counts = np.bincount(y[order[:n]], minlength=3)
        assert np.all(np.abs(counts - n * np.array([0.6, 0.3, 0.1])) < 2)
    assert not np.array_equal(order, stratified_order(y, np.random.default_rng(1)))


def test_standardising_uses_the_training_statistics_of_each_channel():
    train = np.array([[[[0]], [[7]]], [[[4]], [[7]]]], np.uint8)  # channel 0: mean 2, deviation 2; channel 1 constant
    other = np.array([[[[8]], [[9]]]], np.uint8)
    x, y, z = standardised((train, other, train))
    assert x[:, 0, 0, 0].tolist() == [-1, 1]
    assert y.ravel().tolist() == [3, 2]  # (8 - 2) / 2, and 9 - 7 undivided
    assert np.array_equal(x, z)
    assert x.dtype == np.float32


def test_valid_stays_the_same_when_n_train_changes_and_never_meets_train():
    x = np.arange(60, dtype=np.uint8).reshape(60, 1, 1, 1)
    y = np.arange(60) % 3
    few, many = (hold_out("some", 3, (x, y), (x, y), n, 12, 0) for n in (6, None))

    def originals(part, whole):  # undo the standardisation by rank: pixels are all different
        scale = np.polyfit(whole.test.x.ravel(), np.arange(60), 1)
        return set(np.rint(np.polyval(scale, part.x.ravel())).astype(int))

    assert originals(few.valid, few) == originals(many.valid, many)
    assert not originals(many.valid, many) & originals(many.train, many)
    assert [len(part.y) for part in (few.train, many.train, few.valid, few.test)] == [6, 48, 12, 60]
    assert np.bincount(few.valid.y).tolist() == [4, 4, 4]


@pytest.mark.parametrize(("n_train", "n_valid"), [(7, 4), (0, 4), (4, 0), (None, 10)])
def test_more_images_than_there_are_is_refused(n_train, n_valid):
    x, y = some(10, 2, (1, 2, 2))
    with pytest.raises(ConfigError, match=r"some has 10 training images, asked are n_train=.*lower them"):
        hold_out("some", 2, (x, y.astype(np.int64)), (x, y.astype(np.int64)), n_train, n_valid, 0)


# --- digits ----------------------------------------------------------------------------------------------------------


def test_digits_are_split_by_class_standardised_and_equal_on_every_call():
    images, again = (Digits(n_train=200, n_valid=600, seed=0).load() for _ in range(2))
    assert images.input_shape == (1, 8, 8)
    assert images.n_classes == 10
    assert [len(getattr(images, part).y) for part in PARTS] == [200, 600, 997]
    counts = np.bincount(images.train.y)
    assert counts.min() >= 18
    assert counts.max() <= 22
    assert float(images.train.x.mean()) == pytest.approx(0, abs=1e-5)
    assert float(images.train.x.std()) == pytest.approx(1, abs=1e-5)
    assert np.array_equal(images.train.x, again.train.x)
    assert not np.array_equal(images.train.x, Digits(n_train=200, n_valid=600, seed=1).load().train.x)


def test_a_negative_seed_is_refused():
    x, y = np.zeros((10, 1, 2, 2), np.uint8), np.arange(10) % 2
    with pytest.raises(ConfigError, match=r"some: dataset.seed \(-1\) must not be negative"):
        hold_out("some", 2, (x, y), (x, y), 4, 4, -1)
    with pytest.raises(ConfigError, match=r"digits: dataset.seed \(-1\) must not be negative"):
        Digits(n_train=200, n_valid=600, seed=-1).fingerprint()


@pytest.mark.parametrize(("n_train", "n_valid"), [(0, 10), (10, 0), (1_000, 797)])
def test_digits_must_leave_some_for_test(n_train, n_valid):
    with pytest.raises(ConfigError, match=r"digits got n_train=\d+ and n_valid=\d+; .*1797 images for TEST"):
        Digits(n_train=n_train, n_valid=n_valid, seed=0).load()


# --- npz -------------------------------------------------------------------------------------------------------------


def npz(folder, **changes):
    for name, n in (("train", 40), ("test", 20)):
        x, y = some(n, 4, (5, 6, 3), seed=n)
        np.savez(folder / f"{name}.npz", x=x, y=y)
    fields = {"train": str(folder / "train.npz"), "test": str(folder / "test.npz"), "n_train": None, "n_valid": 8}
    return Npz(**{**fields, "seed": 0, **changes})


def test_npz_puts_channels_first_and_holds_valid_out(tmp_path):
    images = npz(tmp_path).load()
    assert images.input_shape == (3, 5, 6)
    assert images.n_classes == 4
    assert [len(getattr(images, part).y) for part in PARTS] == [32, 8, 20]
    raw = np.load(tmp_path / "test.npz")["x"].transpose(0, 3, 1, 2)
    for channel in range(3):  # an affine change of the same pixels, in the same order
        assert np.corrcoef(raw[:, channel].ravel(), images.test.x[:, channel].ravel())[0, 1] == pytest.approx(1)


def spoil_npz(path, how):
    x, y = some(20, 4, (5, 6, 3))
    whole = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut short":
        path.write_bytes(whole[: len(whole) // 2])
    elif how == "foreign":
        path.write_bytes(b"not an archive")
    elif how == "flipped":
        path.write_bytes(whole[:300] + bytes([whole[300] ^ 255]) + whole[301:])
    else:
        arrays = {
            "float": {"x": x / 255, "y": y},
            "no labels": {"x": x},
            "too few labels": {"x": x, "y": y[:-1]},
            "flat": {"x": x[..., 0], "y": y},
            "empty": {"x": x[:0], "y": y[:0]},
            "pickled": {"x": x, "y": np.array([{}] * 20, dtype=object)},
            "negative": {"x": x, "y": y.astype(np.int64) - 1},
        }
        np.savez(path, **arrays[how])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", r"train.npz does not exist; it must be an npz archive with x, uint8 .*correct the path"),
        ("cut short", r"train.npz cannot be read .* it must be an npz archive"),
        ("foreign", r"train.npz cannot be read"),
        ("flipped", r"train.npz cannot be read .*CRC"),
        ("float", r"train.npz holds x float64 \(20, 5, 6, 3\)"),
        ("no labels", r"train.npz cannot be read .*y.npy"),
        ("too few labels", r"train.npz holds .* y uint8 \(19,\)"),
        ("flat", r"train.npz holds x uint8 \(20, 5, 6\)"),
        ("empty", r"train.npz holds x uint8 \(0, 5, 6, 3\)"),
        ("pickled", r"train.npz"),
        ("negative", r"train.npz has labels -1 to 2; they must lie in 0 to"),
    ],
)
def test_a_spoilt_npz_is_named(tmp_path, how, message):
    source = npz(tmp_path)
    spoil_npz(tmp_path / "train.npz", how)
    with pytest.raises(DataError, match=message):
        source.load()


def test_an_npz_whose_header_promises_more_than_it_holds_is_refused_before_it_is_read(tmp_path):
    import zipfile

    source = npz(tmp_path)
    with zipfile.ZipFile(tmp_path / "train.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["x.npy"] = members["x.npy"].replace(b"(40, 5, 6, 3)", b"(4000000, 5, 6, 3)").replace(b" " * 5, b"", 1)
    with zipfile.ZipFile(tmp_path / "train.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match=r"x promises 360000128 bytes and has 3728"):
        source.load()


def test_npz_parts_of_different_shape_are_refused(tmp_path):
    source = npz(tmp_path)
    x, y = some(20, 4, (4, 4, 3))
    np.savez(tmp_path / "test.npz", x=x, y=y)
    with pytest.raises(DataError, match=r"images of shape \(3, 5, 6\) and .* of \(3, 4, 4\); they must be equal"):
        source.load()


def test_the_measured_cifar10_subset_loads(mirror):
    source = Npz(
        train=mirror / "cifar10_train_5000.npz", test=mirror / "cifar10_test_1000.npz", n_train=400, n_valid=100, seed=0
    )
    images = source.load()
    assert images.input_shape == (3, 32, 32)
    assert np.bincount(images.train.y).tolist() == [40] * 10
    assert np.bincount(images.valid.y).tolist() == [10] * 10


# --- CIFAR -----------------------------------------------------------------------------------------------------------


def cifar(folder, n_classes=10, **changes):
    names = [f"data_batch_{n}.bin" for n in range(1, 6)] if n_classes == 10 else ["train.bin"]
    n_test = 10
    files = {name: 30 // len(names) for name in names} | {f"test{'_batch' * (n_classes == 10)}.bin": n_test}
    for name, n in files.items():
        x, y = some(n, min(n, n_classes), (3, 32, 32), seed=len(name))
        coarse = [np.full((n, 1), 77, np.uint8)] if n_classes == 100 else []
        np.concatenate([*coarse, y[:, None], x.reshape(n, -1)], axis=1).tofile(folder / name)
    fields = {"images_in_train": 30, "images_in_test": n_test, "n_train": 10, "n_valid": 5, "seed": 0}
    return Cifar(**{"n_classes": n_classes, "folder": str(folder), **fields, **changes})


@pytest.mark.parametrize("n_classes", [10, 100])
def test_cifar_reads_official_records(tmp_path, n_classes):
    images = cifar(tmp_path, n_classes).load()
    assert images.name == f"cifar{n_classes}"
    assert images.n_classes == n_classes
    assert images.input_shape == (3, 32, 32)
    assert [len(getattr(images, part).y) for part in PARTS] == [10, 5, 10]
    assert images.test.y.tolist() == list(range(10))  # the fine label, not the coarse 77
    name = "test_batch.bin" if n_classes == 10 else "test.bin"
    raw, _ = some(10, 10, (3, 32, 32), seed=len(name))
    assert np.corrcoef(raw[:, 1].ravel(), images.test.x[:, 1].ravel())[0, 1] == pytest.approx(1)


def test_cifar_files_are_checked(tmp_path):
    source = cifar(tmp_path)
    batch = tmp_path / "data_batch_3.bin"
    whole = batch.read_bytes()
    batch.write_bytes(whole[:-1])
    with pytest.raises(DataError, match=r"data_batch_3.bin has 18437 bytes; 6 records of 3073 bytes are 18438: it is"):
        source.load()
    batch.unlink()
    with pytest.raises(DataError, match=r"data_batch_3.bin does not exist; dataset.folder must hold the binary"):
        source.load()
    batch.write_bytes(bytes([200]) + whole[1:])
    with pytest.raises(DataError, match=r"has labels 0 to 200; they must lie in 0 to 9: is it a file of another data"):
        source.load()


def test_impossible_cifars_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"cifar.n_classes \(20\) must be 10 or 100"):
        Cifar(n_classes=20, folder=tmp_path, images_in_train=1, images_in_test=1, n_train=1, n_valid=1, seed=0)
    with pytest.raises(ConfigError, match=r"cifar.images_in_train \(4\) must be at least 5"):
        cifar(tmp_path, images_in_train=4)


# --- MNIST -----------------------------------------------------------------------------------------------------------


def idx(path, array, magic=None):
    head = struct.pack(f">{1 + array.ndim}I", magic or 0x800 | array.ndim, *array.shape)
    (gzip.open if path.suffix == ".gz" else open)(path, "wb").write(head + array.tobytes())


def mnist(folder, suffix="", **changes):
    for part, n in (("train", 30), ("t10k", 20)):
        x, y = some(n, 10, (7, 5), seed=n)
        idx(folder / f"{part}-images-idx3-ubyte{suffix}", x)
        idx(folder / f"{part}-labels-idx1-ubyte{suffix}", y)
    return Mnist(**{"folder": str(folder), "n_classes": 10, "n_train": None, "n_valid": 10, "seed": 0, **changes})


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_mnist_reads_idx_files(tmp_path, suffix):
    images = mnist(tmp_path, suffix).load()
    assert images.input_shape == (1, 7, 5)
    assert [len(getattr(images, part).y) for part in PARTS] == [20, 10, 20]
    assert images.test.y.tolist() == [*range(10)] * 2
    raw, _ = some(20, 10, (7, 5), seed=20)
    assert np.corrcoef(raw.ravel(), images.test.x.ravel())[0, 1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda whole: whole[:-1], "its header promises 1050 bytes, and it has"),
        (lambda whole: whole + b"?", "its header promises 1050 bytes, and it has more"),
        (lambda whole: whole[:10], "its header has 10 bytes"),
        (lambda whole: b"\x00\x00\x0d\x03" + whole[4:], "its magic number is 0x00000d03"),
        (
            lambda whole: whole[:4] + b"\xff" * 12 + whole[16:],
            "its header promises 79228162458924105385300197375 bytes",
        ),
        (lambda whole: whole[:4] + b"\x00" * 12, "its header promises 0 bytes"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_spoilt_idx_files_are_named(tmp_path, suffix, spoil, message):
    source = mnist(tmp_path, suffix)
    path = tmp_path / f"train-images-idx3-ubyte{suffix}"
    spoilt = spoil((gzip.decompress if suffix else bytes)(path.read_bytes()))
    path.write_bytes(gzip.compress(spoilt) if suffix else spoilt)
    with pytest.raises(DataError, match=rf"train-images-idx3-ubyte{suffix} cannot be read: {message}.*copy it again"):
        source.load()


@pytest.mark.parametrize("spoil", [lambda whole: whole[: len(whole) // 2], lambda whole: b"not packed"])
def test_torn_gzip_is_named(tmp_path, spoil):
    source = mnist(tmp_path, ".gz")
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz cannot be read: .* it must be an idx file"):
        source.load()


def test_mnist_parts_must_belong_together(tmp_path):
    source = mnist(tmp_path)
    idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(29, np.uint8))
    with pytest.raises(DataError, match=r"has 30 images and .* 29 labels; they must be equal"):
        source.load()
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte has labels 0 to 9; they must lie in 0 to 4"):
        mnist(tmp_path, n_classes=5).load()
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte does not exist, nor does .*.gz; dataset.folder must"):
        source.load()


def test_sources_pickle_small_even_after_loading(tmp_path):
    for source in (Digits(n_train=200, n_valid=600, seed=0), npz(tmp_path), cifar(tmp_path), mnist(tmp_path)):
        source.load()
        assert len(pickle.dumps(source)) < 600
        assert pickle.loads(pickle.dumps(source)) == source


# --- fingerprints ----------------------------------------------------------------------------------------------------


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    data, labels = load_digits(return_X_y=True)
    x, y = read_digits()
    assert np.array_equal(x.reshape(-1, 64), data)
    assert np.array_equal(y, labels)
    # Computed once, 2026-11-22, by ``digest`` from what scikit-learn 1.9.1 loads.
    assert Digits(n_train=1, n_valid=1, seed=0).fingerprint().startswith("7318201f7043")


def test_digits_that_are_torn_are_refused(tmp_path, monkeypatch):
    (tmp_path / "datasets" / "data").mkdir(parents=True)
    (tmp_path / "datasets" / "data" / "digits.csv.gz").write_bytes(b"torn")
    monkeypatch.setattr("nasray.data.image_sets.digits.find_spec", lambda name: SimpleNamespace(origin=tmp_path / "x"))
    with pytest.raises(DataError, match=r"the digits of scikit-learn .* cannot be read: .*; install scikit"):
        read_digits()


def test_a_digest_sees_type_shape_order_and_content():
    a = np.arange(6, dtype=np.uint8)
    others = [a.astype(np.int64), a.reshape(2, 3), a[::-1], a.reshape(2, 3).T]
    assert len({digest(a), digest(a, a), *map(digest, others)}) == 6
    assert digest(a[::2]) == digest(a[::2].copy())


def test_a_fingerprint_is_of_all_pixels_and_not_of_the_split(tmp_path):
    def source(n_train, folder, changed=0):
        folder.mkdir(exist_ok=True)
        for name in ("train", "test"):
            x, y = some(20, 2, (3, 4, 1))
            x[-1, -1, -1, -1] ^= changed
            np.savez_compressed(folder / name, x=x, y=y)
        return Npz(train=folder / "train.npz", test=folder / "test.npz", n_train=n_train, n_valid=5, seed=0)

    first = source(5, tmp_path / "a").fingerprint()
    assert source(9, tmp_path / "b").fingerprint() == first
    assert source(5, tmp_path / "c", changed=1).fingerprint() != first
    with pytest.raises(ConfigError, match="train has 20 training images, asked are n_train=16 and n_valid=5"):
        source(16, tmp_path / "a").fingerprint()


def test_a_source_without_a_fingerprint_is_known_by_what_it_loads():
    digits = Digits(n_train=50, n_valid=50, seed=0)
    plain, other = SimpleNamespace(load=digits.load), SimpleNamespace(load=Digits(n_train=50, n_valid=50, seed=1).load)
    assert fingerprint_of(digits) == digits.fingerprint()
    assert fingerprint_of(plain) == fingerprint_of(plain) != fingerprint_of(other)


def test_every_image_set_has_a_fingerprint(tmp_path):
    x, y = some(20, 10, (3, 32, 32))
    records = np.concatenate([y[:, None], x.reshape(20, -1)], axis=1)
    for n in range(1, 6):
        records[4 * (n - 1) : 4 * n].tofile(tmp_path / f"data_batch_{n}.bin")
    records.tofile(tmp_path / "test_batch.bin")
    for part in ("train", "t10k"):
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 20, 32, 32) + x[:, 0].tobytes())
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, 20) + y.tobytes())
    sizes = {"folder": tmp_path, "n_classes": 10, "n_train": 5, "n_valid": 5, "seed": 0}
    labels = y.astype(np.int64)
    assert Cifar(**sizes, images_in_train=20, images_in_test=20).fingerprint() == digest(x, labels, x, labels)
    assert Mnist(**sizes).fingerprint() == digest(x[:, :1], labels, x[:, :1], labels)
    sizes["n_train"] = 16
    for one in (Cifar(**sizes, images_in_train=20, images_in_test=20), Mnist(**sizes)):
        with pytest.raises(ConfigError, match="has 20 training images, asked are n_train=16 and n_valid=5; both must"):
            one.fingerprint()
