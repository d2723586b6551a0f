"""Builds the generator of a run."""

from collections.abc import Mapping
from typing import Any

from nasray.app.parts import build
from nasray.app.settings import signature_of
from nasray.core.errors import ConfigError
from nasray.core.predictor import Generator
from nasray.core.space import SearchSpace


def generator_of(settings: Mapping[str, Any] | None, space: SearchSpace, user: Mapping[str, Any]) -> Generator | None:
    """The generator that ``settings`` name; None where they name none.

    Args:
        settings: The run's ``generator``.
        space: Whose members it proposes.
        user: The configuration of the strategy.

    Raises:
        ConfigError: A generator is named, and the strategy does not ask for one; or its settings are impossible.
    """
    if settings is None:
        return None
    if "generator" not in signature_of(str(user.get("_target_", "")))[1]:
        name = str(settings.get("_target_", "")).rpartition(".")[2]
        raise ConfigError(
            f"generator {name} is chosen, but the strategy does not ask for one; choose one that does, e.g. "
            "strategy=gpt_evolution, or generator=null"
        )
    return build(settings, space=space)
