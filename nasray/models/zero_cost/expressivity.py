"""AZ-NAS: how much the features of all blocks can express."""

from nasray.models.zero_cost.block_entropies import block_entropies
from nasray.models.zero_cost.subject import Subject


def expressivity(subject: Subject) -> float:
    """Sum over blocks of the entropy of their features.

    Lee and Ham 2024, "AZ-NAS: Assembling Zero-Cost Proxies for Network Architecture Search",
    https://arxiv.org/abs/2403.19232, equation 4.
    """
    return sum(block_entropies(subject))
