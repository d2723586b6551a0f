"""What the blocks of a network put out."""

from torch import Tensor, nn

from nasray.core.network_plan import NetworkPlan
from nasray.models.zero_cost.initialisation import initialise
from nasray.models.zero_cost.subject import Subject


def block_ends(plan: NetworkPlan) -> list[int]:
    """The last layer of every block but the head: of the stem, of every cell, of every reduction."""
    stages = [layer.stage for layer in plan.layers]
    ends = [index for index, stage in enumerate(stages) if index + 1 == len(stages) or stages[index + 1] != stage]
    return [end for end in ends if stages[end] != stages[-1]]


def block_features(subject: Subject) -> list[Tensor]:
    """The ``(B, C, H, W)`` output of every block, first to last, weights drawn by He's rule as AZ-NAS does.

    A block that the logits do not depend on is left out.
    """
    initialise(subject.network, "he", subject.rng)
    found: dict[int, Tensor] = {}

    def keeper(end: int) -> object:
        def keep(_: nn.Module, __: object, output: Tensor) -> None:
            found[end] = output

        return keep

    for end in block_ends(subject.plan):
        subject.network.operators[end].register_forward_hook(keeper(end))  # type: ignore[arg-type]
    subject.network(subject.x_BCHW)
    return [found[end] for end in sorted(found)]
