"""Which parts of a cell matter: those on a path from its input to its output."""

from collections.abc import Sequence


def edges_on_paths(edges: Sequence[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """The edges on a path from vertex 0 to vertex ``last``, in the given order; empty when there is no path.

    Args:
        edges: (from, to) with from < to.
        last: The output.
    """
    reached, needed = {0}, {last}
    for source, target in sorted(edges):  # ascending sources: a source is complete before it is read
        if source in reached:
            reached.add(target)
    for source, target in sorted(edges, key=lambda edge: edge[1], reverse=True):
        if target in needed:
            needed.add(source)
    return [edge for edge in edges if edge[0] in reached and edge[1] in needed]
