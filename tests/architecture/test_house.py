"""House rules that a machine can check by reading the files."""

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
CONF = REPOSITORY / "conf"
FOLDERS = ("nasray", "conf", "tests", "benchmarks", "experiments", "cluster", "docs", ".ci")
TEXT = {".py", ".yaml", ".toml", ".md", ".txt", ".cff", ".sh", ".j2", ".css", ".js", ""}
TWINS = {
    "spaces": "space",
    "generators": "generator",
    "predictors": "predictor",
    "refiners": "refiner",
    "strategies": "strategy",
    "schedulers": "scheduler",
    "evaluators": "evaluator",
}
"""Plug-in room -> its group in ``conf/``, in the singular because that is how it reads: ``strategy=random_search``."""

MOST_LINES = 400

# Where a broad except is allowed: one function each, with its reason. Everywhere else, name what you expect.
BOUNDARIES = {
    ("nasray/app/cluster.py", "attached"): "of a node that does not start in time Ray raises nothing more special",
    ("nasray/app/exit_codes.py", "exit_codes"): "a crash is shown whole and leaves with its own exit code",
    ("nasray/app/finale.py", "_tested"): "the search is paid for: controls that cannot be drawn are recorded beside it",
    ("nasray/app/finale.py", "score"): "a control that fails is left out and counted",
    ("nasray/search/guard.py", "guarded"): "a candidate may raise anything; it becomes a Failure record",
    ("nasray/tracking/progress.py", "Progress._draw"): "a broken terminal must not end a search",
    ("nasray/tracking/wandb_process.py", "serve"): "whatever W&B raises is told to the search",
    ("nasray/tracking/wandb_run.py", "WandbRun.close"): "tracking must not end a search",
    ("nasray/tracking/writer.py", "Writer._run"): "tracking must not end a search",
    ("nasray/tune/chunk_worker.py", "ChunkWorker.step"): "told to the driver, which ends the search",
}


def files(*suffixes: str) -> list[Path]:
    """The project's own files with one of ``suffixes``, what runs leave behind excepted."""
    candidates = [path for path in REPOSITORY.iterdir() if path.is_file()]
    for folder in FOLDERS:
        candidates.extend(path for path in (REPOSITORY / folder).rglob("*") if path.is_file())
    kept = [path for path in candidates if path.suffix in suffixes and "__pycache__" not in path.parts]
    return sorted(path for path in kept if not path.name.startswith(".coverage"))


def name(path: Path) -> str:
    """``path`` as people write it."""
    return path.relative_to(REPOSITORY).as_posix()


def hits(pattern: str, *suffixes: str) -> list[str]:
    """``file:line: text`` of every line that ``pattern`` finds."""
    found = []
    for path in files(*suffixes):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{name(path)}:{number}: {line.strip()}")
    return found


def twins() -> list[tuple[str, Path]]:
    """Every plug-in room with each YAML of its group."""
    return [(room, path) for room, group in TWINS.items() for path in sorted((CONF / group).rglob("*.yaml"))]


def broad_handlers(tree: ast.AST, owner: str = "") -> Iterator[str]:
    """The qualified name of the function around every handler that catches everything."""
    for node in ast.iter_child_nodes(tree):
        inner = owner
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{owner}.{node.name}".lstrip(".")
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or ast.unparse(kind) in {"Exception", "BaseException"} for kind in caught):
                yield owner
        yield from broad_handlers(node, inner)


