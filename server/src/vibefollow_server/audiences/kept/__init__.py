"""Audiences as things that are kept: made, changed, archived, copied to the live environment."""
