"""Values and Protocols: everything two rooms may say to each other. Standard library and numpy only."""
