"""Watching a search: live progress in the terminal, and one Weights & Biases run per search."""
