"""AZ-NAS: whether the features of later blocks can express more than those of earlier ones."""

import math
from itertools import pairwise

from nasray.models.zero_cost.block_entropies import block_entropies
from nasray.models.zero_cost.subject import Subject


def progressivity(subject: Subject) -> float:
    """The smallest gain of entropy from one block to the next.

    Lee and Ham 2024, "AZ-NAS: Assembling Zero-Cost Proxies for Network Architecture Search",
    https://arxiv.org/abs/2403.19232, equation 5. NaN for fewer than two blocks.
    """
    gains = [later - earlier for earlier, later in pairwise(block_entropies(subject))]
    return math.nan if not gains or any(math.isnan(gain) for gain in gains) else min(gains)
