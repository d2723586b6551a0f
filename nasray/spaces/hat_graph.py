"""A Transformer of HAT's space as a graph."""

from nasray.core.space import Graph
from nasray.spaces.hat_shape import HatShape


def hat_graph(shape: HatShape) -> Graph:
    """Two embeddings, then a node for every attention and feed-forward block; the number stands in its name.

    A node includes its residual connection and layer norm, so that each stack is a path. Every cross-attention also
    reads the last feed-forward block of each encoder layer that it attends.
    """
    operators = ["input", f"encoder_embedding_{shape.encoder_dim}"]
    edges, encoder_ends = [(0, 1)], list[int]()

    def follow(name: str) -> int:
        """Append a node behind the last one."""
        operators.append(name)
        edges.append((len(operators) - 2, len(operators) - 1))
        return len(operators) - 1

    for ffn, heads in zip(shape.encoder_ffn, shape.encoder_heads, strict=True):
        follow(f"encoder_attention_{heads}")
        encoder_ends.append(follow(f"encoder_ffn_{ffn}"))
    operators.append(f"decoder_embedding_{shape.decoder_dim}")
    edges.append((0, len(operators) - 1))
    layers = zip(shape.decoder_ffn, shape.decoder_heads, shape.cross_heads, shape.attended, strict=True)
    for ffn, heads, cross, attended in layers:
        follow(f"decoder_attention_{heads}")
        reader = follow(f"cross_attention_{cross}")
        edges.extend((end, reader) for end in encoder_ends[-attended:])
        follow(f"decoder_ffn_{ffn}")
    follow("output")
    return Graph(tuple(operators), tuple(edges))
