"""The ledger: what became of every accepted record, by day of receipt (SPEC section 3, "Quarantine")."""
