"""Cells as source code that a person or a language model can read: one layout for all spaces."""

import re
from collections.abc import Mapping, Sequence


def identifier(operator: str) -> str:
    """An operator's own name as Python allows it, e.g. ``conv3x3_bn_relu``."""
    return re.sub(r"\W", "_", operator)


def render_operators(names: Sequence[str]) -> str:
    """The dictionary from which the classes of a whole family take their operators: id -> maker."""
    lines = [f"    {number}: {identifier(name)}," for number, name in enumerate(names)]
    return "\n".join(["operators = {", *lines, "}", ""])


def render_cell(
    name: str,
    note: str,
    modules: Mapping[str, str],
    inputs: Sequence[str],
    statements: Sequence[str],
    settings: Sequence[str] = (),
) -> str:
    """A class in the manner of PyTorch.

    Args:
        name: Of the class.
        note: Its docstring, one line.
        modules: Attribute -> the call that makes it.
        inputs: Arguments of ``forward``.
        statements: Body of ``forward``, ending with its return.
        settings: What the class is made from, if it is not one architecture but a whole family.
    """
    made = [f"        self.{attribute} = {call}" for attribute, call in modules.items()]
    return "\n".join(
        [
            f"class {name}(nn.Module):",
            f'    """{note}"""',
            "",
            f"    def __init__({', '.join(('self', *settings))}):",
            "        super().__init__()",
            *made,
            "",
            f"    def forward(self, {', '.join(inputs)}):",
            *(f"        {statement}" for statement in statements),
            "",
        ]
    )
