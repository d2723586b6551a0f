"""Whether the GPU that an evaluator asks for is there."""

from nasray.app.cluster import executor_needs_ray
from nasray.app.schema import RunConfig
from nasray.app.trade_offs import chain
from nasray.core.errors import require
from nasray.core.evaluator import Evaluator


def check_device(config: RunConfig, evaluator: Evaluator) -> None:
    """Refuse ``device: cuda`` and mixed precision where candidates are evaluated on this machine and it has no GPU.

    The nodes of a named cluster are not this machine: what they have is known on them alone.

    Raises:
        ConfigError: There is none.
    """
    if executor_needs_ray(config) and config.ray.address is not None:
        return
    for one in chain(evaluator):
        device = getattr(one, "device", "auto")
        mixed = getattr(getattr(one, "recipe", None), "mixed_precision", False)
        if device != "cuda" and not mixed:
            continue
        import torch  # half a second, and loaded already by evaluators that have a device

        present = torch.cuda.is_available()
        require(
            present or device != "cuda",
            "evaluator.device got cuda, but torch sees no GPU on this machine; set evaluator.device=cpu, or auto to "
            "use one where it is",
        )
        require(
            not mixed or (present and device != "cpu"),
            f"evaluator.recipe.mixed_precision works on a GPU only, but evaluator.device is {device} and torch sees "
            f"{'one' if present else 'none'} on this machine; set evaluator.recipe.mixed_precision=false",
        )
