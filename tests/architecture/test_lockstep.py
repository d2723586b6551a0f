"""Things that are written down twice say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import nasray

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def recipe(target: str) -> list[str]:
    """The commands of a Makefile target, with the variables that are not the caller's replaced."""
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert found is not None
    scripts = " ".join(sorted(str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / "cluster").glob("*/*.sh")))
    replaced = found[1].replace("$(BIN)", ".venv/bin").replace("$(wildcard cluster/*/*.sh)", scripts)
    return [line.strip() for line in replaced.splitlines()]


def pins() -> dict[str, str]:
    """The version of each package in constraints.txt."""
    lines = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {str(canonicalize_name(package)): version for package, version in pairs}


def test_pre_commit_runs_what_make_check_runs():
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [hook["entry"] for repo in config["repos"] for hook in repo["hooks"]] == recipe("check")


def test_continuous_integration_runs_check_then_test():
    lines = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("make ")] == ["check", "test"]


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]])
def test_what_pyproject_asks_for_is_pinned_within_its_range(line: str):
    requirement = Requirement(line)
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)], prereleases=True)


def test_a_pin_is_a_plain_version():
    assert not {package: version for package, version in pins().items() if not re.fullmatch(r"[\w.]+", version)}


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == nasray.__version__
    assert citation["license"] == PROJECT["license"]


def test_the_changelog_is_open():
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)


def test_every_decision_has_context_decision_and_consequences():
    pages = sorted((REPOSITORY / "docs" / "adr").glob("[0-9]*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        headings = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], page.name
