"""What the numbers of one column are."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from nasray.core.errors import DataError, require
from nasray.core.measurement import Split


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """The meaning of one column of a measured table: a number without it cannot be compared with a published one.

    Attributes:
        dataset: Data set measured on, e.g. ``cifar10``.
        split: The part of the data set that the number was measured on; None for what is not measured on one, as
            latencies and parameters.
        epochs: Length of the training schedule; None where nothing was trained.
        steps: What its length counts.
        quantity: What was measured, e.g. ``accuracy``.
        unit: Its unit, e.g. ``%``.
        direction: Which way is better.
        seeds: How many training runs were averaged, as far as the source says.
        note: What else a reader must know to use the number rightly.
        missing: How many architectures have no value (NaN); their reason is in ``note``.
        key: The column's name where there is no split, unit last, e.g. ``hw_c10_fpga_latency_ms``; or where a split
            has other scores besides the one that is searched for, e.g. ``digits_log_loss_valid_4``.
    """

    dataset: str
    split: Split | None
    epochs: int | None
    quantity: str
    unit: str
    direction: Literal["higher", "lower"]
    seeds: str
    note: str = ""
    missing: int = 0
    key: str = ""
    steps: Literal["epochs", "updates"] = "epochs"

    def __post_init__(self) -> None:
        """Refuse a direction that is none, and a column without a name; a file may hold anything."""
        require(
            self.direction in ("higher", "lower"),
            f"column {self.name}: direction ({self.direction!r}) must be 'higher' or 'lower'",
            DataError,
        )
        require(
            bool(self.key) or (self.split is not None and self.epochs is not None),
            f"column {self.name}: what has no split or no epochs needs a key; got split {self.split}, epochs "
            f"{self.epochs}, key {self.key!r}",
            DataError,
        )

    @property
    def name(self) -> str:
        """The column's name in the table, e.g. ``cifar10_valid_200``."""
        return self.key or f"{self.dataset}_{self.split}_{self.epochs}"

    @property
    def label(self) -> str:
        """For axes and metrics, e.g. ``valid accuracy (%)``."""
        return f"{'' if self.split is None else f'{self.split} '}{self.quantity} ({self.unit})"

    def to_json(self) -> dict[str, Any]:
        """As JSON takes it; the usual steps are not said, so that the bytes of tables stay those that were sealed."""
        said = asdict(self)
        return {name: value for name, value in said.items() if (name, value) != ("steps", "epochs")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Column":
        """Inverse of ``to_json``."""
        return cls(**{**data, "split": None if data["split"] is None else Split(data["split"])})
