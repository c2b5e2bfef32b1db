"""What follows from everything that is known about a user: docs/design/derived-state.md."""
