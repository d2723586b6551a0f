"""What a sweep's folder keeps and refuses."""

import json

import pytest

from nasray.app.sweep_folder import SweepFolder, base_of, differences
from nasray.app.sweep_job import Job
from nasray.core.errors import ConfigError, RecordError

ONE, TWO = Job.of(["seed=1"], ()), Job.of(["seed=2"], ())


def empty(path, base=None, command=("-m", "seed=1,2")) -> SweepFolder:
    return SweepFolder(path, {"budget": {"evaluations": 20}} if base is None else base, (command,), "here", ())


def test_jobs_and_commands_add_up_and_are_read_again(tmp_path):
    first = empty(tmp_path / "sweep").add([ONE])
    both = empty(tmp_path / "sweep", command=("-m", "seed=2")).add([ONE, TWO])
    assert first.jobs == (ONE,)
    assert both.jobs == (ONE, TWO)
    assert both.commands == (("-m", "seed=1,2"), ("-m", "seed=2"))
    assert SweepFolder.open(tmp_path / "sweep") == both


def test_a_known_job_keeps_its_folder_and_learns_where_it_runs(tmp_path):
    empty(tmp_path / "sweep").add([Job.of(["strategy=a", "seed=0"], ["seed=0"])])
    moved = Job.of(["seed=0", "strategy=a", "ray.address=here:6379"], ())
    (job,) = empty(tmp_path / "sweep").add([moved]).jobs
    assert job.folder == f"a-{moved.identity}"
    assert job.overrides == moved.overrides
    assert SweepFolder.open(tmp_path / "sweep").jobs == (job,)


def test_a_command_in_another_order_is_the_same_command(tmp_path):
    for command in (("-m", "seed=1,2", "width=4"), ("-m", "width=4", "seed=1,2")):
        sweep = empty(tmp_path / "sweep", command=command).add([ONE, TWO])
    assert sweep.commands == (("-m", "width=4", "seed=1,2"),)


def test_a_command_that_is_given_again_elsewhere_takes_the_place_of_the_first(tmp_path):
    first = ("-m", "seed=1,2", "ray.address=gone:6379", "tracking=none", "hydra/launcher=nasray")
    SweepFolder(tmp_path / "s", {}, (first,), "/", ()).add([])
    again = SweepFolder.open(tmp_path / "s").commands_at(["ray.address=here:6379"])
    assert again == (("-m", "seed=1,2", "tracking=none", "hydra/launcher=nasray", "ray.address=here:6379"),)
    SweepFolder(tmp_path / "s", {}, again, "/", ()).add([])
    assert SweepFolder.open(tmp_path / "s").commands == again
    assert SweepFolder.open(tmp_path / "s").commands_at([]) == again
    with pytest.raises(ConfigError, match=r"on another cluster at most .*'seed=3' was given"):
        SweepFolder.open(tmp_path / "s").commands_at(["seed=3"])


def test_another_base_configuration_is_refused_with_the_difference(tmp_path):
    empty(tmp_path).add([ONE])
    rule = r"is a sweep of another configuration: budget.evaluations was 20, now it is 30; take the change back, or"
    with pytest.raises(ConfigError, match=rule):
        empty(tmp_path, {"budget": {"evaluations": 30}}).add([ONE])


def test_long_differences_are_cut(tmp_path):
    empty(tmp_path, {f"k{i}": 0 for i in range(20)}).add([ONE])
    with pytest.raises(ConfigError, match=r"k7 was 0, now it is 1; …; take"):
        empty(tmp_path, {f"k{i}": 1 for i in range(20)}).add([ONE])


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "multirun.yaml").touch()  # Hydra's own
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(RecordError, match=r"holds thesis\.tex, but no sweep; choose another folder"):
        empty(tmp_path).add([ONE])


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match=r"cannot be written .*; choose another folder"):
        empty(tmp_path / "file" / "sweep").add([ONE])


def test_a_folder_without_a_sweep_is_refused(tmp_path):
    with pytest.raises(RecordError, match=r"holds no sweep: sweep\.json is missing"):
        SweepFolder.open(tmp_path)


def test_an_edited_sweep_is_refused(tmp_path):
    (tmp_path / "sweep.json").write_text(json.dumps({"schema": 2, "jobs": [{}]}))
    with pytest.raises(RecordError, match="was edited, or is not a sweep's"):
        SweepFolder.open(tmp_path)


def test_failures_are_counted_and_a_torn_line_is_passed_over(tmp_path):
    sweep = empty(tmp_path).add([ONE, TWO])
    assert sweep.failures() == ({}, {})
    for message in ("first", "second"):
        sweep.note_failure(ONE, message)
    with (tmp_path / "failures.jsonl").open("ab") as file:
        file.write(b'{"job": to')
    sweep.note_failure(TWO, "lost with the torn line")
    sweep.note_failure(TWO, "third")
    counted, last = sweep.failures()
    assert counted == {ONE.identity: 2, TWO.identity: 1}
    assert last == {ONE.identity: "second", TWO.identity: "third"}


def test_the_base_leaves_out_where_a_search_runs():
    config = {"seed": 0, "paths": {"runs": "x"}, "ray": {}, "tracking": {}, "genes": (1, 2)}
    assert base_of(config) == {"seed": 0, "genes": [1, 2]}


def test_differences_are_told_by_their_paths():
    then, now = {"a": {"b": 1, "c": 2}, "d": {}, "f": None}, {"a": {"b": 1, "c": 3}, "e": 4, "f": None}
    assert differences(then, now) == [
        "a.c was 2, now it is 3",
        "d was {}, now it is not there",
        "e was not there, now it is 4",
    ]
