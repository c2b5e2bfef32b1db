"""The HTTP server: one process that answers the ingest API, the dashboard API and the probes."""