def unforked_seeds(tree: ast.AST) -> Iterator[int]:
    """Lines that seed torch's global stream outside a ``with torch.random.fork_rng(…)``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.With) and any("fork_rng" in ast.unparse(item) for item in node.items):
            continue
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"torch.manual_seed", "torch.seed"}:
            yield node.lineno
        yield from unforked_seeds(node)


def unreasoned_skips(tree: ast.AST) -> Iterator[int]:
    """Lines that skip or excuse a test and do not say why."""
    marks = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in marks and id(node) not in called:
            yield node.lineno
        if isinstance(node, ast.Call):
            path = ast.unparse(node.func)
            reasoned = any(keyword.arg == "reason" for keyword in node.keywords)
            calls = path in {"pytest.skip", "pytest.xfail"}
            if (path in marks and not reasoned) or (calls and not reasoned and not node.args):
                yield node.lineno


def test_no_file_is_longer_than_a_room_should_be():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(".py")}
    assert not {path: lines for path, lines in lengths.items() if lines > MOST_LINES}


def test_no_code_asks_which_space_it_is_in():
    assert not hits(r"space\.name\s*(==|!=| in )", ".py")


def test_no_path_of_one_machine():
    assert not hits(r"(?<![\w.])/(home|root|work|Users)/", *TEXT)


def test_no_module_edits_the_search_path():
    assert not hits(r"sys\.path(\.(append|insert|extend|remove)\b|\s*\+?=|\[)", ".py")


def test_no_code_draws_from_numpys_global_stream():
    assert not hits(r"\b(np|numpy)\.random\.(seed|rand\w*|choice|normal)\(", ".py")


def test_torchs_global_stream_is_touched_only_where_it_is_given_back():
    ours = [path for path in files(".py") if not path.is_relative_to(REPOSITORY / "tests")]
    touched = {name(path): list(unforked_seeds(ast.parse(path.read_text(encoding="utf-8")))) for path in ours}
    assert not {path: lines for path, lines in touched.items() if lines}


@pytest.mark.parametrize("path", sorted((REPOSITORY / "nasray").glob("*/**/__init__.py")), ids=name)
def test_a_package_file_holds_only_a_docstring(path: Path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)
    assert isinstance(body[0].value.value, str)


@pytest.mark.parametrize(("room", "path"), twins(), ids=[name(path) for _, path in twins()])
def test_a_twin_names_a_part_of_its_room(room: str, path: Path):
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    module, _, target = config["_target_"].rpartition(".")
    assert module.startswith(f"nasray.{room}.")

    part = getattr(importlib.import_module(module), target)

    keys = {key for key in config if key != "defaults" and not key.startswith("_")}
    assert keys <= set(inspect.signature(part).parameters), "a key of the YAML is no field of the part"
    if dataclasses.is_dataclass(part):
        doubled = [
            field.name
            for field in dataclasses.fields(part)
            if field.init
            and field.name in keys
            and (field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING)
        ]
        assert not doubled, "a field that the YAML sets has a second default in the code"


def test_every_part_of_a_room_can_be_chosen():
    """A component (a public keyword-only dataclass) without a YAML cannot be named on the command line."""
    targets = {yaml.safe_load(path.read_text(encoding="utf-8"))["_target_"] for _, path in twins()}
    missing = []
    for room in TWINS:
        for path in sorted((REPOSITORY / "nasray" / room).glob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                decorators = [ast.unparse(d) for d in node.decorator_list] if isinstance(node, ast.ClassDef) else []
                component = any(d.startswith("dataclass(") and "kw_only=True" in d for d in decorators)
                if component and not any("frozen=True" in d for d in decorators):
                    target = f"nasray.{room}.{path.stem}.{node.name}"
                    missing += [target] if target not in targets else []
    assert not missing


def test_a_broad_except_stands_at_a_documented_boundary_only():
    found = {
        (name(path), owner)
        for path in files(".py")
        for owner in broad_handlers(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == set(BOUNDARIES)


def test_a_skipped_test_says_why():
    tests = [path for path in files(".py") if path.is_relative_to(REPOSITORY / "tests")]
    lines = {name(path): list(unreasoned_skips(ast.parse(path.read_text(encoding="utf-8")))) for path in tests}
    assert not {path: found for path, found in lines.items() if found}


@pytest.mark.parametrize(
    ("source", "owners"),
    [
        ("def f():\n    try: g()\n    except ValueError: pass", []),
        ("def f():\n    try: g()\n    except: pass", ["f"]),
        ("class A:\n    def f(self):\n        try: g()\n        except (OSError, Exception): pass", ["A.f"]),
    ],
)
def test_the_search_for_broad_handlers_finds_them(source: str, owners: list[str]):
    assert list(broad_handlers(ast.parse(source))) == owners


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("@pytest.mark.skip\ndef test(): ...", [1]),
        ("@pytest.mark.skip()\ndef test(): ...", [1]),
        ("@pytest.mark.skipif(True, reason='no GPU')\ndef test(): ...", []),
        ("pytest.skip()", [1]),
        ("pytest.skip('no data')", []),
    ],
)
def test_the_search_for_silent_skips_finds_them(source: str, lines: list[int]):
    assert list(unreasoned_skips(ast.parse(source))) == lines


def test_the_search_for_global_seeds_finds_them():
    assert list(unforked_seeds(ast.parse("with torch.random.fork_rng():\n    torch.manual_seed(1)"))) == []
    assert list(unforked_seeds(ast.parse("def f():\n    torch.manual_seed(1)"))) == [2]
