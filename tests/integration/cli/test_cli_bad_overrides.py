"""Every way to misspell a run: one message (got, rule, remedy), code 2, nothing left behind."""

from pathlib import Path

import pytest
import torch

SPELLING = [
    ("sed=3", r"sed: the configuration has no such setting (did you mean seed?); it has: space, strategy,"),
    ("straegy=random_search", "straegy: the configuration has no such setting (did you mean strategy?)"),
    ("budget.evaluatons=3", "budget.evaluatons: the section budget has no such setting (did you mean evaluations?)"),
    ("strategy.population_sze=5", "(did you mean population_size?); it has: population_size, tournament_size"),
    ("population_size=5", "(did you mean strategy.population_size?)"),
    ("startegy.population_size=5", "startegy: the configuration has no such setting (did you mean strategy?)"),
    ("foo.bar=1", "foo: the configuration has no such setting; it has: space,"),
    ("+foo=1", "foo (1) is not a setting; take it away"),
    (
        "strategy=random_serch",
        "strategy=random_serch: the group strategy has no such option (did you mean random_search",
    ),
    ("experiment=smok", "experiment=smok: the group experiment has no such option (did you mean smoke?)"),
    ("debug=smal", "debug=smal: the group debug has no such option (did you mean small?); its options: small"),
    ("strategy=null", "strategy=null: an option of a group must be named"),
    ("refiner=null", "refiner=null: an option of a group must be named; to do without, take it away by ~refiner"),
    ("strategy/inner=random_search", "a part within another is chosen by strategy@strategy.inner=NAME"),
    ("strategy=[random_search,nope]", "Could not load 'strategy/nope'; an option is a YAML file"),
    ("+hydra.searchpath.9=a", "hydra.searchpath[9]: the list has no such place; a list is given whole: KEY=[…, …]"),
    ("strategy={patience: 3}", "to put another part in its place: ~strategy '+strategy={…}'"),
    ("seed==1", "'seed==1' cannot be read (extraneous input '='); an override is KEY=VALUE"),
    ("seed=[1", "'seed=[1' cannot be read"),
    (
        "strategy=\u00e9",
        "'strategy=\u00e9' cannot be read (\u00e9 can stand in quotes only: \"KEY='VALUE'\"); an override",
    ),
    ("strategy='\u00e9'", "strategy=\u00e9: the group strategy has no such option"),
    ("seed", "'seed' cannot be read (missing EQUAL at '<EOF>'); an override is KEY=VALUE"),
    ("seed=1,2", "seed=1,2: several values make a sweep, which needs -m"),
    ("dataset=cifar10", "dataset.folder: it has no value; give it one on the command line: dataset.folder=VALUE"),
    ("width=${nope}", "width: Interpolation key 'nope' not found; give it one"),
    ("~seed", "hydra.run.dir: Interpolation key 'seed' not found"),
    ("~strategy", "strategy is missing; put it back"),
    ("hydra/launcher=slurm", "the group hydra/launcher has no such option; its options: basic"),
    ("seed=9223372036854775808", "seed (9223372036854775808) must be less than 9223372036854775808"),
    ("width=0", "width (0) must be greater than or equal to 1"),
    ("budget.evaluations=0", "budget.evaluations (0) must be at least 1"),
    ("strategy.population_size=1", "population_size (1) must be at least 2"),
    ("strategy.population_size=many", "RegularizedEvolution: population_size ('many') must be a valid integer"),
    ("paths.runs=", "paths.runs ('') must name a folder: an empty one would be the root of the filesystem"),
    ("paths.runs=file", "Not a directory; choose another place, e.g. paths.runs=FOLDER"),
]


@pytest.mark.parametrize(("override", "message"), SPELLING)
def test_a_wrong_override_is_one_message(nasray, quick, tmp_path: Path, override: str, message: str) -> None:
    (tmp_path / "file").touch()
    assert message in nasray("run", *quick, override).refused()
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "file"]
    assert not list(tmp_path.glob("runs/*"))  # Hydra's empty folders are taken away


