"""Search spaces: what an architecture's genes mean, one space a file."""
