"""A run with a predictor, from the command line: here, in a host, resumed, replayed, and what is refused."""

import json
import time
from pathlib import Path

import pytest

from nasray.app.cli import app
from nasray.app.session import resume
from nasray.records.run_folder import RunFolder
from nasray.strategies.screened import NOTE

SMALL = ("executor=simulator", "evaluator=synthetic", "tracking=none", "budget.evaluations=40", "width=4", "controls=0")
SCREENED = ("strategy=screened", "strategy.warm_up=10", "predictor=ridge")


@pytest.fixture
def nasray(tmp_path, monkeypatch, capsys):
    """Runs the command line in this process; gives the exit code, what was printed, and the run folder."""
    from hydra.core.global_hydra import GlobalHydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASRAY_DATA", str(tmp_path / "data"))

    def run(*arguments):
        GlobalHydra.instance().clear()
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            app(list(arguments))
        folders = sorted(tmp_path.glob("runs/*/*"), key=lambda folder: folder.stat().st_mtime_ns)
        return ended.value.code or 0, "".join(capsys.readouterr()), folders[-1] if folders else None

    return run


def archive(folder: Path) -> str:
    return json.loads((folder / "result.json").read_text())["archive"]


def test_scores_are_journaled_and_a_resumed_run_finds_the_same(nasray):
    code, said, folder = nasray("run", *SMALL, *SCREENED)
    assert code == 0, said
    whole, found = archive(folder), (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    assert sum(line.count(f'"{NOTE}"'.encode()) for line in found) == 27
    (folder / "result.json").unlink()
    (folder / "journal.jsonl").write_bytes(b"".join(found[: len(found) // 2]))
    assert resume(folder)["archive"] == whole
    assert RunFolder.open(folder).result["archive"] == whole
    code, said, _ = nasray("replay", str(folder))
    assert code == 0, said


@pytest.mark.ray
def test_in_a_host_the_run_is_the_same(nasray, ray_cluster):
    from nasray.actors import directory

    _, _, here = nasray("run", *SMALL, *SCREENED)
    code, said, there = nasray("run", *SMALL, *SCREENED, "host.where=host", "host.name=for-a-test")
    assert code == 0, said
    assert there != here
    assert archive(there) == archive(here)
    code, said, _ = nasray("run", *SMALL, *SCREENED, "host.where=host", "host.name=for-a-test", "predictor.shrinkage=2")
    assert code == 2
    assert "host for-a-test serves configuration" in said
    code, said, _ = nasray("host", "list")
    assert "for-a-test" in said
    assert "270 items" in said  # 27 slots of 10 candidates
    assert "(at most 16); 0 waiting" in said
    until = time.monotonic() + 60
    while True:
        code, said, _ = nasray("status")
        if said.startswith("cluster     1 node; free: 2 of 2 CPUs, 0 of 0 GPUs\nfor-a-test "):
            break
        assert time.monotonic() < until, said  # what earlier tests held is given back with a delay
    code, said, _ = nasray("host", "stop", "for-a-test")
    assert (code, said) == (0, "for-a-test is stopped\n")
    assert "for-a-test" not in directory.names()
    code, said, _ = nasray("host", "stop", "for-a-test")
    assert code == 2
    assert "no host is called 'for-a-test' on this cluster" in said


@pytest.mark.parametrize("space", ["block_chain", "hat_small"])
def test_operator_embeddings_are_there_for_chains_and_transformers(nasray, space):
    gcn = ("strategy=screened", "strategy.warm_up=10", "predictor=gcn", "predictor.epochs=3", f"space={space}")
    code, said, folder = nasray("run", *SMALL, *gcn, "budget.evaluations=20")
    assert code == 0, said
    assert (folder / "journal.jsonl").read_bytes().count(f'"{NOTE}"'.encode()) == 7


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["strategy=screened"], "Screened needs a predictor and got none; choose one, e.g. predictor=ridge"),
        (["predictor=ridge"], "predictor Ridge is chosen, but no part of the run asks for one"),
        ([*SCREENED, "predictor.shrinkage=-1.0"], "Ridge shrinkage (-1.0) must be above 0"),
        (
            ["strategy=screened", "predictor=rank_sum", "predictor.table=digits201", "space=transnas_micro"],
            "table digits201 is of space nasbench201, but TransNasMicro cannot read its row",
        ),
        ([*SCREENED, "host.where=moon"], "host.where ('moon')"),
        ([*SCREENED, "host.batch_size=0"], "host.batch_size (0)"),
        ([*SCREENED, "~host"], "host is missing; put it back"),
    ],
)
def test_bad_input_is_refused_with_one_message(nasray, overrides, message):
    code, said, folder = nasray("run", *SMALL, *overrides)
    assert code == 2
    assert message in said
    assert "Traceback" not in said
    assert folder is None


def test_report_and_result_say_how_good_the_predictor_was(nasray):
    code, said, folder = nasray("run", *SMALL, *SCREENED, "strategy.reserved=0.5")
    assert code == 0, said
    rows = json.loads((folder / "result.json").read_text())["predictor"]
    assert [(row["part"], row["scores"]) for row in rows] == [
        (part, scores) for part in ("reserved", "all") for scores in ("Ridge", "parameters", "live parameters")
    ]
    assert all(-1 <= row["tau"] <= 1 and row["distinct"] > 1 for row in rows)
    assert rows[3]["n"] == 27
    assert 'id="predictor"' in (folder / "report.html").read_text()
    assert "Calibration slope" not in (folder / "report.html").read_text(), "ranks are not in the unit of the value"
    code, said, folder = nasray("run", *SMALL)
    assert json.loads((folder / "result.json").read_text())["predictor"] is None
    assert 'id="predictor"' not in (folder / "report.html").read_text()


def test_a_leak_is_refused_or_marked(nasray):
    pretrained = ("strategy=screened", "predictor=gcn_nasbench101_transnas", "space=transnas_micro")
    quick = ("budget.evaluations=2", "strategy.candidates=2")
    code, said, folder = nasray("run", *SMALL, *pretrained)
    assert (code, folder) == (2, None)
    assert "was trained on transnas_micro.class_scene_valid_25, which has the cells of" in said
    code, said, folder = nasray("run", *SMALL, *pretrained, *quick, "predictor.leak=allow")
    assert code == 0, said
    assert "leak        allowed: gcn_nasbench101_transnas was trained on transnas_micro.class_scene_valid_25" in said
    assert "leak allowed: gcn_nasbench101_transnas was trained on" in (folder / "report.html").read_text()


def test_a_predictor_that_reads_test_is_refused(nasray, mirror, tmp_path):
    overrides = ("strategy=screened", "predictor=table_lookup", "predictor.table=nasbench201")
    column = "predictor.column=cifar10_test_200"
    where = f"paths.mirror={mirror}"
    code, said, folder = nasray("run", *SMALL, *overrides, column, where)
    assert (code, folder) == (2, None), said
    assert "TableLookup column cifar10_test_200 was measured on TEST, which no part of a search may see" in said


@pytest.mark.parametrize(("dataset", "code"), [("cifar10", 2), ("cifar100", 0)])
def test_a_predictor_that_reads_what_it_is_judged_by_is_refused(nasray, mirror, dataset, code):
    small = [one for one in SMALL if not one.startswith("evaluator")] + ["budget.evaluations=2"]
    lookup = ["predictor=table_lookup", "predictor.table=nasbench201", f"predictor.column={dataset}_valid_200"]
    words = ["predictor.vocabulary=[none,skip_connect,nor_conv_1x1,nor_conv_3x3,avg_pool_3x3]", "predictor.replace={}"]
    where = f"paths.mirror={mirror}"
    got, said, folder = nasray(
        "run", *small, "strategy=screened", "evaluator=table_nasbench201", *lookup, *words, where
    )
    assert got == code, said
    assert (folder is None) == bool(code)
    refused = "the predictor reads cifar10_valid_200 of nasbench201, by which the search is judged"
    assert (refused in said) == bool(code)


def test_a_calibrated_predictor_is_held_to_its_claims(nasray):
    settings = ("strategy=screened", "strategy.warm_up=20", "predictor=calibrated", "budget.evaluations=60")
    code, said, folder = nasray("run", *SMALL, *settings)
    assert code == 0, said
    predictor, *controls = json.loads((folder / "result.json").read_text())["predictor"]
    assert {"calibration_slope", "bias", "coverage"} <= set(predictor)
    assert not any({"calibration_slope", "bias", "coverage"} & set(row) for row in controls)
    journal = (folder / "journal.jsonl").read_text()
    assert journal.count('"in_unit":true') >= predictor["n"]
    assert "Calibration slope" in (folder / "report.html").read_text()