def test_what_only_a_search_would_have_met_is_refused_before_it(nasray, quick, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    training = (*quick, "evaluator=training")
    message = nasray("run", *training, "evaluator.device=cuda").refused()
    assert message.endswith("set evaluator.device=cpu, or auto to use one where it is")
    message = nasray("run", *training, "space=cell_space", "space.operators.grouped3x3.groups=3").refused()
    assert "'grouped3x3' groups (3) must divide the 8 channels" in message
    assert not list(tmp_path.glob("runs/*"))


def test_a_bad_job_ends_a_sweep_with_its_message(nasray, quick, tmp_path: Path) -> None:
    ended = nasray("run", "-m", *quick, "strategy.population_size=5,1")
    assert "population_size (1) must be at least 2" in ended.refused()
    assert len(list(tmp_path.glob("runs/sweeps/*/*/*/result.json"))) == 1


@pytest.mark.parametrize("words", [("-m", "seed=0,1", "sed=1"), ("--multirun", "strategy=nope,random_search")])
def test_a_misspelt_sweep_starts_nothing(nasray, quick, words: tuple[str, ...], tmp_path: Path) -> None:
    nasray("run", *words, *quick).refused()
    assert not list(tmp_path.rglob("manifest.json"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--config-dir", "nowhere"), "--config-dir 'nowhere' not found; make it, or name one that exists"),
        (("--config-dir=nowhere",), "'nowhere' not found"),
        (("-cd", "nowhere", "-m", "seed=1,2"), "'nowhere' not found"),
        (("-cd=nowhere", "seed=1"), "'nowhere' not found"),
        (("-cd", ""), "'' not found"),
        (("--config-dir=",), "'' not found"),
        (("--config-name", "nope"), "Cannot find primary config 'nope'"),
        (("--cfg", "job", "-m"), "Only one of --run, --multirun, --cfg"),
    ],
)
def test_wrong_options_are_one_message(nasray, words: tuple[str, ...], message: str) -> None:
    assert message in nasray("run", *words).refused()


def test_an_unknown_option_names_the_known_ones(nasray) -> None:
    message = nasray("run", "--foo").refused()
    assert message.startswith("unrecognized arguments: --foo; `nasray run` takes GROUP=OPTION, KEY=VALUE and Hydra's")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--cfg",), "argument --cfg/-c: expected one argument; `nasray run` takes"),
        (("--cfg", "jop"), "invalid choice: 'jop'"),
        (("--info", "nope"), "invalid choice: 'nope'"),
        (("-cd",), "argument --config-dir/-cd: expected one argument"),
    ],
)
def test_a_wrong_value_of_an_option_is_one_line(nasray, words: tuple[str, ...], message: str) -> None:
    told = nasray("run", *words).refused()
    assert message in told
    assert "\n" not in told


@pytest.mark.parametrize("words", [("--info", "searchpath"), ("--cfg", "job"), ("--hydra-help",), ("-h",)])
def test_hydras_options_go_on_working(nasray, words: tuple[str, ...]) -> None:
    assert nasray("run", *words).code == 0


def test_an_unknown_verb_is_refused(nasray) -> None:
    ended = nasray("resum")
    assert ended.code == 2
    assert "resume" in ended.err


def test_a_broken_yaml_file_is_named(nasray, quick, tmp_path: Path) -> None:
    group = tmp_path / "mine" / "strategy"
    group.mkdir(parents=True)
    (group / "broken.yaml").write_text("a: [1\n")
    assert "broken.yaml" in nasray("run", "-cd", "mine", *quick, "strategy=broken").refused()


BARE = """
from dataclasses import dataclass
from nasray.spaces.nasbench201 import NasBench201


@dataclass(kw_only=True)
class Bare:
    def __getattr__(self, name):
        if name not in ("sample", "mutate", "validate", "repair", "canonical"):
            raise AttributeError(name)
        return getattr(NasBench201(channels=1, cells_per_stage=1), name)
"""


@pytest.fixture
def bare_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """A space without any capability, in a folder of the user's own."""
    (tmp_path / "bare_space_of_a_test.py").write_text(BARE)
    monkeypatch.syspath_prepend(tmp_path)
    group = tmp_path / "mine" / "space"
    group.mkdir(parents=True)
    (group / "bare.yaml").write_text("_target_: bare_space_of_a_test.Bare\n")
    return "-cd", "mine", "space=bare"


def test_a_space_of_ones_own_runs(nasray, quick, bare_space, tmp_path: Path) -> None:
    ended = nasray("run", *bare_space, *quick)
    assert ended.code == 0, ended
    assert "best cell   " in ended.out


def test_a_space_without_a_capability_is_refused(nasray, quick, bare_space) -> None:
    message = nasray("run", *bare_space, *quick, "evaluator=training").refused()
    assert "evaluator training" in message
    assert "ModuleView" in message


def test_a_crash_of_a_part_is_code_3_with_its_traceback(nasray, quick, bare_space, tmp_path: Path) -> None:
    module = tmp_path / "bare_space_of_a_test.py"
    module.with_name("crash_of_a_test.py").write_text(module.read_text() + "    def __post_init__(self): 1 / 0\n")
    (tmp_path / "mine" / "space" / "bare.yaml").write_text("_target_: crash_of_a_test.Bare\n")
    ended = nasray("run", *bare_space, *quick)
    assert ended.code == 3
    assert "ZeroDivisionError" in ended.err
    assert "a bug in nasray, or in a part of your own; nothing was lost" in ended.err
