"""Measured tables and image sets: read only, checksummed, shared by every process of a node."""
