import os
import re
from html.parser import HTMLParser
from pathlib import Path
from threading import Thread

import pytest

from nasray.core.architecture import Architecture
from nasray.core.errors import ConfigError, RecordError
from nasray.core.measurement import Cost, Measurement
from nasray.core.proposal import Proposal
from nasray.records.run_folder import RunFolder
from nasray.reports.report import write_report

VOID = {"meta", "link", "img", "br", "wbr", "hr", "input"}


class Strict(HTMLParser):
    """Collects text, and complains about tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)


def parse(path: Path) -> Strict:
    page = Strict()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def words(path: Path) -> str:
    return " ".join(" ".join(parse(path).texts).replace("\xa0", " ").split())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out" / "report.html"


def test_one_run_says_what_was_found(make_run, target):
    text = words(write_report([make_run()], target))
    assert "RegularizedEvolution on NasBench201" in text
    assert "run · seed 0 · 2026-05-04 10:22" in text
    # 94.27 - mean(91, 92, 93, 92, 92); standard deviation sqrt(2 / 4)
    assert "On TEST the best cell has 94.27 %, 2.27 points above the mean of 5 random cells" in text
    assert "scatter by ± 0.71 points" in text
    assert "It beats all of them; a cell picked at random does as well with probability 0.17" in text
    assert "92.00 % ± 0.71" in text
    assert "1 failed, ended by budget" in text
    assert "2 candidates a second" in text


def test_one_run_shows_every_part(make_run, target):
    run = make_run()
    text = words(write_report([run], target))
    for heading in ("Progress", "Best cells", "Operators", "Health", "Cost", "Configuration", "Provenance"):
        assert heading in text
    assert "Valid 95.0 %" in text
    assert "Equivalent 25.0 %" in text
    assert "slot 3: exception ValueError: <boom>" in text
    assert "nor conv 3x3" in text
    assert "population_size: 10" in text
    assert run.result["archive"] in text
    assert "ab" * 32 in text
    assert "nasray run seed=0 'note=two words'" in text
    assert "python 3.11.7" in text


@pytest.mark.parametrize("calibrated", [False, True])
def test_how_good_the_scores_were_is_shown(make_run, target, calibrated):
    row = {"part": "reserved", "scores": "Ridge", "n": 20, "distinct": 9, "tau": 0.5}
    known = {"calibration_slope": 0.5, "bias": -0.75, "coverage": 0.625} if calibrated else {}
    rows = [row | known, row | {"scores": "parameters"}]
    text = words(write_report([make_run(result={"predictor": rows})], target))
    assert "Ridge reserved slots 20 9 0.500" in text
    assert "in the whole space only if it proposes at random" in text
    assert ("Ridge reserved slots 0.500 -0.75 62.5 % (80 %) Calibration slope:" in text) == calibrated
    assert ("Intervals that held" in text) == ("Bias: mean of score minus measurement" in text) == calibrated


def test_the_command_that_replays_it_can_be_pasted(make_run, target):
    run = make_run("my run")
    assert f"nasray replay '{run.path}'" in words(write_report([run], target))


def test_the_cost_is_added_up(make_run, target):
    # 39 candidates of 0.5 s and a failure of 0.1 s: 19.6 s of work in 20 s.
    text = words(write_report([make_run()], target))
    assert "Candidates a second 0 40 20 s 20 s 0.98 2 Worker time" in text


def test_a_published_cost_is_shown_where_there_is_one(make_run, target):
    run = make_run(finished=False)
    assert "Published cost" not in words(write_report([run], target))
    journal, _ = run.reopen_journal(fsync=False)
    journal.asked(40, [Proposal(40, Architecture((0,) * 6))])
    journal.arrived([40], [Measurement(90.0, Cost(0.0, 7_200.0))], 30.0)
    journal.commit(durable=False)
    journal.close()
    assert "Published cost 0 41 \u2013 20 s \u2013 \u2013 2.0 h" in words(write_report([run], target))


def test_the_same_run_gives_the_same_bytes(make_run, target, tmp_path):
    runs = [make_run(f"run{seed}", seed=seed) for seed in range(3)]
    first = write_report(runs, target).read_bytes()
    again = write_report([RunFolder.open(run.path) for run in runs], tmp_path / "again.html").read_bytes()
    assert first == again


def test_nothing_is_loaded_and_nothing_runs(make_run, target):
    page = parse(write_report([make_run()], target))
    source = target.read_text(encoding="utf-8")
    for tag, name, value in page.attributes:
        assert tag not in {"script", "link", "img", "iframe", "object"}
        assert name not in {"src", "srcset", "style"}
        assert not name.startswith("on")
        assert name != "href" or value.startswith("#")
    assert "@import" not in source
    assert "url(" not in source
    assert "default-src 'none'" in source
    assert "https://scikit-learn.org" in source  # provenance is text, not a link


def test_it_is_made_for_phones_paper_and_the_dark(make_run, target):
    page = parse(write_report([make_run()], target))
    source = target.read_text(encoding="utf-8")
    assert ("meta", "content", "width=device-width, initial-scale=1") in page.attributes
    assert "@media print" in source
    assert "prefers-color-scheme: dark" in source
    assert "max-width: 640px" in source
    assert source.count('<div class="scroll"') == source.count("<table>")


def test_pictures_have_names_and_ids_are_unique(make_run, target):
    page = parse(write_report([make_run()], target))
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = [value for _, name, value in page.attributes if name == "aria-labelledby"]
    assert len(named) == 2 + 5
    assert {part for value in named for part in value.split()} <= set(ids)
    anchors = [value[1:] for _, name, value in page.attributes if name == "href"]
    assert set(anchors) <= set(ids)


def test_whatever_users_write_is_escaped(make_run, target):
    evil = '"><script>alert(1)</script>'
    cell = {"slot": 1, "text": evil, "value": 93.0, "operation": evil, "columns": {evil: 1.0}}
    cell["graph"] = {"operators": ["input", evil, "output"], "edges": [[0, 1], [1, 2]]}
    run = make_run(
        config={"strategy": {"_target_": evil, "name": evil}},
        manifest={
            "metric": evil,
            "command": [evil],
            "platform": evil,
            "commit": evil,
            "versions": {evil: evil},
            "data": [{"name": evil, "sha256": evil, "provenance": evil}],
        },
        result={"top": [cell], "stopped": evil, "operators": {evil: 3}},
        trace=evil,
    )
    page = parse(write_report([run], target))
    assert "script" not in {tag for tag, _, _ in page.attributes}
    assert "<script" not in target.read_text(encoding="utf-8")
    assert "".join(page.texts).count(evil) > 10


def test_seeds_become_one_arm_with_an_interval(make_run, target):
    runs = [
        make_run(f"run{seed}", seed=seed, result={"test": {"best": best, "controls": [92.0], "control_valid": [90.0]}})
        for seed, best in enumerate((94.0, 95.0, 96.0))
    ]
    text = words(write_report(runs, target))
    # Gains 2, 3, 4: three wins, the smallest p is 2 / 2**3.
    assert "Over 3 seeds the best cells have 95.00 % on TEST on average, 3.00 points above the random cells" in text
    assert "95 % interval +2.00 to +4.00; sign-flip p = 0.25, the smallest that 3 seeds can give" in text
    assert "1 configuration, 3 runs" in text
    assert "mean over seeds, with 95 % interval" in text
    assert "Regret" in text
    assert 'class="band"' in target.read_text(encoding="utf-8")
    assert all(f"nasray replay {run.path}" in text for run in runs)


def test_arms_are_compared(make_run, target):
    random = {"strategy": {"_target_": "nasray.strategies.random_search.RandomSearch"}}
    runs = []
    for seed in range(2):
        better = {"best": 94.0 + seed, "controls": [92.0], "control_valid": [90.0]}
        worse = {"best": 93.0, "controls": [92.0], "control_valid": [90.0]}
        runs.append(make_run(f"re{seed}", seed=seed, result={"test": better}))
        runs.append(make_run(f"rs{seed}", seed=seed, config=random, result={"test": worse}))
    text = words(write_report(runs, target))
    assert "2 searches compared" in text
    assert "2 configurations, 4 runs" in text
    assert "RegularizedEvolution is ahead with 94.50 % on TEST on average, 1.50 points above RandomSearch" in text
    assert "on 2 shared seeds: 95 % interval +1.00 to +2.00; sign-flip p = 0.5" in text


def test_an_unfinished_run_says_so_first(make_run, target):
    run = make_run(finished=False)
    text = words(write_report([run], target))
    assert f"Run run has not ended: 40 outcomes so far. Finish it by: nasray resume {run.path}" in text
    assert text.index("has not ended") < text.index("Progress")
    assert "TEST was not fetched" in text
    assert "Valid 97.5 %" in text  # one of 40 was repaired
    assert "nasray replay" not in text


def test_an_unfinished_run_is_left_out_beside_finished_ones(make_run, target):
    runs = [make_run("done"), make_run("open", seed=1, finished=False)]
    text = words(write_report(runs, target))
    assert "Run open has not ended: 40 outcomes so far. It is left out of everything below." in text
    assert "On TEST the best cell has 94.27 %" in text


def test_a_run_without_outcomes_says_so(make_run, target):
    text = words(write_report([make_run(n=0, finished=False)], target))
    assert "Run run has no outcome: there is nothing to show of it yet." in text
    assert "Progress" not in text
    assert "population_size: 10" in text


def test_a_run_whose_journal_is_empty_is_a_clear_error(make_run, target):
    run = make_run()
    run.journal_path.write_bytes(b"")
    with pytest.raises(RecordError, match="is empty"):
        write_report([run], target)
    assert not target.exists()


def test_a_run_in_which_everything_failed(make_run, target):
    text = words(write_report([make_run(n=60, failed=tuple(range(60)), result={"test": None})], target))
    assert "Nothing could be measured: all 60 candidates failed." in text
    assert "10 more in the journals." in text


def test_one_evaluation_is_enough(make_run, target):
    assert "90.00 %" in words(write_report([make_run(n=1, result={"test": None, "optimum": None})], target))


def test_a_space_without_graphs(make_run, target):
    plain = {"slot": 1, "text": "a", "value": 93.0, "operation": "random", "columns": {}, "graph": None}
    text = words(write_report([make_run(result={"top": [plain]})], target))
    assert "No cell can be drawn" in text
    assert "Not known for this run." in text


def test_a_metric_that_is_no_percentage(make_run, target):
    run = make_run(manifest={"metric": "valid negative loss"}, result={"test": None})
    text = words(write_report([run], target))
    assert "VALID of the best 91.65 slot 33, mutation; 7.35 below the best there is" in text
    assert "Best so far, valid negative loss" in text


def test_repeats_clocks_and_uncommitted_changes_are_told(make_run, target):
    late = {"stopped": "clock"}
    runs = [
        make_run("one", seed=1),
        make_run("two", seed=1),
        make_run("three", seed=2, manifest={"dirty": True}, result=late),
    ]
    text = words(write_report(runs, target))
    assert "Run two repeats seed 1 of the same configuration: that is one sample, so it is left out." in text
    assert "Run three was stopped by the clock" in text
    assert "three: made from a working tree with uncommitted changes" in text
    assert "Over 2 seeds" in text


def test_a_folder_gets_report_html(make_run, tmp_path):
    run = make_run()
    assert write_report([run], run.path) == run.path / "report.html"


def test_no_run_is_refused(target):
    with pytest.raises(ConfigError, match="at least one run folder"):
        write_report([], target)


def test_one_run_twice_is_refused(make_run, target):
    run = make_run()
    with pytest.raises(ConfigError, match="given twice"):
        write_report([run, run], target)


def test_different_metrics_are_refused(make_run, target):
    runs = [make_run("a"), make_run("b", manifest={"metric": "valid loss"})]
    with pytest.raises(
        ConfigError, match=r"metric is 'valid accuracy \(%\)' in .*/a, but 'valid loss' in .*/b\. Write"
    ):
        write_report(runs, target)


def test_links_and_pipes_stay_what_they_are(make_run, tmp_path):
    run, link, pipe = make_run(), tmp_path / "link.html", tmp_path / "pipe"
    link.symlink_to(tmp_path / "page.html")
    assert write_report([run], link) == link
    assert link.is_symlink()
    os.mkfifo(pipe)
    read = []
    reader = Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_report([run], pipe)
    reader.join()
    assert pipe.is_fifo()
    assert read == [(tmp_path / "page.html").read_bytes()]


def test_a_target_that_cannot_be_written_is_a_clear_error(make_run, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RecordError, match="cannot be written"):
        write_report([make_run()], tmp_path / "file" / "report.html")


def test_the_page_stays_small(make_run, target):
    assert write_report([make_run(n=400)], target).stat().st_size < 80_000


def test_failed_slots_are_cut_out_of_the_curve(make_run, target):
    write_report([make_run(failed=(0, 1, 2))], target)
    line = re.search(r'class="line" d="M([\d.]+)', target.read_text(encoding="utf-8"))
    assert line is not None
    # 40 slots on 52 … 950 pixels: the curve begins at the fourth evaluation, 52 + 3 / 39 * 898.
    assert float(line.group(1)) == pytest.approx(121.1)
