"""The message in which NAS-Bench-101 keeps a training run: Protocol Buffers, read without their library.

``ModelMetrics``: 1 evaluation_data (repeated), 2 trainable_parameters (int32), 3 total_time (double).
``EvaluationData``: 1 current_epoch, 2 training_time, 3 train_accuracy, 4 validation_accuracy, 5 test_accuracy (all
double), 6 checkpoint_path (string). Accuracies are fractions, times seconds.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class EvaluationData:
    """One check of a network while it was trained; what a message leaves out is 0."""

    current_epoch: float = 0.0
    training_time: float = 0.0
    train_accuracy: float = 0.0
    validation_accuracy: float = 0.0
    test_accuracy: float = 0.0

    @classmethod
    def from_bytes(cls, content: bytes) -> "EvaluationData":
        """Read the message.

        Raises:
            ValueError: It is cut off or none.
        """
        found = {number: value for number, value in _fields(content) if isinstance(value, float)}
        return cls(*(found.get(number, 0.0) for number in range(1, 6)))


@dataclass(frozen=True, slots=True)
class ModelMetrics:
    """One training run: at the start, half-way, at the end.

    Attributes:
        evaluations: Their messages, unread: a table needs the last one.
        trainable_parameters: Of the network.
    """

    evaluations: tuple[bytes, ...]
    trainable_parameters: int

    @classmethod
    def from_bytes(cls, content: bytes) -> "ModelMetrics":
        """Read the message.

        Raises:
            ValueError: It is cut off or none.
        """
        evaluations: list[bytes] = []
        parameters = 0
        for number, value in _fields(content):
            if number == 1 and isinstance(value, bytes):
                evaluations.append(value)
            elif number == 2 and isinstance(value, int):
                parameters = value
        return cls(tuple(evaluations), parameters)


def _fields(content: bytes) -> Iterator[tuple[int, int | float | bytes]]:
    """Number and value of every field, in order; 64-bit fields are doubles."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(content, at)
            yield number, value
            continue
        if kind == BYTES:
            length, at = _varint(content, at)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"field {number} is of unknown kind {kind}")
        raw = content[at : at + length]
        if len(raw) < length:
            raise ValueError(f"field {number} has {len(raw)} of {length} bytes")
        yield number, struct.unpack("<d", raw)[0] if kind == FIXED64 else raw
        at += length


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = shift = 0
    while at < len(content) and shift < 70:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("a number without an end")
