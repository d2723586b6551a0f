"""nasray: neural-architecture-search experiments at cluster scale, with numbers that can be replayed."""

__version__ = "0.1.0"
