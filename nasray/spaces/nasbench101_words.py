"""NAS-Bench-101 cells as words, one a vertex: its operator and what it reads, or what the output reads."""

from collections.abc import Sequence
from functools import cache

from nasray.spaces.nasbench101_genes import N_GENES, N_PAIRS, OPERATORS, OUTPUT, PAIRS

_UNKNOWN = -1
"""A gene that no word gave."""


@cache
def vocabulary(max_vertices: int) -> tuple[str, ...]:
    """``conv3x3-bn-relu(0,2)`` reads the input and vertex 2, ``output(1,4)`` puts both out; 192 words for 7 vertices.

    The words of a space of fewer vertices are among those of a larger one.
    """

    def written(name: str, mask: int) -> str:
        return f"{name}({','.join(str(source) for source in range(OUTPUT) if mask >> source & 1)})"

    masks = _masks(max_vertices)
    interior = [written(name, mask) for name in OPERATORS for mask in range(masks)]
    return (*interior, *(written("output", mask) for mask in range(2 * masks)))


def words_of(genes: Sequence[int], max_vertices: int) -> list[int]:
    """``(max_vertices - 1,)`` word ids, interior vertices and the output; a vertex reads earlier ones only."""
    masks = _masks(max_vertices)
    read = [sum(genes[gene] << source for source, gene in entering) for entering in _entering(max_vertices)]
    interior = [genes[N_PAIRS + place] * masks + mask for place, mask in enumerate(read[:-1])]
    return [*interior, len(OPERATORS) * masks + read[-1]]


def genes_of_words(words: Sequence[int], max_vertices: int) -> tuple[int, ...]:
    """Inverse of ``words_of``; genes that no fitting word gave are invalid, and those of words too many are added.

    A word does not fit if it stands in the other kind's place, or reads a vertex that does not come before it.
    """
    n_words, masks = max_vertices - 1, _masks(max_vertices)
    genes = [0] * N_GENES + [_UNKNOWN] * max(0, len(words) - n_words)
    for place, entering in enumerate(_entering(max_vertices)):
        last = place == n_words - 1
        word = words[place] if place < len(words) else _UNKNOWN
        operator, mask = divmod(word, masks)
        mask = word - len(OPERATORS) * masks if last else mask
        fits = word >= 0 and (word >= len(OPERATORS) * masks) == last and not mask >> (place + 1)
        for source, gene in entering:
            genes[gene] = mask >> source & 1 if fits else _UNKNOWN
        if not last:
            genes[N_PAIRS + place] = operator if fits else _UNKNOWN
    return tuple(genes)


def _masks(max_vertices: int) -> int:
    """Sets of vertices that an interior vertex may read; bit i stands for vertex i."""
    return 2 ** (max_vertices - 2)


@cache
def _entering(max_vertices: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """(source, gene) of the edges that enter each interior vertex and the output."""
    interior = range(1, max_vertices - 1)
    found = [tuple((source, PAIRS.index((source, vertex))) for source in range(vertex)) for vertex in interior]
    return (*found, tuple((source, PAIRS.index((source, OUTPUT))) for source in (0, *interior)))
