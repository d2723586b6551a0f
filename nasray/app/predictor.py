"""Builds the predictor of a run: in this process, or as the client of a host."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from nasray.actors.batching import Batching
from nasray.actors.host_recipe import HostRecipe
from nasray.actors.identity import Identity
from nasray.actors.padded import padded
from nasray.app.hosting import host_settings, is_hosted, recipe_of
from nasray.app.leaks import check_read, leaks_of, sections_of
from nasray.app.parts import askers, asking, constructor_of, table_names
from nasray.app.schema import RunConfig
from nasray.core.errors import CapabilityError, ConfigError
from nasray.core.predictor import GraphPredictor, Learner, Predictor
from nasray.core.space import SearchSpace, TextView, need
from nasray.llm.language_model import LanguageModel


def predictor_tables(settings: Any) -> list[str]:
    """Names of the tables that a predictor, or one inside it, reads."""
    if isinstance(settings, list):
        return [name for one in cast(list[Any], settings) for name in predictor_tables(one)]
    if not isinstance(settings, Mapping):
        return []
    section = cast(Mapping[str, Any], settings)
    own = [str(section["table"])] if section.get("table") else []
    return own + [name for one in section.values() for name in predictor_tables(one)]


def with_tables(settings: Any, tables: Mapping[str, Any]) -> Any:
    """``settings`` with open tables in the place of their names."""
    if isinstance(settings, list):
        return [with_tables(one, tables) for one in cast(list[Any], settings)]
    if not isinstance(settings, Mapping):
        return settings
    section = cast(Mapping[str, Any], settings)
    return {
        name: tables[str(one)] if name == "table" and one else with_tables(one, tables) for name, one in section.items()
    }


def predictor_of(
    config: RunConfig,
    space: SearchSpace,
    users: Sequence[Mapping[str, Any]],
    tables: Mapping[str, Any],
    language_model: LanguageModel | None = None,
) -> tuple[Predictor | None, tuple[str, ...]]:
    """The predictor that ``config`` names; None where it names none and nobody asks for one. No cluster is touched.

    With it, in words, the labels that it was trained on and is used on all the same; none unless it was told to.

    Args:
        config: The run's configuration.
        space: The search space.
        users: Configurations of the parts that may ask for a predictor.
        tables: Open tables by name, those of ``predictor_tables`` among them.
        language_model: Whom the predictor may ask. One that asks stays in this process: it is the language model that
            is shared, and prompts need no batches of a fixed shape.

    Raises:
        CapabilityError: A part asks for a predictor, and none is named, or one that it cannot use.
        ConfigError: A predictor is named, and no part asks for it; or its settings are impossible; or it was trained
            on what it is judged by.
        DataError: It reads a table of another space.
    """
    settings = config.predictor
    parts = [part for section in users for part in askers(section, "predictor")]
    _check_asked(settings, parts)
    if settings is None:
        return None, ()
    opened = with_tables(settings, tables)
    _check_spaces(opened, space)
    factory = constructor_of(opened, {"space": space, "language_model": language_model})
    host = host_settings(config)
    inner: Predictor = factory()  # here at least for its checks and its direction
    _check_scores(inner, parts, settings, hosted=is_hosted(config))
    check_read(opened, config.evaluator)
    leaks = leaks_of(inner, space, table_names(config.evaluator))
    if asking(settings, "language_model"):
        return inner, leaks
    if is_hosted(config):
        made_of = {"predictor": settings, "space": config.space, "batch_size": host.batch_size}
        identity = Identity.of(_name(settings).lower(), made_of, host.name)
        return _client(recipe_of(config, identity, factory, method="predict"), inner), leaks
    return padded(inner, Batching(size=host.batch_size, window_ms=host.window_ms)), leaks


def _check_asked(settings: Mapping[str, Any] | None, parts: Sequence[type[Any]]) -> None:
    """A predictor is named exactly when a part asks for one."""
    if settings is None and parts:
        fitting = getattr(parts[0], "fitting_predictor", "ridge")
        raise CapabilityError(
            f"{parts[0].__name__} needs a predictor and got none; choose one, e.g. predictor={fitting}"
        )
    if settings is not None and not parts:
        raise ConfigError(
            f"predictor {_name(settings)} is chosen, but no part of the run asks for one; choose a part that does, "
            "e.g. strategy=screened, or predictor=null"
        )


def _check_scores(inner: Predictor, parts: Sequence[type[Any]], settings: Mapping[str, Any], *, hosted: bool) -> None:
    """Refuse a predictor that scores architectures alone, or by what only they have, where a part needs more."""
    for part in parts:
        if not getattr(part, "needs_graph_scores", False):
            continue
        who = f"{part.__name__} needs a predictor that scores soft graphs"
        if not isinstance(inner, GraphPredictor):
            raise CapabilityError(f"{who} and got {_name(settings)}; choose predictor={part.fitting_predictor}")
        if getattr(inner, "features", ()):
            raise CapabilityError(
                f"{who} and got {_name(settings)} with features, which are scores of architectures: graphs have none; "
                "set predictor.features=[]"
            )
        if hosted:
            raise CapabilityError(f"{who}, which no host passes on; set host.where=local")


def _check_spaces(opened: Mapping[str, Any], space: SearchSpace) -> None:
    """Refuse tables of other spaces, whose rows would be taken for other members; a part with a vocabulary translates.

    Raises:
        DataError: There is one.
    """
    for section in sections_of(opened):
        if section.get("table") is not None and "vocabulary" not in section:
            section["table"].header.check_space(need(space, TextView, f"predictor {_name(section)}"))


def _name(section: Mapping[str, Any]) -> str:
    return str(section.get("_target_", "")).rpartition(".")[2]


def _client(recipe: HostRecipe, inner: Predictor) -> Predictor:
    """Imports Ray only here: without a host, a run over a table does without."""
    from nasray.actors.remote_learner import RemoteLearner
    from nasray.actors.remote_predictor import RemotePredictor

    kind = RemoteLearner if isinstance(inner, Learner) else RemotePredictor
    return kind(identity=recipe.identity, higher_is_better=inner.higher_is_better, recipe=recipe)
