"""What is known of users: how it is merged, and reading it."""
