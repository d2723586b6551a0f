"""One layer as text: the language in which GPT-NAS reads and writes networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nasray.core.errors import ConfigError, DataError, require

Family = Literal["conv", "pooling", "fc", "other"]
Size = tuple[int, int, int]
"""``(C, H, W)``: channels, height, width."""

FAMILIES: tuple[Family, ...] = ("conv", "pooling", "fc", "other")
PROPERTIES = (
    "id",
    "type",
    "name",
    "in_size",
    "out_size",
    "kernel",
    "stride",
    "padding",
    "dilation",
    "groups",
    "value",
    "bias_used",
)
"""The twelve of the paper's Table I, in its order."""

_ALL: tuple[str, ...] = ("id", "in_size", "out_size")
_OF_FAMILY: Mapping[Family, tuple[str, ...]] = {
    "conv": (*_ALL, "kernel", "stride", "padding", "dilation", "groups", "bias_used"),
    "pooling": (*_ALL, "type", "kernel", "stride", "padding", "dilation"),
    "fc": (*_ALL, "bias_used"),
    "other": (*_ALL, "name", "value"),
}
_LENGTHS = {"in_size": 3, "out_size": 3, "kernel": 2, "stride": 2, "padding": 4}
_NUMBERS = ("id", "dilation", "groups")
_WORDS = ("type", "name")
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerProperties:
    """What GPT-NAS writes down of one layer.

    Yu et al. 2023, "GPT-NAS: Evolutionary Neural Architecture Search with the Generative Pre-Trained Model",
    https://arxiv.org/abs/2305.05351, Table I. Every property but the family is one of the paper's twelve; those that
    a family does not have are None.

    Departures from the paper: which two families own ``bias_used`` cannot be read there; here they are Conv and FC.

    Attributes:
        family: The kind of layer; it decides which properties there are.
        id: Place in its network, 0, 1, 2, …
        in_size: ``(C, H, W)`` of what it reads.
        out_size: ``(C, H, W)`` of what it puts out.
        type: Of a pooling: ``max`` or ``avg``.
        name: Of an other layer: ``batch_norm``, ``relu``, ``add``, …
        kernel: ``(H, W)`` pixels of a conv or a pooling.
        stride: ``(H, W)`` pixels.
        padding: ``(top, bottom, left, right)`` pixels.
        dilation: Distance of the kernel's taps.
        groups: Of a conv.
        value: Further numbers of an other layer.
        bias_used: Of a conv or a fully connected layer.

    Raises:
        ConfigError: Properties that the family does not have or lacks, or that contradict each other.
    """

    family: Family
    id: int
    in_size: Size
    out_size: Size
    type: str | None = None
    name: str | None = None
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    padding: tuple[int, int, int, int] | None = None
    dilation: int | None = None
    groups: int | None = None
    value: tuple[int, ...] | None = None
    bias_used: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what is no layer."""
        fault = self._fault()
        if fault:
            raise ConfigError(f"layer {self.id} ({self.name or self.type or self.family}): {fault}")

    def _fault(self) -> str:
        """What is wrong, and the rule; empty for a layer. Corpora hold many: words are made for the wrong ones only."""
        if self.family not in _OF_FAMILY:
            return f"family {self.family!r} must be one of {list(FAMILIES)}"
        own = _OF_FAMILY[self.family]
        wrong = [name for name in PROPERTIES if (getattr(self, name) is None) == (name in own)]
        if wrong:
            return f"properties {wrong} are missing or too many; this family has exactly {list(own)}"
        if self.id < 0 or min(self.in_size) < 1 or min(self.out_size) < 1:
            return f"in_size {self.in_size} and out_size {self.out_size} must be positive, and id at least 0"
        word = self.type if self.family == "pooling" else self.name
        if word is not None and not (word and word.isprintable() and " " not in word and "=" not in word):
            return f"{word!r} must be one printable word without = in it"
        return self._window_fault() if self.kernel else ""

    def _window_fault(self) -> str:
        """Whether kernel, stride and padding of a conv or pooling give the output its size."""
        assert self.kernel is not None
        assert self.stride is not None
        assert self.padding is not None
        assert self.dilation is not None
        if min(self.kernel) < 1 or min(self.stride) < 1 or self.dilation < 1 or min(self.padding) < 0:
            return (
                f"kernel {self.kernel}, stride {self.stride} and dilation {self.dilation} must be positive, "
                f"padding {self.padding} at least 0"
            )
        pads = (self.padding[0] + self.padding[1], self.padding[2] + self.padding[3])
        sizes = zip(self.in_size[1:], self.kernel, self.stride, pads, strict=True)
        made = tuple([(n + pad - self.dilation * (kernel - 1) - 1) // stride + 1 for n, kernel, stride, pad in sizes])
        if made != self.out_size[1:]:
            return (
                f"{self.in_size[1:]} pixels become {made} by kernel {self.kernel}, stride {self.stride}, padding "
                f"{self.padding} and dilation {self.dilation}, but out_size says {self.out_size[1:]}"
            )
        read, written = self.in_size[0], self.out_size[0]
        if self.family == "pooling":
            return "" if read == written else f"channels {read} -> {written}: a pooling keeps their number"
        if self.groups is None or self.groups < 1 or read % self.groups or written % self.groups:
            return f"channels {read} -> {written}: groups ({self.groups}) must divide both numbers"
        return ""

    def structure(self) -> str:
        """The text without the id: one word of the vocabulary."""
        present = ((name, getattr(self, name)) for name in PROPERTIES[1:])
        return " ".join([self.family, *(f"{name}={_written(value)}" for name, value in present if value is not None)])

    def operation(self) -> str:
        """The structure without sizes: alike in a narrow and a wide network, on small and on large images."""
        words = self.structure().split(" ")
        return " ".join(word for word in words if not word.startswith(("in_size=", "out_size=")))

    def to_text(self) -> str:
        """One line, e.g. ``fc id=9 in_size=32,1,1 out_size=10,1,1 bias_used=true``."""
        family, _, rest = self.structure().partition(" ")
        return f"{family} id={self.id} {rest}"

    @classmethod
    def from_text(cls, text: str) -> "LayerProperties":
        """Inverse of ``to_text``.

        Raises:
            DataError: The text is no such line, or means an impossible layer.
        """
        family, *words = text.split(" ")
        parts = [word.partition("=") for word in words]
        values = {name: written for name, _, written in parts}
        known: Family | None = next((one for one in FAMILIES if one == family), None)
        if known is None or len(values) < len(parts) or not values.keys() <= {*_OF_FAMILY[known]}:
            rule = "a family and then its properties, each once: " + "; ".join(
                f"{one} {' '.join(names)}" for one, names in _OF_FAMILY.items()
            )
            raise DataError(f"layer line {text!r} cannot be read; it must be {rule}")
        try:
            layer = cls(family=known, **{name: _read(name, written) for name, written in values.items()})
        except (ConfigError, TypeError, ValueError) as error:
            raise DataError(f"layer line {text!r} cannot be read: {error}; correct the line") from error
        require(layer.to_text() == text, f"layer line {text!r} must be written {layer.to_text()!r}", DataError)
        return layer


def _written(value: int | str | bool | tuple[int, ...]) -> str:
    """One property as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _read(name: str, text: str) -> Any:
    """Inverse of ``_written`` for the property ``name``.

    Raises:
        ValueError: The text is not of the property's kind.
    """
    if name in _WORDS:
        return text
    if name in _NUMBERS:
        return int(text)
    if name == "bias_used":
        if text not in _BOOLEANS:
            raise ValueError(f"bias_used={text} must be true or false")
        return _BOOLEANS[text]
    numbers = tuple(int(number) for number in text.split(",") if text)
    if len(numbers) != _LENGTHS.get(name, len(numbers)):
        raise ValueError(f"{name}={text} must be {_LENGTHS[name]} numbers")
    return numbers
