"""Bare networks and their training: they know tensors, not architectures."""
