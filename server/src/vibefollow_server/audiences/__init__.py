"""Audiences: who is meant. A filter over users and their events, asked as of an instant."""
