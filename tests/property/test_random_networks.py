"""Any plan that fits together runs forwards and backwards, and gives logits."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nasray.core.network_plan import Layer, NetworkPlan
from nasray.models.build import build, count_parameters

KEEPING = ("max_pool", "avg_pool", "identity", "relu", "bn_relu", "zero")
MIXING = ("conv", "conv_bn", "conv_bn_relu", "relu_conv_bn", "zero", "avg_pool_conv")


@st.composite
def plans(draw):
    """A random graph of layers; sizes are kept apart, so that only equal ones are merged."""
    channels, size = draw(st.integers(1, 3)), draw(st.integers(5, 9))
    made = [(-1, channels, size)]  # (index, channels, size)
    layers = []
    for index in range(draw(st.integers(1, 10))):
        source = draw(st.sampled_from(made))
        merge = draw(st.sampled_from(["sum", "concat"]))
        alike = [one for one in made if one[2] == source[2] and (merge == "concat" or one[1] == source[1])]
        inputs = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=3))
        read = sum(one[1] for one in inputs) if merge == "concat" else inputs[0][1]
        operator = draw(st.sampled_from(KEEPING + MIXING))
        written = read if operator in KEEPING else draw(st.integers(1, 6))
        stride = 1 if operator in ("identity", "relu", "bn_relu") else draw(st.sampled_from([1, 2]))
        stride = 2 if operator == "avg_pool_conv" else stride
        options = {}
        if "conv" in operator and operator != "avg_pool_conv":
            options = {"kernel": draw(st.sampled_from([1, 3])), "dilation": draw(st.sampled_from([1, 2]))}
        layers.append(Layer(operator, tuple(one[0] for one in inputs), read, written, stride, merge, options))
        made.append((index, written, -(-source[2] // stride)))
    last = made[-1]
    layers.append(Layer("global_avg_pool", (last[0],), last[1], last[1]))
    layers.append(Layer("linear", (len(layers) - 1,), last[1], 4))
    return NetworkPlan(tuple(layers), (channels, size, size), 4)


@settings(max_examples=60)
@given(plans(), st.integers(0, 2**31))
def test_random_plans_run_both_ways(plan, seed):
    first, second = (build(plan, torch.Generator().manual_seed(seed)) for _ in range(2))
    x = torch.randn(3, *plan.input_shape, generator=torch.Generator().manual_seed(1))
    logits = first(x)
    assert logits.shape == (3, 4)
    assert torch.equal(logits, second(x))
    logits.logsumexp(1).sum().backward()
    gradients = [weight.grad for weight in first.parameters() if weight.grad is not None]
    assert gradients
    assert all(bool(gradient.isfinite().all()) for gradient in gradients)
    assert count_parameters(first) == sum(weight.numel() for weight in first.parameters())
