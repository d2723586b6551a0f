"""Predictors: scores for architectures that nobody has evaluated, one method a file."""
