"""Models that propose architectures, or rebuild what was eliminated from them."""
