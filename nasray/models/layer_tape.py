"""The primitive layers of a network while they are being written down."""

from dataclasses import dataclass, field

from nasray.core.errors import require
from nasray.core.layer_properties import LayerProperties, Size


def _check_window(kernel: int, stride: int) -> None:
    """Refuse what ``models/operators.py`` refuses to build."""
    require(
        kernel % 2 == 1 or kernel == stride,
        f"kernel {kernel} with stride {stride} cannot be centred: choose an odd kernel, or one equal to the stride",
    )


@dataclass
class LayerTape:
    """Primitive layers one behind the other.

    Attributes:
        size: ``(C, H, W)`` of what the next layer reads.
        first_id: Id of the first layer.
        layers: So far.
    """

    size: Size
    first_id: int
    layers: list[LayerProperties] = field(default_factory=list[LayerProperties])

    @property
    def _id(self) -> int:
        return self.first_id + len(self.layers)

    def _put(self, layer: LayerProperties) -> None:
        self.layers.append(layer)
        self.size = layer.out_size

    def _strided(self, stride: int) -> tuple[int, int]:
        return -(-self.size[1] // stride), -(-self.size[2] // stride)

    def conv(
        self, width: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1, bias: bool = False
    ) -> None:
        """A convolution with the padding that keeps the image, but for the stride."""
        _check_window(kernel, stride)
        pad = dilation * (kernel - 1) // 2
        pixels = [(n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 for n in self.size[1:]]
        self._put(
            LayerProperties(
                family="conv",
                id=self._id,
                in_size=self.size,
                out_size=(width, pixels[0], pixels[1]),
                kernel=(kernel, kernel),
                stride=(stride, stride),
                padding=(pad, pad, pad, pad),
                dilation=dilation,
                groups=groups,
                bias_used=bias,
            )
        )

    def pool(self, kind: str, kernel: int, stride: int) -> None:
        """``max`` or ``avg`` pooling; an even window hangs over at the end where the image does not divide."""
        _check_window(kernel, stride)
        before = (kernel - 1) // 2
        after = [
            before if kernel % 2 else (out - 1) * stride + kernel - n
            for n, out in zip(self.size[1:], self._strided(stride), strict=True)
        ]
        self._pool(
            kind, (kernel, kernel), (stride, stride), (before, after[0], before, after[1]), self._strided(stride)
        )

    def mean(self) -> None:
        """Average pooling over all pixels."""
        self._pool("avg", self.size[1:], (1, 1), (0, 0, 0, 0), (1, 1))

    def _pool(
        self,
        kind: str,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int, int, int],
        pixels: tuple[int, int],
    ) -> None:
        self._put(
            LayerProperties(
                family="pooling",
                id=self._id,
                type=kind,
                in_size=self.size,
                out_size=(self.size[0], *pixels),
                kernel=kernel,
                stride=stride,
                padding=padding,
                dilation=1,
            )
        )

    def other(self, name: str, *value: int, out_size: Size | None = None) -> None:
        """A layer of another kind; without ``out_size`` it keeps the size."""
        self._put(
            LayerProperties(
                family="other",
                id=self._id,
                name=name,
                in_size=self.size,
                out_size=out_size or self.size,
                value=value,
            )
        )

    def linear(self, width: int) -> None:
        """A fully connected layer on all pixels of all channels."""
        channels, height, across = self.size
        read = (channels * height * across, 1, 1)
        layer = LayerProperties(family="fc", id=self._id, in_size=read, out_size=(width, 1, 1), bias_used=True)
        self._put(layer)
