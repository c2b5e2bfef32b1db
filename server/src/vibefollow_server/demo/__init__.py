"""A made-up product with made-up users, for a new installation to show (`vibefollow demo`)."""
