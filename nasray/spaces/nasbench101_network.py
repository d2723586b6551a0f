"""The network that NAS-Bench-101 puts around and inside a cell, as layers.

Read in the benchmark's description (Ying et al. 2019, section 2.1 and supplement) and held against its published
parameter counts.
"""

from collections.abc import Sequence

from nasray.core.network_plan import Layer
from nasray.core.space import Graph

_LAYER = {
    "conv3x3-bn-relu": ("conv_bn_relu", 3),
    "conv1x1-bn-relu": ("conv_bn_relu", 1),
    "maxpool3x3": ("max_pool", 3),
}


def vertex_channels(cell: Graph, in_channels: int, out_channels: int) -> list[int]:
    """``(V,)`` channels of every vertex.

    The vertices that the output concatenates share its channels; where that leaves a remainder, the first of them
    get one channel more. Every other vertex has as many as the widest vertex that it feeds.
    """
    last = len(cell.operators) - 1
    to_output = [vertex for vertex in range(1, last) if (vertex, last) in cell.edges]
    channels = [in_channels, *[0] * (last - 1), out_channels]
    for place, vertex in enumerate(to_output):
        share, remainder = divmod(out_channels, len(to_output))
        channels[vertex] = share + (place < remainder)
    for vertex in range(last - 1, 0, -1):
        if vertex not in to_output:
            channels[vertex] = max(channels[target] for source, target in cell.edges if source == vertex)
    return channels


def append_cell(layers: list[Layer], cell: Graph, out_channels: int, stage: str) -> None:
    """One cell behind the last layer.

    What comes from the cell's input is projected by a 1x1 convolution, what comes from a wider vertex is cut to the
    first channels; an interior vertex adds, the output concatenates. An edge from input to output adds a projection.
    """
    image, in_channels = len(layers) - 1, layers[-1].out_channels
    last = len(cell.operators) - 1
    channels = vertex_channels(cell, in_channels, out_channels)

    def append(operator: str, inputs: Sequence[int], read: int, written: int, kernel: int = 0) -> int:
        options = {"kernel": kernel} if kernel else {}
        layers.append(Layer(operator, tuple(inputs), read, written, options=options, stage=stage))
        return len(layers) - 1

    def project(width: int) -> int:
        return append("conv_bn_relu", (image,), in_channels, width, kernel=1)

    at: dict[int, int] = {}
    for vertex in range(1, last):
        width = channels[vertex]
        terms: list[int] = []
        for source in [source for source, target in cell.edges if target == vertex]:
            if source == 0:
                terms.append(project(width))
            elif channels[source] == width:
                terms.append(at[source])
            else:
                terms.append(append("truncate", (at[source],), channels[source], width))
        operator, kernel = _LAYER[cell.operators[vertex]]
        at[vertex] = append(operator, terms, width, width, kernel)
    parts = [at[vertex] for vertex in range(1, last) if (vertex, last) in cell.edges]
    if len(parts) > 1:
        layers.append(Layer("identity", tuple(parts), out_channels, out_channels, merge="concat", stage=stage))
        parts = [len(layers) - 1]
    if (0, last) in cell.edges:
        parts.append(project(out_channels))
    if len(parts) > 1:
        append("identity", parts, out_channels, out_channels)
