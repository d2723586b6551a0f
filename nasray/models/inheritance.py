"""Which trained tensors of one network fit another one.

Two layers are the same layer when they have the same label: stage, operator with its options, channels and stride,
where the inputs come from, which node of the stage is fed, and a number among those that agree in all of that. Indices
of layers play no part, for they move when an edge appears or disappears. So an edge that a mutation left alone keeps
its weights, stem, reductions and head keep theirs, and an edge with another operator begins afresh.

A node is an ``identity`` or ``zero`` that gathers edges of its own stage: a ``zero``, or an ``identity`` that reads at
least one layer of its stage which is no node. Cells whose layers merge their own inputs have no nodes: there, inputs
from inside the stage are not told apart, and the number among equal layers decides.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from nasray.core.network_plan import Layer, NetworkPlan

_OPERATORS = "operators."


def layer_labels(plan: NetworkPlan) -> tuple[str, ...]:
    """One label a layer, all different; equal labels in two plans mean the same place and operator."""
    nodes = _nodes(plan)
    fed = _fed(plan, nodes)
    seen: Counter[str] = Counter()
    labels: list[str] = []
    for index, layer in enumerate(plan.layers):
        sources = ",".join(_source(plan, nodes, layer, source) for source in layer.inputs)
        options = ",".join(f"{name}={layer.options[name]!r}" for name in sorted(layer.options))
        shape = f"{layer.in_channels}>{layer.out_channels}/{layer.stride}"
        label = f"{layer.stage}|{layer.operator}({options})|{shape}|{layer.merge}({sources})|{fed.get(index, '')}"
        labels.append(f"{label}|{seen[label]}")
        seen[label] += 1
    return tuple(labels)


def inherit(module: nn.Module, plan: NetworkPlan, parent: Mapping[str, Tensor], labels: Sequence[str]) -> float:
    """Copy the parent's tensors into ``module`` wherever layer label, name within the layer and shape agree.

    Args:
        module: The network of ``plan``, changed in place; buffers (statistics of batch norm) are copied too.
        plan: Whose network it is.
        parent: The parent's tensors by name, as ``module.state_dict()`` names them.
        labels: ``layer_labels`` of the parent's plan.

    Returns:
        The share of the trainable weights that were inherited, 0 to 1.
    """
    places = {label: index for index, label in enumerate(labels)}
    own = layer_labels(plan)
    trainable = dict(module.named_parameters())
    n_inherited = 0
    for name, tensor in module.state_dict().items():
        index, _, rest = name.removeprefix(_OPERATORS).partition(".")
        found = parent.get(f"{_OPERATORS}{places.get(own[int(index)], -1)}.{rest}")
        if found is not None and found.shape == tensor.shape:
            tensor.copy_(found)
            n_inherited += tensor.numel() if name in trainable else 0
    return n_inherited / max(1, sum(weight.numel() for weight in trainable.values()))


def _nodes(plan: NetworkPlan) -> dict[int, int]:
    """Layer -> its number among the nodes of its stage."""
    nodes: dict[int, int] = {}
    found: Counter[str] = Counter()
    for index, layer in enumerate(plan.layers):
        gathers = any(source >= 0 and source not in nodes for source in _inside(plan, layer))
        if layer.operator == "zero" or (layer.operator == "identity" and gathers):
            nodes[index] = found[layer.stage]
            found[layer.stage] += 1
    return nodes


def _inside(plan: NetworkPlan, layer: Layer) -> list[int]:
    """The inputs that belong to the layer's own stage."""
    return [source for source in layer.inputs if source >= 0 and plan.layers[source].stage == layer.stage]


def _fed(plan: NetworkPlan, nodes: Mapping[int, int]) -> dict[int, str]:
    """Layer -> the first node of its stage that reads it."""
    fed: dict[int, str] = {}
    for index, number in nodes.items():
        for source in _inside(plan, plan.layers[index]):
            if source not in nodes:
                fed.setdefault(source, f"node{number}")
    return fed


def _source(plan: NetworkPlan, nodes: Mapping[int, int], layer: Layer, source: int) -> str:
    """Where an input comes from, without its index."""
    if source < 0:
        return "image"
    stage = plan.layers[source].stage
    if stage != layer.stage:
        return stage
    return f"node{nodes[source]}" if source in nodes else "inside"
