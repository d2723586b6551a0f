"""Settings that are possible and without effect in the search at hand: it is worth a line to say so."""

from collections.abc import Iterator, Sequence
from typing import Any

from nasray.app.composition import Composition
from nasray.app.trade_offs import chain
from nasray.strategies.hat_evolution import HatEvolution
from nasray.strategies.principle_transfer import PrincipleTransfer
from nasray.strategies.switch_by_iteration import SwitchByIteration

_DATASET = ("dataset=", "dataset.")


def idle_settings(composed: Composition, command: Sequence[str]) -> list[str]:
    """One sentence for each.

    Args:
        composed: The search.
        command: The overrides that it was asked for by.
    """
    said = list(_of_dataset(composed, command))
    for part in chain(composed.strategy):
        if isinstance(part, PrincipleTransfer):
            said += _of_transfer(part, composed.budget.evaluations)
        if isinstance(part, HatEvolution):
            said += _of_evolution(part)
    return said


def _of_transfer(part: PrincipleTransfer, evaluations: int) -> Iterator[str]:
    late = [slot for slot in part.adapt_at if slot >= evaluations]
    if late:
        yield f"adapt_at {late} is never reached: the search ends after budget.evaluations={evaluations}"
    known = len({one for source in part.sources for one in source.best()})
    if known < min(part.copied, evaluations):
        yield f"copied={part.copied} is more than the {known} cells that the sources give: slots from {known} on search"


def _of_evolution(part: HatEvolution) -> Iterator[str]:
    switch = part.switch
    if isinstance(switch, SwitchByIteration) and switch.end > part.iterations:
        yield f"switch.end={switch.end} is never reached: the search ends after iterations={part.iterations}"


def _of_dataset(composed: Composition, command: Sequence[str]) -> Iterator[str]:
    """The group ``dataset`` is for evaluators that train; tables have data sets of their own."""
    evaluator = composed.config.evaluator
    if any(word.startswith(_DATASET) for word in command) and not _holds(evaluator, composed.config.dataset):
        own = f": its own is evaluator.dataset={evaluator['dataset']}" if "dataset" in evaluator else ""
        yield f"the group dataset is not read by evaluator {type(composed.evaluator).__name__}{own}"


def _holds(section: Any, wanted: dict[str, Any]) -> bool:
    """Whether a section is in another, at any depth."""
    return section == wanted or (isinstance(section, dict) and any(_holds(one, wanted) for one in section.values()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
