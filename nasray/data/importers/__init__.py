"""One file a benchmark: its entry in the catalog, and how its published file is read and checked."""
