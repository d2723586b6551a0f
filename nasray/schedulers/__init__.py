"""Scheduling policies: what a training candidate does at each rung, one policy a file."""
