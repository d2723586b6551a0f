"""Several processes use one folder for the first time at the same moment."""

import subprocess
import sys
import time
from pathlib import Path

SCRIPT = """
import sys, time
from pathlib import Path
import numpy as np
from nasray.core.architecture import Architecture
from nasray.data.catalog import Catalog
from nasray.data.column import Column
from nasray.data.rows import Rows
from nasray.data.table_entry import TableEntry
from nasray.data.table_file import sha256_of
from nasray.core.measurement import Split
from nasray.spaces.nasbench201 import NasBench201

home = Path(sys.argv[1])
column = Column(
    dataset="toy", split=Split.VALID, epochs=1, quantity="accuracy", unit="%", direction="higher", seeds="1"
)

def read(path, space):
    with (home / "reads").open("a") as file:
        file.write("read\\n")
    time.sleep(0.5)
    return Rows(np.array([[0] * 6, [3] * 6], np.int8), {"toy_valid_1": np.array([10.0, 90.0])})

entry = TableEntry(
    name="toy", space="NAS-Bench-201", n_rows=2, file_name="toy.csv.gz", sha256=sha256_of(home / "toy.csv.gz"),
    addresses=(), provenance="", licence="", columns=(column,), read=read, complete=False,
)
(home / f"ready-{sys.argv[2]}").touch()
while not (home / "go").exists():
    time.sleep(0.005)
catalog = Catalog(folder=home / "tables", mirror=home, entries=(entry,))
table = catalog.open("toy", NasBench201(channels=16, cells_per_stage=5))
print(table.sha256, table.column("toy_valid_1")[table.rows([Architecture((3,) * 6)])].tolist())
"""


def start(home: Path, number: int) -> subprocess.Popen:
    command = [sys.executable, "-c", SCRIPT, str(home), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_one_imports_and_all_read(tmp_path):
    (tmp_path / "toy.csv.gz").write_bytes(b"anything")
    together = [start(tmp_path, number) for number in range(3)]
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("ready-*"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    (tmp_path / "go").touch()
    said = [process.communicate(timeout=60) for process in together]
    assert [error for _, error in said] == ["", "", ""]
    assert len({output for output, _ in said}) == 1
    assert said[0][0].endswith("[90.0]\n")
    assert (tmp_path / "reads").read_text() == "read\n"


def test_a_process_killed_while_importing_holds_nobody_up(tmp_path):
    (tmp_path / "toy.csv.gz").write_bytes(b"anything")
    first = start(tmp_path, 0)
    (tmp_path / "go").touch()
    while not (tmp_path / "reads").exists() and first.poll() is None:
        time.sleep(0.005)
    first.kill()
    first.communicate()
    output, error = start(tmp_path, 1).communicate(timeout=60)
    assert error == ""
    assert output.endswith("[90.0]\n")
    assert (tmp_path / "reads").read_text() == "read\nread\n"
