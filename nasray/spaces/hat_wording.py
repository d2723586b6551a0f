"""What the parts of a Transformer are called in sentences of three lengths."""

from collections.abc import Iterable, Mapping

_SENTENCES: Mapping[str, tuple[str, str, str]] = {
    "encoder_embedding": (
        "Encoder embedding of width {n}",
        "Embedding of the source words into {n} numbers each",
        "An embedding operator that turns every word of the source sentence and its place into a vector of {n} numbers",
    ),
    "encoder_attention": (
        "Encoder self-attention with {n} heads",
        "Self-attention of the encoder with {n} heads, residual connection and layer normalization",
        "A self-attention operator with {n} heads in which every word of the source sentence reads every other one, "
        "together with a residual connection and layer normalization",
    ),
    "encoder_ffn": (
        "Encoder feed-forward of width {n}",
        "Feed-forward block of the encoder with {n} inner units, residual connection and layer normalization",
        "A feed-forward operator of two linear layers with {n} rectified units between them, applied to every word of "
        "the source sentence, together with a residual connection and layer normalization",
    ),
    "decoder_embedding": (
        "Decoder embedding of width {n}",
        "Embedding of the target words into {n} numbers each",
        "An embedding operator that turns every word of the translation so far and its place into a vector of {n} "
        "numbers",
    ),
    "decoder_attention": (
        "Decoder self-attention with {n} heads",
        "Masked self-attention of the decoder with {n} heads, residual connection and layer normalization",
        "A masked self-attention operator with {n} heads in which every word of the translation reads those before it, "
        "together with a residual connection and layer normalization",
    ),
    "cross_attention": (
        "Attention to the encoder with {n} heads",
        "Attention of the decoder to the encoder with {n} heads, residual connection and layer normalization",
        "An attention operator with {n} heads in which every word of the translation reads the source sentence as the "
        "encoder gives it, together with a residual connection and layer normalization",
    ),
    "decoder_ffn": (
        "Decoder feed-forward of width {n}",
        "Feed-forward block of the decoder with {n} inner units, residual connection and layer normalization",
        "A feed-forward operator of two linear layers with {n} rectified units between them, applied to every word of "
        "the translation, together with a residual connection and layer normalization",
    ),
}
_ENDS: Mapping[str, tuple[str, str, str]] = {
    "input": (
        "Input",
        "Input of the Transformer",
        "The input operator that hands the words of both sentences to the Transformer",
    ),
    "output": (
        "Output",
        "Output of the Transformer",
        "The output operator that scores every word of the vocabulary as the next word of the translation",
    ),
}


def describe_transformer_parts(sizes: Mapping[str, Iterable[int]]) -> dict[str, dict[str, str]]:
    """Operator name -> {``short``, ``medium``, ``long``} sentence, input and output included.

    Args:
        sizes: Kind of part, e.g. ``encoder_ffn`` -> the numbers it is offered with; ``encoder_ffn_1024`` is its name.
    """
    lengths = ("short", "medium", "long")
    said = {name: dict[str, str](zip(lengths, sentences, strict=True)) for name, sentences in _ENDS.items()}
    for kind, numbers in sizes.items():
        for number in numbers:
            sentences = (sentence.format(n=number) for sentence in _SENTENCES[kind])
            said[f"{kind}_{number}"] = dict[str, str](zip(lengths, sentences, strict=True))
    return said
