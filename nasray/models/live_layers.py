"""Which layers of a plan do something: those that the image reaches and that reach the logits."""

from nasray.core.network_plan import Layer, NetworkPlan


def live_layers(plan: NetworkPlan) -> list[Layer]:
    """The layers on a path from image to logits on which no ``zero`` lies, in order; none when there is no such path.

    Benchmarks build, and count, operators whose results are multiplied by nothing.
    """
    reached: set[int] = {-1}
    for index, layer in enumerate(plan.layers):
        if layer.operator != "zero" and any(source in reached for source in layer.inputs):
            reached.add(index)
    needed = {len(plan.layers) - 1}
    for index in range(len(plan.layers) - 1, -1, -1):
        if index in needed and index in reached:
            needed.update(plan.layers[index].inputs)
    return [layer for index, layer in enumerate(plan.layers) if index in needed and index in reached]
