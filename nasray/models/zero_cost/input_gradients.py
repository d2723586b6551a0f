"""How the outputs of a network depend on each image."""

import numpy as np
from numpy.typing import NDArray

from nasray.models.zero_cost.subject import Subject


def input_gradients(subject: Subject) -> NDArray[np.float32]:
    """``(B, C * H * W)``: for every image the gradient of the summed logits, one row an image."""
    images = subject.x_BCHW.detach().clone().requires_grad_()
    subject.network(images).sum().backward()
    # Nothing depends on the images where no path leads to the logits.
    gradient = images.new_zeros(images.shape) if images.grad is None else images.grad
    return gradient.flatten(1).numpy()
