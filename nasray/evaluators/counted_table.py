"""Evaluation by looking up accuracies, and by counting what the networks that reached them cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nasray.core.architecture import Architecture
from nasray.core.errors import require
from nasray.core.space import ModuleView, SearchSpace, need
from nasray.evaluators.table import TableEvaluator

COUNTED = ("parameters", "flops")
"""As ``Training`` calls and counts them: trainable weights, and multiply-adds for one image."""


@dataclass(kw_only=True)
class CountedTable(TableEvaluator):
    """A table of networks that nasray can plan: columns ``parameters`` and ``flops`` are counted from their plans.

    Layers whose results are not used count, as in the published figures. The networks are the benchmark's, however
    wide and deep those of the run's space are.

    Args:
        table: As ``TableEvaluator``, and so all but the last two.
        networks: The space with the sizes of the networks that were measured.
        shapes: Data set -> ``[C, H, W, classes]``: of its images, and width of the classifier.

    Raises:
        CapabilityError: The networks cannot be planned.
        ConfigError: The shape of the data set is not given.
    """

    networks: SearchSpace
    shapes: Mapping[str, Sequence[int]]

    def __post_init__(self) -> None:
        """Find out how networks are planned, too."""
        super().__post_init__()
        self._planned = need(self.networks, ModuleView, "evaluator table")
        require(
            len(self.shapes.get(self.dataset, ())) == 4,
            f"CountedTable shapes must give channels, height, width and classes of {self.dataset}, e.g. [3, 32, 32, 10]"
            f"; got {dict(self.shapes)}",
        )

    def _measurable(self) -> list[str]:
        return [*COUNTED, *super()._measurable()]

    def _further(self, name: str, architecture: Architecture, row: int) -> float:
        if name not in COUNTED:
            return super()._further(name, architecture, row)
        # Torch takes seconds to import, and most searches of a table count nothing.
        from nasray.models.parameter_count import plan_parameters
        from nasray.models.plan_multiply_adds import plan_multiply_adds

        channels, height, width, n_classes = self.shapes[self.dataset]
        plan = self._planned.plan(architecture, (channels, height, width), n_classes)
        return float(plan_parameters(plan) if name == "parameters" else plan_multiply_adds(plan))
