"""Zero-cost proxies: scores of a network that nobody has trained, one a file."""
