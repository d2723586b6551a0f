"""Models that serve many processes: one host each, on Ray, and clients that look like the model itself."""
