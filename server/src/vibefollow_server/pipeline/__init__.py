"""From accepted to known: the durable log becomes users and events (SPEC section 3)."""
