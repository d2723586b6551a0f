"""What the blocks of a chain are called in sentences of three lengths."""

from collections.abc import Mapping

from nasray.spaces.wording import Sentences

SENTENCES: Mapping[str, Sentences] = {
    "conv_norm_activation": (
        "Convolution 3 by 3",
        "Convolution with a 3 by 3 kernel, batch normalization and SiLU",
        "A two-dimensional convolution with a 3 by 3 kernel, together with batch normalization and a sigmoid linear "
        "activation",
    ),
    "squeeze_excitation": (
        "Squeeze and excitation",
        "Squeeze and excitation that weights the channels",
        "A squeeze and excitation operator that weights every channel by what the means of all channels say",
    ),
    "inception": (
        "Inception",
        "Inception block of three convolution branches and a pooling branch",
        "An inception block that concatenates the results of three branches of convolutions and one of maximum pooling",
    ),
    "avgpool": (
        "Average pooling 3 by 3",
        "Average pooling with a 3 by 3 window",
        "An average pooling operator that slides a 3 by 3 window over the feature map",
    ),
    "res_bottleneck": (
        "Grouped residual bottleneck of RegNet",
        "Residual bottleneck of RegNet with a grouped 3 by 3 convolution",
        "A residual bottleneck of RegNet, as wide inside as outside, with a grouped convolution of 3 by 3 between two "
        "of 1 by 1",
    ),
    "stem": (
        "Stem convolution 3 by 3",
        "Stem of a 3 by 3 convolution, batch normalization and ReLU that halves the image",
        "A stem of a two-dimensional convolution with a 3 by 3 kernel that halves the image, together with batch "
        "normalization and a rectified linear activation",
    ),
    "bottleneck": (
        "Residual bottleneck",
        "Residual bottleneck of ResNet with a 3 by 3 convolution",
        "A residual bottleneck of ResNet, narrow inside, with a convolution of 3 by 3 between two of 1 by 1",
    ),
    "basic_block": (
        "Residual block",
        "Residual block of ResNet with two 3 by 3 convolutions",
        "A residual block of ResNet that adds the result of two convolutions of 3 by 3 to what it reads",
    ),
    "resnext_bottleneck": (
        "Grouped residual bottleneck of ResNeXt",
        "Residual bottleneck of ResNeXt with a 3 by 3 convolution in many groups",
        "A residual bottleneck of ResNeXt with a convolution of 3 by 3 in many small groups between two of 1 by 1",
    ),
    "inverted_residual": (
        "Shuffle unit",
        "Unit of ShuffleNet with a depthwise 3 by 3 convolution and a channel shuffle",
        "A unit of ShuffleNet that passes half of the channels on, sends the others through a depthwise convolution "
        "of 3 by 3, and shuffles both",
    ),
    "wide_bottleneck": (
        "Wide residual bottleneck",
        "Residual bottleneck of Wide ResNet with a wide 3 by 3 convolution",
        "A residual bottleneck of Wide ResNet, twice as wide inside, with a convolution of 3 by 3 between two of 1 by "
        "1",
    ),
    "maxpool": (
        "Maximum pooling 3 by 3",
        "Maximum pooling with a 3 by 3 window",
        "A maximum pooling operator that slides a 3 by 3 window over the feature map",
    ),
    "batch_norm": (
        "Batch normalization",
        "Batch normalization of every channel",
        "A batch normalization operator that gives every channel of the feature map a learnt mean and variance",
    ),
    "relu": (
        "ReLU",
        "ReLU that cuts off what is negative",
        "A rectified linear activation that cuts off what is negative in the feature map",
    ),
    "conv": (
        "Plain convolution 3 by 3",
        "Convolution with a 3 by 3 kernel and nothing else",
        "A two-dimensional convolution with a 3 by 3 kernel, without normalization and without activation",
    ),
}
