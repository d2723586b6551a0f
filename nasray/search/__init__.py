"""The one loop: ask, journal, hand out, journal, tell. It knows the Executor Protocol and no executor."""
