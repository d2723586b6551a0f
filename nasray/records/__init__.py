"""What reaches disk: manifest, journal, snapshot, store. A run folder stays readable by later versions."""
