"""Counts of what follows the last words, with backoff: what a GPT must beat."""

from collections import Counter
from collections.abc import Sequence

from nasray.models.gpt import BOS


class Ngram:
    """The most frequent word after the longest known context.

    Katz 1987, "Estimation of Probabilities from Sparse Data for the Language Model Component of a Speech Recognizer":
    backoff; without discounts, which do not change which word comes first at a level.

    Args:
        sequences: Word ids of the corpus, without a token for the beginning.
        n: 1 for the most frequent word, 2 for the one after the last word, …
    """

    def __init__(self, sequences: Sequence[Sequence[int]], n: int) -> None:
        followers: list[dict[tuple[int, ...], Counter[int]]] = [{} for _ in range(n)]
        for sequence in sequences:
            ids = [BOS, *sequence]
            for place in range(1, len(ids)):
                for length in range(min(n, place + 1)):
                    context = tuple(ids[place - length : place])
                    followers[length].setdefault(context, Counter())[ids[place]] += 1
        # Among equally frequent words the one with the smallest id, so that nothing hangs on an order of reading.
        self._best = [
            {context: min(found, key=lambda word: (-found[word], word)) for context, found in level.items()}
            for level in followers
        ]

    def predict(self, context: Sequence[int]) -> int:
        """The word after ``context``, which begins with BOS or in the middle of a network."""
        for length in range(min(len(self._best) - 1, len(context)), -1, -1):
            found = self._best[length].get(tuple(context[len(context) - length :]))
            if found is not None:
                return found
        raise AssertionError("the empty context is always known")
