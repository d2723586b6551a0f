"""Builds the generator of a run: in this process, or as the client of a host."""

from collections.abc import Callable
from functools import partial

from nasray.actors.generator_part import GeneratorPart
from nasray.actors.identity import Identity
from nasray.app.hosting import host_settings, is_hosted, recipe_of
from nasray.app.leaks import leaks_of
from nasray.app.parts import asking, constructor_of, table_names
from nasray.app.schema import RunConfig
from nasray.core.adaptable import Adaptable
from nasray.core.errors import ConfigError
from nasray.core.predictor import Generator
from nasray.core.space import SearchSpace
from nasray.llm.language_model import LanguageModel


def generator_of(
    config: RunConfig, space: SearchSpace, language_model: LanguageModel | None = None
) -> tuple[Generator | None, tuple[str, ...]]:
    """The generator that ``config`` names; None where it names none. No cluster is touched.

    With it, in words, the labels that it was trained on and is used on all the same; none unless it was told to.

    Args:
        config: The run's configuration.
        space: Whose members it proposes.
        language_model: Whom it may ask.

    Raises:
        ConfigError: A generator is named, and the strategy does not ask for one; or its settings are impossible; or it
            was trained on what it is judged by.
    """
    settings = config.generator
    if settings is None:
        return None, ()
    if not asking(config.strategy, "generator"):
        raise ConfigError(
            f"generator {_name(config)} is chosen, but the strategy does not ask for one; choose one that does, e.g. "
            "strategy=gpt_evolution or generator_search, or generator=null"
        )
    factory = constructor_of(settings, {"space": space, "language_model": language_model})
    inner: Generator = factory()  # here at least for its checks
    leaks = leaks_of(inner, space, table_names(config.evaluator))
    # What only counts, draws or asks a language model, which has a host of its own, is quicker here.
    hosted = is_hosted(config) and isinstance(inner, Adaptable)
    return _client(config, factory) if hosted else inner, leaks


def _name(config: RunConfig) -> str:
    return str((config.generator or {}).get("_target_", "")).rpartition(".")[2]


def _client(config: RunConfig, factory: Callable[[], Adaptable]) -> Generator:
    """Imports Ray only here: without a host, a run over a table does without."""
    from nasray.actors.remote_generator import RemoteGenerator

    wished = host_settings(config).name
    identity = Identity.of(
        _name(config).lower(),
        {"generator": config.generator, "space": config.space},
        None if wished is None else f"{wished}-generator",
    )
    recipe = recipe_of(config, identity, partial(GeneratorPart, factory), method="grant")
    return RemoteGenerator(identity=identity, recipe=recipe)
