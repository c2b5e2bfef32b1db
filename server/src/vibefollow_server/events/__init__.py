"""What users did: the canonical events, and the events that are known."""
