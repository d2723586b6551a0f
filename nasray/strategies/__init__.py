"""Search strategies: what to evaluate next, one method a file."""
