"""What a kept state of a training is called."""

import hashlib
import re
from dataclasses import dataclass

_FILE = re.compile(r"slot-(\d+)\.")


def digest(*facts: object) -> str:
    """Twelve digits that stand for ``facts``, which must have the same repr in every process."""
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointName:
    """Whose state it is.

    Attributes:
        slot: The slot that trained up to it.
        origin: The slot that began the training: the same slot, or the one that it continues.
        family: ``digest`` of what the trainings of one run have in common: recipe, images, seed.
        network: ``digest`` of what is trained.
    """

    slot: int
    origin: int
    family: str
    network: str

    @property
    def file_name(self) -> str:
        """The file of this very state."""
        return f"slot-{self.slot}.from-{self.origin}.{self.family}.{self.network}.json"

    @property
    def training(self) -> str:
        """A glob pattern for the files of the whole training, one a slot."""
        return f"slot-*.from-{self.origin}.{self.family}.{self.network}.json"


def files_of_slot(slot: int, family: str) -> str:
    """A glob pattern for the file of any network that ``slot`` trained."""
    return f"slot-{slot}.from-*.{family}.*.json"


def slot_of(file_name: str) -> int | None:
    """The slot that a file is of; None for a foreign file."""
    found = _FILE.match(file_name)
    return int(found[1]) if found else None
