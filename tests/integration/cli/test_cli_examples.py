"""Every example that a --help prints does what it shows."""

import re
import shlex
import shutil
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from nasray.app.cli import app


def texts(command: Any) -> Iterator[str]:
    """Help and epilog of a command and of all below it."""
    yield f"{command.help or ''} {command.epilog or ''}"
    for inner in getattr(command, "commands", {}).values():
        yield from texts(inner)


ROOT = typer.main.get_command(app)
EXAMPLES = [example for text in texts(ROOT) for example in re.findall(r"`nasray ([^`]+)`", text)]
RUNS = [shlex.split(example) for example in EXAMPLES if example.startswith("run ")]
OTHERS = [shlex.split(example) for example in EXAMPLES if not example.startswith("run ")]


def printed_by_run(nasray) -> list[list[str]]:
    shown = nasray("run", "--help").out.partition("== Examples ==")[2]
    # What an example does stands beside it, two blanks or more away.
    return [
        shlex.split(re.split(r" {2,}", line)[0])[1:] for line in shown.splitlines() if line.startswith("nasray run")
    ]


def test_there_are_examples_to_be_tested(nasray) -> None:
    assert len(EXAMPLES) >= 12
    assert len(printed_by_run(nasray)) >= 6


@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_an_example_is_understood(words: list[str]) -> None:
    command: Any = ROOT
    while hasattr(command, "commands"):
        name, *words = words
        command = command.commands[name]
    command.make_context("nasray", words)


def test_examples_about_runs_do_what_they_show(nasray, one_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webbrowser, "open", lambda address: True)
    verbs = [words for words in OTHERS if words[0] in ("resume", "replay", "report", "doctor")]
    assert {words[0] for words in verbs} == {"resume", "replay", "report", "doctor"}
    for words in verbs:
        for word in words:
            if word.startswith("runs"):
                shutil.copytree(one_run, Path(word) / ("" if words[0] != "report" else "one"), dirs_exist_ok=True)
        ended = nasray(*words)
        assert ended.code == 0, (words, ended)
        shutil.rmtree("runs", ignore_errors=True)


def test_the_examples_of_the_overview_work_one_after_the_other_among_other_runs(nasray, quick) -> None:
    overview = [shlex.split(example) for example in re.findall(r"`nasray ([^`]+)`", ROOT.epilog or "")]
    assert [words[0] for words in overview] == ["run", "report", "doctor"]
    assert nasray("run", *quick, "space=darts").code == 0
    for words in (*overview, *overview):
        ended = nasray(*words, *(("executor=simulator", "tracking=none") if words[0] == "run" else ()))
        assert ended.code == 0, (words, ended)


def test_examples_of_run_compose(nasray, tmp_path: Path) -> None:
    group = tmp_path / "my_conf" / "strategy"
    group.mkdir(parents=True)
    (group / "my_strategy.yaml").write_text("_target_: nasray.strategies.random_search.RandomSearch\n")
    for words in [*RUNS, *printed_by_run(nasray)]:
        one = [re.sub(r",.*", "", word) for word in words if word != "-m"]
        ended = nasray(*one, *(() if "--cfg" in one else ("--cfg", "job")))
        assert ended.code == 0, (words, ended)


def test_the_sweep_of_the_examples_runs(nasray, quick, tmp_path: Path) -> None:
    (sweep,) = [words for words in printed_by_run(nasray) if "-m" in words]
    ended = nasray(*sweep, *quick)
    assert ended.code == 0, ended
    assert len(list(tmp_path.glob("runs/sweeps/*/*/*/result.json"))) == 6


def test_sweeps_that_begin_in_the_same_second_have_folders_of_their_own(nasray, quick, tmp_path: Path) -> None:
    words = ("-m", "seed=0", *quick, "budget.evaluations=20")
    assert [nasray("run", *words).code for _ in range(3)] == [0, 0, 0]
    assert len(list(tmp_path.glob("runs/sweeps/*/*"))) == 3
