"""A language model as a metered service: knows text, not architectures."""
