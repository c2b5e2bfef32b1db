"""The dashboard's JSON API: FastAPI, session cookies, a role on every endpoint (SPEC section 11)."""
