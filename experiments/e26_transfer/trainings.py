"""Which networks the three questions need: shares of the cells, operators left out, spaces left out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from networks import (
    COLUMNS,
    DARTS,
    NB101,
    NB101_SMALL,
    RECIPE,
    SCENE,
    TASKS,
    TRANSNAS,
    Source,
    cells_of,
    judged,
    scores,
    shipped,
    train,
)
from readings import RESOLVED, embeddings_of, readings

from nasray.core.seeds import Streams
from nasray.models.gcn import Gcn

SEEDS = range(5)
FEWER_SEEDS = range(3)
"""Where operators or spaces are left out."""
SHARES = (0.01, 0.05, 0.2)
"""Of each table's cells, besides all of them, which is the shipped networks."""
DRAWS = {NB101: 5 * 292, NB101_SMALL: 633, TRANSNAS: 1458, DARTS: 609}
"""Graphs shown an epoch where operators or spaces are left out; NAS-Bench-101 and DARTS as in e09."""
LEFT_OUT = {
    "Convolution 1 by 1": (NB101, NB101_SMALL, TRANSNAS),
    "Convolution 3 by 3": (NB101, NB101_SMALL, TRANSNAS),
    "Maximum pooling 3 by 3": (NB101, NB101_SMALL),
    "Residual connection": (TRANSNAS,),
    "None": (TRANSNAS,),
}
"""Operator -> tables from which all cells with it are taken; in the others it does not occur, or not as an operator."""

KNOWN = {NB101: 0.333, NB101_SMALL: 0.308, TRANSNAS: 0.178}
"""Share of a table's cells that lack an operator, on average over operators: 97 of 292, 779 of 2,532, 729 of 4,096."""

Judgement = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Training:
    """One network, and what it is judged on."""

    part: str
    arm: str
    seed: int
    network: Callable[[], Gcn]
    judge: Callable[[Gcn], Judgement]


def on(held: list[tuple[str, str]], model: Gcn) -> Judgement:
    """Every cell of the given tables and columns."""
    return {f"{name} {column}": judged(scores(model, name), cells_of(name).truth(column)) for name, column in held}


def drawn(name: str, share: float, seed: int) -> np.ndarray:
    """Rows of a share of a table's cells, at least 2; a smaller share is part of a larger one of the same seed."""
    n = len(cells_of(name).cells)
    return Streams(seed, f"e26/share/{name}").at(0).permutation(n)[: max(2, round(share * n))]


def share_trainings() -> Iterator[Training]:
    """Tracks A and B of e09 with a share of the cells: as many epochs as with all, and (A) as many steps."""
    held = {
        "A": [(TRANSNAS, SCENE), (TRANSNAS, TASKS[1]), (DARTS, COLUMNS[DARTS])],
        "B": [(DARTS, COLUMNS[DARTS])],
    }
    for track in ("A", "B"):
        judge = partial(on, held[track])
        for seed in SEEDS:
            yield Training("share", f"{track}, all", seed, partial(shipped, track, seed), judge)
            for share in SHARES:
                rows = {name: drawn(name, share, seed) for name, _, _ in RECIPE["tracks"][track]}
                for kind in ("epochs", "steps") if track == "A" else ("epochs",):
                    sources = [
                        Source(
                            name,
                            column,
                            weight * len(cells_of(name).cells if kind == "steps" else rows[name]),
                            rows[name],
                        )
                        for name, column, weight in RECIPE["tracks"][track]
                    ]
                    arm = f"{track}, {share:.0%}, same {kind}"
                    yield Training("share", arm, seed, partial(train, sources, seed), judge)


def three(rows: dict[str, np.ndarray]) -> list[Source]:
    """NAS-Bench-101 and TransNAS scenes, as far as there are ``rows`` of them."""
    return [
        Source(name, COLUMNS.get(name, SCENE), DRAWS[name], rows.get(name)) for name in (NB101, NB101_SMALL, TRANSNAS)
    ]


