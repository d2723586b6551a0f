"""Refiners: design principles learnt from good architectures, one way a file."""
