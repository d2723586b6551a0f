"""All Transformers of HAT's space in one: every member is a corner of the same weights."""

import math
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.func import functional_call

from nasray.models.hat_dimensions import HatDimensions
from nasray.models.hat_transformer import PAD, HatTransformer


class HatSupernet(nn.Module):
    """Weights that all members share.

    Wang et al. 2020, "HAT: Hardware-Aware Transformers for Efficient Natural Language Processing",
    https://arxiv.org/abs/2005.14187, section 3.2: a member has the first layers of the widest network, and of each
    weight the first rows and columns. Queries, keys and values are equally wide everywhere, so heads share them all.

    Args:
        widest: The largest number of everything, which is a member itself.
        qkv_dim: Width of queries, keys and values, all heads together.
        vocabulary: Words, special ids included.
        dropout: Share of activations left out in training, in every member.
        rng: Draws the weights.
    """

    def __init__(
        self, widest: HatDimensions, qkv_dim: int, vocabulary: int, dropout: float, rng: torch.Generator
    ) -> None:
        super().__init__()
        self._sizes = (qkv_dim, vocabulary, dropout)
        self.network = _empty(widest, *self._sizes)
        self.network.to_empty(device=rng.device)
        _draw(self.network, rng)

    def forward(self, dims: HatDimensions, source_BS: Tensor, target_BT: Tensor) -> Tensor:  # noqa: N803
        """``(B, T, V)`` logits of the member ``dims``; gradients reach the shared weights."""
        skeleton = _skeleton(dims, *self._sizes).train(self.training)
        return functional_call(skeleton, self._corner(skeleton), (source_BS, target_BT))

    def extract(self, dims: HatDimensions) -> HatTransformer:
        """The member as a network of its own, with copies of its weights; ready to score."""
        member = _empty(dims, *self._sizes)
        copies = {name: weight.detach().clone() for name, weight in self._corner(member).items()}
        member.load_state_dict(copies, assign=True)
        return member.requires_grad_(False).eval()

    def _corner(self, member: HatTransformer) -> dict[str, Tensor]:
        """The member's weights by name, as views of the shared ones."""
        shared = dict(self.network.named_parameters())
        return {
            name: shared[name][tuple(slice(size) for size in weight.shape)]
            for name, weight in member.named_parameters()
        }


def _empty(dims: HatDimensions, qkv_dim: int, vocabulary: int, dropout: float) -> HatTransformer:
    """A member without numbers."""
    with torch.device("meta"):
        return HatTransformer(dims, qkv_dim, vocabulary, dropout)


_skeleton = lru_cache(maxsize=256)(_empty)


@torch.no_grad()
def _draw(network: HatTransformer, rng: torch.Generator) -> None:
    """Xavier's uniform weights, no biases; embeddings that the scaling makes as large as positions."""
    for module in network.modules():
        if isinstance(module, nn.Linear):
            bound = math.sqrt(6 / (module.in_features + module.out_features))
            module.weight.uniform_(-bound, bound, generator=rng)
            module.bias.zero_()
        elif isinstance(module, nn.LayerNorm):
            module.weight.fill_(1)
            module.bias.zero_()
        elif isinstance(module, nn.Embedding):
            module.weight.normal_(0, module.embedding_dim**-0.5, generator=rng)
            module.weight[PAD].zero_()
