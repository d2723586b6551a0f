"""Ways to show a network an operator that it has never seen, by those that it has."""

from collections.abc import Mapping

import torch
from networks import cells_of

RESOLVED = ("None", "Residual connection")
"""Operators that no network ever sees: the data flow is resolved before."""
ENDS = ("Input", "Output")
TEMPERATURE = 0.1


def embeddings_of(tables: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """Short sentence -> embedding, for the operators of several tables that a network sees."""
    return {
        said["short"]: row
        for name in tables
        for said, row in zip(
            cells_of(name).scorer.view.operator_descriptions().values(), cells_of(name).scorer.table(), strict=True
        )
        if said["short"] not in RESOLVED
    }


def readings(name: str, operator: str, learnt: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """``(K, D)`` tables of the operators of table ``name``, with ``operator`` shown by the ``learnt`` ones."""
    scorer = cells_of(name).scorer
    at = [said["short"] for said in scorer.view.operator_descriptions().values()].index(operator)
    every = torch.stack([*learnt.values()])
    layers = torch.stack([row for said, row in learnt.items() if said not in ENDS])
    cosines = layers @ scorer.table()[at]
    shown = {
        "span": scorer.table()[at] @ torch.linalg.pinv(every) @ every,
        "nearest": layers[cosines.argmax()],
        "softmax": torch.softmax(cosines / TEMPERATURE, 0) @ layers,
    }
    found = {}
    for way, row in shown.items():
        found[way] = scorer.table().clone()
        found[way][at] = row
    return found
