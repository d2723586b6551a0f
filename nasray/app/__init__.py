"""The composition root and the command line: the only rooms that know every other one, and Hydra."""
