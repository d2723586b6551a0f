"""What the command line says about itself: help, completion, version, doctor; and how long that takes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nasray as package

VERBS = ("run", "resume", "report", "replay", "doctor", "data")


def shell(words: list[str]) -> list[str]:
    """What bash is offered for the last of ``words``, which bash has cut at ``=``."""
    environment = {
        **os.environ,
        "_NASRAY_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    command = str(Path(sys.executable).with_name("nasray"))  # the name that the shell completes for
    done = subprocess.run([command], capture_output=True, text=True, env=environment, check=False, timeout=60)
    return done.stdout.split()


def test_the_overview_names_every_verb(nasray) -> None:
    ended = nasray("--help")
    assert ended.code == 0
    assert all(f" {verb} " in ended.out for verb in VERBS)
    assert "experiment=smoke" in ended.out


@pytest.mark.parametrize(
    "words", [*((verb,) for verb in VERBS[1:-1]), *(("data", verb) for verb in ("list", "verify", "fetch", "import"))]
)
def test_every_verb_has_an_example(nasray, words: tuple[str, ...]) -> None:
    ended = nasray(*words, "--help")
    assert ended.code == 0
    assert f"Example: nasray {' '.join(words)}" in " ".join(ended.out.split())


def test_run_help_lists_groups_settings_and_examples(nasray) -> None:
    ended = nasray("run", "--help")
    assert ended.code == 0, ended
    groups = dict(line.split(": ", 1) for line in ended.out.splitlines() if ": " in line)
    assert {"random_search", "regularized_evolution"} <= set(groups["strategy"].split(", "))
    assert {"smoke", "digits201"} <= set(groups["experiment"].split(", "))
    assert "population_size: 20" in ended.out
    assert "nasray run -m strategy=random_search,regularized_evolution seed=0,1,2" in ended.out
    assert "${hydra.help" not in ended.out


def test_the_version_is_printed(nasray) -> None:
    ended = nasray("--version")
    assert (ended.code, ended.out) == (0, f"nasray {package.__version__}\n")


def test_hydras_own_options_pass_through(nasray, tmp_path: Path) -> None:
    group = tmp_path / "mine" / "strategy"
    group.mkdir(parents=True)
    (group / "mine.yaml").write_text("_target_: nasray.strategies.random_search.RandomSearch\n")
    ended = nasray("run", "seed=7", "-cd", "mine", "strategy=mine", "--cfg", "job", "--resolve")
    assert ended.code == 0, ended
    assert "name: mine-training-7" in ended.out
    assert "_target_: nasray.strategies.random_search.RandomSearch" in ended.out
    assert not list(tmp_path.glob("runs/**/*"))


def test_verbs_and_overrides_are_completed() -> None:
    assert shell(["nasray", "re"]) == ["resume", "report", "replay"]
    assert shell(["nasray", "run", "strat"]) == ["strategy="]
    assert shell(["nasray", "run", "strategy", "=", "reg"]) == ["regularized_evolution"]
    assert shell(["nasray", "run", "seed", "=", "1", "budget.e"]) == ["budget.evaluations="]


def test_help_and_doctor_import_neither_ray_nor_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from nasray.app.cli import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "assert not {'ray', 'torch', 'hydra', 'numpy', 'pyarrow'} & set(sys.modules), 'help'\n"
        "app(['doctor'], standalone_mode=False)\n"
        "assert not {'ray', 'torch', 'hydra', 'scipy', 'wandb'} & set(sys.modules), 'doctor'\n"
        "app(['run', 'evaluator=synthetic', 'executor=simulator', 'tracking=none', '--cfg', 'job'])\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True, timeout=60)


def test_a_simulated_run_starts_without_ray_torch_and_scipy(tmp_path: Path) -> None:
    code = (
        "import sys; from nasray.app import session\n"
        "session._report = lambda run: sys.exit(len({'ray', 'torch', 'scipy', 'wandb', 'pandas'} & set(sys.modules)))\n"
        "from nasray.app.cli import app\n"
        "app(['run', 'evaluator=synthetic', 'executor=simulator', 'tracking=none'], standalone_mode=False)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"120/120 evaluations" in done.stderr


def test_the_installed_command_refuses_with_code_2(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from nasray.app.cli import main; main()", "run", "sed=1"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("nasray: sed: the configuration has no such setting (did you mean seed?)")
    assert done.stdout == ""


def test_output_survives_a_terminal_that_knows_ascii_only(tmp_path: Path) -> None:
    words = ["run", "evaluator=synthetic", "executor=simulator", "tracking=none", "budget.evaluations=5"]
    done = subprocess.run(
        [sys.executable, "-c", "from nasray.app.cli import main; main()", *words],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        timeout=60,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert b"best cell   |" in done.stdout


def test_doctor_says_what_is_there_and_never_a_keys_value(nasray, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "a-very-secret-value")
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("NASRAY_DATA_MIRROR", str(tmp_path / "gone"))
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    ended = nasray("doctor")
    assert ended.code == 0, ended
    assert "a-very-secret-value" not in ended.out + ended.err
    for line in (
        f"versions   nasray {package.__version__}, python ",
        "GPU ",
        "key        WANDB_API_KEY present",
        "key        HF_TOKEN not set",
        f"mirror     {tmp_path / 'gone'} (no such folder)",
        "Ray        nothing answers at RAY_ADDRESS 127.0.0.1:1",
        "table      nasbench201: missing; see `nasray data fetch --help`",
        f"GiB free in {tmp_path / 'data'}",
    ):
        assert line in ended.out


def test_doctor_finds_what_wandb_login_left(nasray, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_BASE_URL", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    missing = f"key        WANDB_API_KEY not set, and W&B has no login in {tmp_path / 'netrc'}; for tracking="
    assert missing in nasray("doctor").out
    (tmp_path / "netrc").write_text("machine api.wandb.ai\n  login user\n  password a-very-secret-value\n")
    ended = nasray("doctor")
    assert f"key        WANDB_API_KEY not set, but W&B has a login in {tmp_path / 'netrc'}" in ended.out
    assert "a-very-secret-value" not in ended.out + ended.err
    monkeypatch.setenv("WANDB_BASE_URL", "https://elsewhere.example")
    assert missing in nasray("doctor").out
    (tmp_path / "netrc").write_text("neither this nor that")
    assert missing in nasray("doctor").out
