"""``hydra/launcher=nasray``: Hydra imports every launcher at every start, so all work is in ``nasray.app.sweep``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from nasray.app.sweep import Sweep


class NasrayLauncher(Launcher):
    """Sweeps that can be resumed, see ``nasray.app.sweep.Sweep``, which is handed the settings."""

    def __init__(self, **settings: Any) -> None:
        """Keep the settings; touch nothing."""
        self._settings = settings
        self._sweep: Sweep | None = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:  # noqa: ARG002 - Hydra's
        """Open the sweep's folder."""
        from nasray.app.sweep import Sweep

        self._sweep = Sweep(hydra_context, config, **self._settings)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:  # noqa: ARG002 - Hydra's
        """Run one batch of jobs, as far as they are not done already."""
        assert self._sweep is not None, "Hydra sets a launcher up before it launches"
        return self._sweep.launch(job_overrides)
