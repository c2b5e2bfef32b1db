"""Send your users and events to Vibefollow."""
