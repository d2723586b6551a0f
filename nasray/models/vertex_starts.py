"""Where the network of a cell leaves a choice: at the first layer of each vertex; everything else follows from it."""

from dataclasses import replace

from nasray.core.layer_properties import LayerProperties
from nasray.core.network_plan import NetworkPlan
from nasray.models.plan_layers import staged_layers

_VERTEX = ("conv_bn_relu", "max_pool")


def vertex_starts(plan: NetworkPlan) -> tuple[tuple[LayerProperties, ...], tuple[int, ...]]:
    """The layers of a NAS-Bench-101 network, and at which of them a vertex of a stack's first cell begins.

    A vertex that reads the cell's input begins with the 1x1 convolution that brings it.

    Args:
        plan: Its layers' stages end in ``.cell0`` in the first cell of a stack.

    Returns:
        ``(L,)`` layers in order, and the places among them.
    """
    numbered = replace(plan, layers=tuple(replace(one, stage=str(at)) for at, one in enumerate(plan.layers)))
    staged = list(staged_layers(numbered))
    first = {int(at): place for place, (at, _) in reversed(list(enumerate(staged)))}
    starts: list[int] = []
    begins, image = False, -1
    for at, one in enumerate(plan.layers):
        if not one.stage.endswith(".cell0"):
            begins = False
            continue
        if one.stage != plan.layers[at - 1].stage:
            begins, image = True, at - 1
        if begins and at in first:
            starts.append(first[at])
            begins = False
        # What reads the cell's input only brings it to a vertex; any other with weights or a window is a vertex.
        begins = begins or (one.operator in _VERTEX and image not in one.inputs)
    return tuple(layer for _, layer in staged), tuple(starts)
