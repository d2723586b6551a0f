"""What is frequent among good architectures remains: the honest refiner where there is no language model."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.principles import Candidates, Principles
from nasray.core.restrictable import Restrictable
from nasray.core.space import SearchSpace, need
from nasray.refiners.everything import everything_remains


@dataclass(kw_only=True)
class Frequency:
    """Keeps in every layer the operators, and the information sources, that most of the good architectures have.

    The control to LAPT's language model (arXiv 2408.11330): the same principles by counting. After an improvement
    the best that were found are counted instead of the sources; without one the principles have had their say, and
    every operator returns.

    Args:
        space: Must offer Restrictable.
        most_operators: k, how many operators a layer keeps, at most: those that occur.
        most_sources: Likewise for information sources; without effect where the wiring is fixed.

    Raises:
        CapabilityError: The space cannot be restricted.
        ConfigError: A layer would be left empty.
    """

    space: SearchSpace
    most_operators: int
    most_sources: int

    def __post_init__(self) -> None:
        """Refuse to keep nothing."""
        self._view = need(self.space, Restrictable, "refiner frequency")
        for name in ("most_operators", "most_sources"):
            require(getattr(self, name) >= 1, f"Frequency {name} ({getattr(self, name)}) must be at least 1")

    def learn(self, sources: Sequence[Architecture]) -> Principles:
        """Count the sources.

        Raises:
            ConfigError: There are none.
        """
        require(len(sources) > 0, "Frequency got no architectures to learn from: give at least one")
        operators = _counted([self._view.operators_of(one) for one in sources])
        read = _counted([self._view.sources_of(one) for one in sources])
        return Principles(
            self._in_words(operators, read, len(sources)),
            _kept(operators, self.most_operators),
            _kept(read, self.most_sources),
        )

    def adapt(self, principles: Principles, found: Sequence[Architecture], improved: bool) -> Principles:  # noqa: ARG002 -- counting begins anew
        """Count what was found after an improvement; otherwise let everything return."""
        if improved and found:
            return self.learn(found)
        return everything_remains(
            self._view, "Nothing better was found under the principles: every operator of every layer returns."
        )

    def _in_words(self, operators: list[Counter[int]], read: list[Counter[int]], n: int) -> str:
        """Layer by layer, how many of the architectures have what remains."""
        lines = [f"Of {n} good architectures:"]
        for at, layer in enumerate(self._view.layer_choices()):
            parts = [
                f"{names[one]} in {counts[one]}"
                for names, counted, most in (
                    (layer.operators, operators, self.most_operators),
                    (layer.sources, read, self.most_sources),
                )
                for counts in counted[at : at + 1]
                for one in _most_frequent(counts, most)
            ]
            lines.append(f"{layer.name}: {', '.join(parts)}")
        return "\n".join(lines)


def _counted(choices: Sequence[Sequence[int]]) -> list[Counter[int]]:
    """``(L,)`` how often each id was chosen."""
    return [Counter(layer) for layer in zip(*choices, strict=True)]


def _kept(counted: Sequence[Counter[int]], most: int) -> Candidates:
    return tuple(tuple(_most_frequent(counts, most)) for counts in counted)


def _most_frequent(counts: Counter[int], most: int) -> list[int]:
    """The most frequent ids, of equals the smaller one."""
    return sorted(counts, key=lambda one: (-counts[one], one))[:most]
