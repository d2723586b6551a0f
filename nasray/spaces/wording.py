"""What operators are called in sentences: one wording for all spaces, since a changed word moves an embedding.

The sentences are our own; the three lengths follow TG-NAS (arXiv 2404.00271, section 3.2).
"""

from collections.abc import Iterable, Mapping

from nasray.core.errors import CapabilityError

_CONVOLUTION = (
    "Convolution {k} by {k}",
    "Convolution with a {k} by {k} kernel, batch normalization and ReLU",
    "A two-dimensional convolution with a {k} by {k} kernel, together with batch normalization and a rectified "
    "linear activation",
)
_POOLING = (
    "{Kind} pooling 3 by 3",
    "{Kind} pooling with a 3 by 3 window",
    "A {kind} pooling operator that slides a 3 by 3 window over the feature map",
)


def _convolution(kernel: int) -> tuple[str, str, str]:
    short, medium, long = _CONVOLUTION
    return short.format(k=kernel), medium.format(k=kernel), long.format(k=kernel)


def _pooling(kind: str) -> tuple[str, str, str]:
    short, medium, long = _POOLING
    words = {"kind": kind, "Kind": kind.capitalize()}
    return short.format(**words), medium.format(**words), long.format(**words)


_SENTENCES: dict[str, tuple[str, str, str]] = {
    "input": ("Input", "Input of the cell", "The input operator that hands the feature map to the cell"),
    "output": ("Output", "Output of the cell", "The output operator that collects the results of the cell"),
    "none": ("None", "No operation", "An absent operator: it passes nothing on"),
    "skip_connect": (
        "Residual connection",
        "Residual connection that passes its input on",
        "A residual connection that hands its input on to the next node unchanged",
    ),
    "nor_conv_1x1": _convolution(1),
    "nor_conv_3x3": _convolution(3),
    "avg_pool_3x3": _pooling("average"),
}


def describe_operators(names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Name -> {``short``, ``medium``, ``long``} sentence.

    Raises:
        CapabilityError: There is no sentence for one of the names.
    """
    names = list(names)
    unknown = [name for name in names if name not in _SENTENCES]
    if unknown:
        raise CapabilityError(
            f"operators {unknown} have no description; add their sentences to nasray/spaces/wording.py "
            f"(known: {', '.join(_SENTENCES)})"
        )
    return {name: dict(zip(("short", "medium", "long"), _SENTENCES[name], strict=True)) for name in names}
