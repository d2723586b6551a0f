"""From numbers to pixels."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a chart.

    Attributes:
        low: Number at ``start``.
        high: Number at ``end``, above ``low``.
        start: Pixel.
        end: Pixel; below ``start`` for an axis that points upwards.
        log: Whether equal factors are equal distances; ``low`` is then positive.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, number: float) -> float:
        """The pixel of a number, to a tenth; numbers outside are moved to the rim."""
        inside = min(max(number, self.low), self.high)
        if self.log:
            part = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            part = (inside - self.low) / (self.high - self.low)
        return round(self.start + part * (self.end - self.start), 1)

    def ticks(self, most: int) -> list[float]:
        """At most ``most`` round numbers: powers of ten, or multiples of 1, 2 or 5 times one."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            return [10.0**power for power in range(first, last + 1)][-most:]
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / most))
        step = next(step * factor for factor in (1, 2, 5, 10) if (self.high - self.low) / (step * factor) <= most)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(index * step, 10) for index in range(first, last + 1)]
