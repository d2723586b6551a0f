"""What operators are called in sentences: one wording for all spaces, since a changed word moves an embedding.

The sentences are our own; the three lengths follow TG-NAS (arXiv 2404.00271, section 3.2).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from nasray.core.errors import CapabilityError

_CONVOLUTION = (
    "Convolution {k} by {k}",
    "Convolution with a {k} by {k} kernel, batch normalization and ReLU",
    "A two-dimensional convolution with a {k} by {k} kernel, together with batch normalization and a rectified "
    "linear activation",
)
_POOLING = (
    "{Kind} pooling {k} by {k}",
    "{Kind} pooling with a {k} by {k} window",
    "A {kind} pooling operator that slides a {k} by {k} window over the feature map",
)


_SEPARABLE = (
    "Separable convolution {k} by {k}",
    "Depthwise separable convolution with a {k} by {k} kernel, batch normalization and ReLU, applied twice",
    "A depthwise separable convolution with a {k} by {k} kernel, applied twice, each time together with batch "
    "normalization and a rectified linear activation",
)
_DILATED = (
    "Dilated convolution {k} by {k}",
    "Dilated depthwise separable convolution with a {k} by {k} kernel, batch normalization and ReLU",
    "A dilated depthwise separable convolution with a {k} by {k} kernel whose taps are two pixels apart, together with "
    "batch normalization and a rectified linear activation",
)


Sentences = tuple[str, str, str]


def _spelled(sentences: Sentences, kernel: int, kind: str = "") -> Sentences:
    short, medium, long = (sentence.format(k=kernel, kind=kind, Kind=kind.capitalize()) for sentence in sentences)
    return short, medium, long


_SENTENCES: dict[str, Sentences] = {
    "input": ("Input", "Input of the cell", "The input operator that hands the feature map to the cell"),
    "output": ("Output", "Output of the cell", "The output operator that collects the results of the cell"),
    "cell_input": ("Input", "Input of the cell", "The input operator that hands the feature map to the cell"),
    "cell_output": ("Output", "Output of the cell", "The output operator that collects the results of the cell"),
    "none": ("None", "No operation", "An absent operator: it passes nothing on"),
    "skip_connect": (
        "Residual connection",
        "Residual connection that passes its input on",
        "A residual connection that hands its input on to the next node unchanged",
    ),
    "nor_conv_1x1": _spelled(_CONVOLUTION, 1),
    "nor_conv_3x3": _spelled(_CONVOLUTION, 3),
    "conv1x1-bn-relu": _spelled(_CONVOLUTION, 1),
    "conv3x3-bn-relu": _spelled(_CONVOLUTION, 3),
    "avg_pool_3x3": _spelled(_POOLING, 3, "average"),
    "max_pool_3x3": _spelled(_POOLING, 3, "maximum"),
    "maxpool3x3": _spelled(_POOLING, 3, "maximum"),
    "sep_conv_3x3": _spelled(_SEPARABLE, 3),
    "sep_conv_5x5": _spelled(_SEPARABLE, 5),
    "dil_conv_3x3": _spelled(_DILATED, 3),
    "dil_conv_5x5": _spelled(_DILATED, 5),
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


_PATTERNS: dict[str, tuple[Sentences, str]] = {
    "conv_bn_relu": (_CONVOLUTION, ""),
    "relu_conv_bn": (_CONVOLUTION, ""),
    "sep_conv": (_SEPARABLE, ""),
    "dil_conv": (_DILATED, ""),
    "max_pool": (_POOLING, "maximum"),
    "avg_pool": (_POOLING, "average"),
}
_ALIKE = {"identity": "skip_connect", "zero": "none"}


def describe_layer(name: str, operator: str, options: Mapping[str, Any]) -> Mapping[str, str]:
    """The usual ``short``, ``medium`` and ``long`` for what an operator is made of; else its own name.

    Only a layer that is the same as in the benchmarks gets their words.

    Args:
        name: What its space calls it.
        operator: Its operator in ``nasray/models/operators.py``.
        options: The operator's options.
    """
    plain = set(options) <= {"kernel"}
    if operator in _ALIKE:
        said = _SENTENCES[_ALIKE[operator]]
    elif operator in _PATTERNS and plain:
        sentences, kind = _PATTERNS[operator]
        said = _spelled(sentences, options.get("kernel", 3), kind)
    else:
        said = (name, f"Operator {name}", f"An operator called {name}")
    return dict(zip(("short", "medium", "long"), said, strict=True))
