"""How candidates are trained in a fraction of the time, and how the winner is trained in the end."""

from dataclasses import dataclass

from nasray.core.errors import require
from nasray.models.freezing import MODES, Mode
from nasray.models.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Acceleration:
    """The acceleration strategy of GPT-NAS (arXiv 2305.05351).

    Attributes:
        mode: Which weights of a candidate are trained; ``models.freezing`` has the rules.
        retraining: How TEST's network is trained: from fresh weights, all of them. Its VALID is not the one that the
            search saw.

    Raises:
        ConfigError: An unknown mode.
    """

    mode: Mode
    retraining: Recipe

    def __post_init__(self) -> None:
        """Refuse an unknown mode."""
        require(self.mode in MODES, f"acceleration.mode ({self.mode!r}) must be one of {', '.join(MODES)}")
