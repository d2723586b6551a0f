"""Images to train candidates on, one source per file."""
