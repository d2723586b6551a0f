"""A run with a generator: the same archive whether it lives here or in a host."""

import json

import pytest

from nasray.app.cli import app

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]
SMALL = (
    "strategy=gpt_evolution",
    "strategy.population_size=6",
    "strategy.generations=3",
    "strategy.learn_from_best=3",
    "generator.adapt_epochs=1",
    "evaluator=synthetic",
    "executor=simulator",
    "tracking=none",
    "budget.evaluations=18",
    "width=6",
    "controls=0",
)


@pytest.fixture
def search(tmp_path, monkeypatch, capsys):
    """Runs the command line in this process; gives the archive's hash."""
    from hydra.core.global_hydra import GlobalHydra

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NASRAY_DATA", str(tmp_path / "data"))

    def run(*overrides):
        GlobalHydra.instance().clear()
        with pytest.raises(SystemExit) as ended:
            app(["run", *SMALL, *overrides])
        assert not ended.value.code, "".join(capsys.readouterr())
        folder = max(tmp_path.glob("runs/*/*"), key=lambda one: one.stat().st_mtime_ns)
        return json.loads((folder / "result.json").read_text())["archive"]

    return run


def test_in_a_host_the_archive_is_the_same(search):
    from nasray.actors import directory

    here = search()
    assert search("host.where=host", "host.name=for-a-test") == here
    served = directory.health("for-a-test-generator", patience_seconds=60.0)
    assert served["items"] > 0
    directory.stop("for-a-test-generator")
    assert search("generator=random_gpt", "strategy.learn_from_best=null") != here
