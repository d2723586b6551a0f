"""How a measured quantity is written down."""

import math
from dataclasses import dataclass

NBSP = "\u00a0"
MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric and its digits: percentages with two decimals, everything else with four significant digits.

    Attributes:
        name: As the evaluator states it, e.g. ``valid accuracy (%)``.
    """

    name: str

    @property
    def percent(self) -> bool:
        """Whether values are percentages, and their differences points."""
        return self.name.endswith("(%)")

    @property
    def quantity(self) -> str:
        """What is measured, without split and unit: ``accuracy``."""
        words = self.name.split("(")[0].split()
        return " ".join(word for word in words if word != "valid") or self.name

    def value(self, number: float) -> str:
        """A value with its unit: ``91.53 %``."""
        return f"{self.bare(number)}{NBSP}%" if self.percent and math.isfinite(number) else self.bare(number)

    def bare(self, number: float) -> str:
        """A value without its unit: ``91.53``."""
        if not math.isfinite(number):
            return "\u2013"
        return signed(f"{number:.2f}" if self.percent else f"{number:.4g}")

    def distance(self, number: float) -> str:
        """A difference without its sign: ``2.31 points``."""
        return f"{self.bare(abs(number))}{NBSP}points" if self.percent else self.bare(abs(number))

    def change(self, number: float) -> str:
        """A difference with its sign and no unit: ``+2.31``."""
        return self.bare(number) if number < 0 else f"+{self.bare(number)}"


def signed(text: str) -> str:
    """A number with a minus sign in place of a hyphen."""
    return text.replace("-", MINUS)


def count(number: float) -> str:
    """A count with separators: ``15,625``."""
    return f"{number:,.0f}"


def share(part: float) -> str:
    """A share of 0 to 1 as a percentage: ``12.5 %``."""
    return f"{100 * part:.1f}{NBSP}%"


def plural(number: float, noun: str, nouns: str = "") -> str:
    """A count and its noun: ``1 cell``, ``2 cells``."""
    return f"{count(number)}{NBSP}{noun if number == 1 else nouns or noun + 's'}"


def duration(seconds: float) -> str:
    """A time that a person can read: ``0.6 s``, ``2 min 3 s``, ``3.2 h``, ``12.3 days``."""
    if seconds < 10:
        return f"{seconds:.2g}{NBSP}s" if seconds < 1 else f"{seconds:.1f}{NBSP}s"
    if seconds < 60:
        return f"{seconds:.0f}{NBSP}s"
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}{NBSP}min{NBSP}{rest}{NBSP}s"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f}{NBSP}h"
    return f"{seconds / 86400:.1f}{NBSP}days"


def speed(per_second: float) -> str:
    """A rate with three digits, or more before the point: ``0.523``, ``2.78``, ``12,345``."""
    return count(per_second) if per_second >= 100 else f"{per_second:.3g}"


def quantity(number: float) -> str:
    """A further measured column: counts with separators, everything else with four significant digits."""
    if not math.isfinite(number):
        return "\u2013"
    return signed(count(number) if float(number).is_integer() else f"{number:.4g}")
