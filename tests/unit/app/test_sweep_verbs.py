"""How the commands of a sweep are given again, and how that ends."""

from pathlib import Path

import pytest

from nasray.app.sweep_folder import SweepFolder
from nasray.app.sweep_verbs import resume


@pytest.fixture
def ends(tmp_path, monkeypatch):
    """Gives a sweep of two commands again, which end with these codes; the end, and the commands that were given."""
    for seeds in ("seed=0,1", "seed=2,3"):
        SweepFolder(tmp_path, {}, (("-m", seeds),), str(tmp_path), ()).add([])

    def end(*codes):
        left, given = list(codes), []

        def command(words):
            given.append(words[1])
            assert (words[2:], Path.cwd()) == ([f"hydra.sweep.dir={tmp_path}"], tmp_path)
            if code := left.pop(0):
                raise SystemExit(code)

        monkeypatch.setattr("nasray.app.hydra_run.hydra_run", command)
        try:
            resume(tmp_path)
        except SystemExit as stop:
            return stop.code, given
        return 0, given

    return end


@pytest.mark.parametrize(
    ("codes", "whole"), [((0, 0), 0), ((101, 0), 101), ((0, 103), 103), ((101, 102), 103), ((120, 110), 125)]
)
def test_every_command_is_given_again_and_their_failures_add_up(ends, codes, whole):
    assert ends(*codes) == (whole, ["seed=0,1", "seed=2,3"])


@pytest.mark.parametrize("code", [2, 3, 130, 141, "a word"])
def test_a_command_that_ends_otherwise_ends_all(ends, code):
    assert ends(code, 0) == (code, ["seed=0,1"])
