"""The virtual-clock executor: a search over a table at full speed, without Ray."""
