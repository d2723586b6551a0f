"""Many seeds of one search in one process: a study over a table takes seconds."""

from collections.abc import Callable, Sequence

from nasray.core.budget import Budget
from nasray.core.evaluator import Evaluator
from nasray.core.event_log import NoLog
from nasray.core.measurement import Outcome
from nasray.core.seeds import Streams
from nasray.core.space import SearchSpace
from nasray.core.strategy import Strategy
from nasray.search.search import Search
from nasray.simulator.simulator import Simulator


def study(
    make_strategy: Callable[[], Strategy],
    space: SearchSpace,
    evaluator: Evaluator,
    *,
    seeds: Sequence[int],
    evaluations: int,
    width: int,
) -> list[list[Outcome]]:
    """The outcomes of one search a seed, in slot order; equal to those of ``nasray run`` with the same settings.

    Args:
        make_strategy: Builds a fresh strategy for every seed.
        space: Whose gate all proposals pass.
        evaluator: Shared by all searches: an evaluation depends on its proposal alone.
        seeds: Root seeds.
        evaluations: Budget of each search.
        width: Slots open at once.
    """
    found: list[list[Outcome]] = []
    for seed in seeds:
        search = Search(
            space=space,
            strategy=make_strategy(),
            budget=Budget(evaluations=evaluations),
            width=width,
            seed=seed,
            log=NoLog(),
        )
        Simulator(workers=1).run(search, lambda: evaluator, Streams(seed, "evaluator"))
        found.append(search.outcomes)
    return found
