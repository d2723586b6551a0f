"""Keeps spending below the caps, whatever is on its way."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Condition

from nasray.llm.cap_reached import CapReached
from nasray.llm.caps import Caps
from nasray.llm.spent import Spent


class Meter:
    """What was spent and what calls on their way may still spend; safe for threads.

    A call is let through when everything spent, everything on its way at its highest price, and the call itself at its
    highest price stay below the caps. When it does not fit only because of what is on its way, it waits: most calls
    cost less than the most they could cost.

    Args:
        caps: The limits.
        spent: By earlier processes.
    """

    def __init__(self, caps: Caps, spent: Spent) -> None:
        """Nothing is on its way."""
        self.caps = caps
        self.spent = spent
        self._flying: list[Spent] = []
        self._landed = Condition()

    @contextmanager
    def flight(self, most: Spent) -> Generator[list[Spent]]:
        """A call on its way. What it really spent is appended to the list; nothing if it did not leave.

        Args:
            most: What the call can spend at most.

        Raises:
            CapReached: It could pass a cap.
        """
        self._admit(most)
        bill: list[Spent] = []
        try:
            yield bill
        finally:
            with self._landed:
                self._flying.remove(most)
                for each in bill:
                    self.spent = self.spent.plus(each)
                self._landed.notify_all()

    def _admit(self, most: Spent) -> None:
        with self._landed:
            while self._passed(self._flying, most) and not self._passed([], most):
                self._landed.wait()
            if passed := self._passed([], most):
                raise CapReached(
                    f"the language model was not asked: {self.spent.calls:,} calls, {self.spent.tokens:,} tokens and "
                    f"{self.spent.usd:.4f} USD are spent, and the next call could take {most.tokens:,} tokens and "
                    f"{most.usd:.4f} USD more, past {passed}; what was paid for is kept: raise the cap and go on"
                )
            self._flying.append(most)

    def _passed(self, flying: list[Spent], most: Spent) -> str:
        total = self.spent.plus(most)
        for one in flying:
            total = total.plus(one)
        return self.caps.passed_by(total)
