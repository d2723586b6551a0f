"""The walk-through, done: its files are written, its commands run, as they stand in the document."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "walkthrough.md"
BLOCK = re.compile(r"^```(python|yaml|bash)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# (\S+\.(?:py|yaml))\n")


def blocks(kind: str) -> list[str]:
    return [text for language, text in BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")) if language == kind]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The reader's folder, with every file of the document in it."""
    folder = tmp_path_factory.mktemp("walkthrough")
    for text in [*blocks("python"), *blocks("yaml")]:
        path = folder / FILE_NAME.match(text)[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def do(commands: str, folder: Path) -> str:
    """What the reader sees, who has an environment with nasray in it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder), "NASRAY_DATA": str(folder / "data")}
    done = subprocess.run(
        ["bash", "-euc", commands], cwd=folder, env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_searches_run_and_find_something(folder):
    climb, screen, _ = blocks("bash")
    for commands in (climb, screen):
        assert "best cell" in do(commands, folder)
    results = [json.loads(path.read_text()) for path in sorted(folder.glob("runs/*/*/result.json"))]
    assert [result["evaluations"] for result in results] == [100, 100]
    assert all(result["best"]["value"] > max(result["test"]["controls"]) for result in results)
    assert results[0]["archive"] != results[1]["archive"]


def test_the_parts_pass_the_suites(folder):
    said = do(blocks("bash")[2], folder)
    assert " passed" in said
    assert "failed" not in said


def test_every_file_that_the_document_lists_is_in_it(folder):
    listed = re.findall(r"\S+\.(?:py|yaml)", DOCUMENT.read_text(encoding="utf-8").split("```")[1])
    assert len(listed) == 7
    assert all((folder / name).is_file() for name in listed)
