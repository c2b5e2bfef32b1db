"""Projects and their environments, members and their sessions, API keys."""
