"""The principle of repetition."""

from dataclasses import dataclass
from typing import ClassVar

from nasray.refiners.everything import Everything


@dataclass(kw_only=True)
class Copy(Everything):
    """A control: the sources' best are evaluated in their order, all of them; nothing is removed for what comes after.

    What any principle has to be better than (LAPT, https://arxiv.org/abs/2408.11330, has no such control).

    Args:
        space: Must offer Restrictable.
    """

    copies: ClassVar[bool] = True