def operator_trainings(seed: int) -> Iterator[Training]:
    """Cells with an operator are left out everywhere, and ranked; ``known``: as many cells, drawn from all.

    ``None`` and skips are resolved before a network reads a cell, so only the cells tell them, whatever the embedding.
    """
    for operator, tables in LEFT_OUT.items():
        rows = {name: np.flatnonzero(~cells_of(name).has[operator]) for name in tables}
        asked = {name: np.flatnonzero(cells_of(name).has[operator]) for name in tables if name != NB101_SMALL}
        for wording in (RECIPE["wording"], "one_hot") if NB101 in tables else (RECIPE["wording"],):
            network = partial(train, three(rows), seed, wording)
            is_described = wording != "one_hot" and operator not in RESOLVED
            judge = partial(on_rows, asked, wording, operator if is_described else None)
            yield Training("operator", f"{operator}, {wording}", seed, network, judge)
        if TRANSNAS not in tables:  # what the new operator is worth may be known from another space
            network = partial(train, [*three(rows), Source(DARTS, COLUMNS[DARTS], DRAWS[DARTS])], seed)
            judge = partial(on_rows, asked, RECIPE["wording"], None)
            yield Training("operator", f"{operator}, with DARTS", seed, network, judge)
    rows = {name: drawn(name, share, seed) for name, share in KNOWN.items()}
    yield Training("operator", "known", seed, partial(train, three(rows), seed), partial(on_known, rows))


def on_rows(asked: dict[str, np.ndarray], wording: str, unseen: str | None, model: Gcn) -> Judgement:
    """The given rows; with an operator that is ``unseen``, also as the ways of ``readings`` show it to the network."""
    found = {}
    for name, rows in asked.items():
        truth = cells_of(name).truth(COLUMNS.get(name, SCENE))[rows]
        found[name] = judged(scores(model, name, wording)[rows], truth)
        if unseen is None:
            continue
        learnt = {said: row for said, row in embeddings_of((NB101, TRANSNAS)).items() if said != unseen}
        for way, table in readings(name, unseen, learnt).items():
            found[f"{name} {way}"] = judged(scores(model, name, wording, table)[rows], truth)
    return found


def on_known(rows: dict[str, np.ndarray], model: Gcn) -> Judgement:
    """Cells with each operator that were not learnt."""
    found = {}
    for operator, tables in LEFT_OUT.items():
        for name in set(tables) - {NB101_SMALL}:
            asked = cells_of(name).has[operator].copy()
            asked[rows[name]] = False
            truth = cells_of(name).truth(COLUMNS.get(name, SCENE))
            found[f"{operator}: {name}"] = judged(scores(model, name)[asked], truth[asked])
    return found


EVERYTHING = (
    *(Source(name, COLUMNS[name], DRAWS[name]) for name in (NB101, NB101_SMALL, DARTS)),
    *(Source(TRANSNAS, task, DRAWS[TRANSNAS] / len(TASKS)) for task in TASKS),
)


def space_trainings(seed: int) -> Iterator[Training]:
    """All tables but those of one space; NAS-Bench-201 is in none of them."""
    for arm, tables in {
        "NAS-Bench-201": (),
        "NAS-Bench-101": (NB101, NB101_SMALL),
        "DARTS pool": (DARTS,),
        "TransNAS": (TRANSNAS,),
    }.items():
        yield without(arm, seed, lambda one, tables=tables: one.table in tables)


def task_trainings(seed: int) -> Iterator[Training]:
    """All tables but one task of TransNAS: its cells are known by the other six."""
    for task in TASKS:
        yield without(task, seed, lambda one, task=task: one.column == task)


def without(arm: str, seed: int, is_out: Callable[[Source], bool]) -> Training:
    """Learns everything else, and is judged on what is out."""
    sources = [one for one in EVERYTHING if not is_out(one)]
    held = [(one.table, one.column) for one in EVERYTHING if is_out(one)]
    return Training("space", arm, seed, partial(train, sources, seed), partial(on, held))
