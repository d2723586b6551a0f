"""The zero-cost proxies by name, and how one network is scored."""

from collections.abc import Mapping

import torch
from torch import Tensor

from nasray.core.errors import require
from nasray.core.network_plan import NetworkPlan
from nasray.models.build import build
from nasray.models.network import Network
from nasray.models.one_thread import one_thread
from nasray.models.zero_cost.epe_nas import epe_nas
from nasray.models.zero_cost.expressivity import expressivity
from nasray.models.zero_cost.fisher import fisher
from nasray.models.zero_cost.flops import flops
from nasray.models.zero_cost.grad_norm import grad_norm
from nasray.models.zero_cost.grasp import grasp
from nasray.models.zero_cost.initialisation import INITIALISATIONS, Initialisation, initialise
from nasray.models.zero_cost.jacov import jacov
from nasray.models.zero_cost.l2_norm import l2_norm
from nasray.models.zero_cost.nwot import nwot
from nasray.models.zero_cost.params import params
from nasray.models.zero_cost.plain import plain
from nasray.models.zero_cost.progressivity import progressivity
from nasray.models.zero_cost.snip import snip
from nasray.models.zero_cost.subject import Proxy, Subject
from nasray.models.zero_cost.synflow import synflow
from nasray.models.zero_cost.trainability import trainability
from nasray.models.zero_cost.zen import zen

PUBLISHED: Mapping[str, Proxy] = {
    "params": params,
    "flops": flops,
    "l2_norm": l2_norm,
    "grad_norm": grad_norm,
    "plain": plain,
    "snip": snip,
    "grasp": grasp,
    "fisher": fisher,
    "synflow": synflow,
    "jacov": jacov,
    "epe_nas": epe_nas,
    "nwot": nwot,
    "zen": zen,
}
"""Those with published values on NAS-Bench-201."""

AZ_NAS: Mapping[str, Proxy] = {
    "expressivity": expressivity,
    "progressivity": progressivity,
    "trainability": trainability,
    "complexity": flops,
}
"""The four that AZ-NAS joins."""

PROXIES: Mapping[str, Proxy] = {**PUBLISHED, **AZ_NAS}


def check_proxy(name: str) -> None:
    """Refuse a proxy that does not exist.

    Raises:
        ConfigError: The name is unknown.
    """
    require(name in PROXIES, f"zero-cost proxy {name!r} is unknown; choose one of {', '.join(PROXIES)}")


@one_thread()
def zero_cost_score(
    name: str, plan: NetworkPlan, images: tuple[Tensor, Tensor], initialisation: Initialisation, seed: int
) -> float:
    """One proxy of one freshly initialised network.

    Every network starts from the same ``seed``, so that two scores differ by their architectures alone.

    Args:
        name: Of the proxy.
        plan: The network.
        images: ``(B, C, H, W)`` float32 and ``(B,)`` labels.
        initialisation: How weights are drawn; the AZ-NAS proxies and zen draw their own.
        seed: Of all draws.

    Raises:
        ConfigError: The proxy or the initialisation is unknown.
    """
    check_proxy(name)
    require(
        initialisation in INITIALISATIONS,
        f"zero-cost initialisation ({initialisation!r}) must be one of {', '.join(INITIALISATIONS)}",
    )
    rng = torch.Generator().manual_seed(seed)
    network = build(plan, rng)
    assert isinstance(network, Network)
    initialise(network, initialisation, rng)
    subject = Subject(network=network.train(), plan=plan, x_BCHW=images[0], y_B=images[1], rng=rng)
    return PROXIES[name](subject)
