"""The hot path: from the wire contract of the public API (SPEC section 2) to the durable log."""
